"""Resolve's timelines, for tests."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .fake_resolve import FakeApp, FakeObject, api
from .fake_resolve_media import FakeMedia


def as_rate(text: object) -> Fraction:
    """``23.976`` is 24000/1001."""
    value = Fraction(str(text))
    return value if value.denominator == 1 else Fraction(round(value) * 1000, 1001)


class FakeItem(FakeObject):
    """TimelineItem: source frames ``low`` to ``high``, the second exclusive, over ``duration`` timeline frames."""

    def __init__(self, app: FakeApp, media: FakeMedia | None, start: int, span: tuple[int, int], duration: int) -> None:
        super().__init__(app)
        self.media = media
        self.start = start
        self.span = span
        self.duration = duration
        self.reverse = False
        self.timeline: FakeTimeline
        self.takes: list[tuple[FakeMedia, tuple[int, int]]] = []
        self.take = 0
        self.markers: dict[float, dict[str, Any]] = {}

    def _normal_step(self) -> Fraction:
        assert self.media is not None
        return as_rate(self.media.properties["FPS"]) / as_rate(self.timeline.rate)

    @api
    def GetName(self) -> str:
        return self.media.GetName() if self.media else "Title"

    @api
    def GetUniqueId(self) -> str:
        return self._identity

    @api
    def GetMediaPoolItem(self) -> FakeMedia | None:
        return self.media

    @api
    def GetStart(self) -> int:
        return self.start

    @api
    def GetDuration(self) -> int:
        return self.duration

    @api
    def GetSourceStartFrame(self) -> int:
        low, high = self.span
        normal = high - low == math.floor(self.duration * self._normal_step()) and not self.reverse
        return (high if self.reverse else low) + (self._app.source_off_by_one if normal else 0)

    @api
    def GetSourceEndFrame(self) -> int:
        return self.span[0] if self.reverse else self.span[1]

    @api
    def GetLeftOffset(self) -> int:
        """In frames of the timeline at the clip's speed, so meaningless at others than 100%."""
        low, high = self.span
        return math.floor(low * Fraction(self.duration, max(high - low, 1)))

    @api
    def GetTrackTypeAndIndex(self) -> list[Any]:
        return self.timeline.place_of(self)

    @api
    def AddMarker(self, frame: float, color: str, name: str, note: str, duration: float, customData: str = "") -> bool:
        assert self.media is not None
        if float(frame) in self.markers or not 0 <= frame < int(self.media.properties["Frames"]):
            return False  # markers of clips count frames of the media
        if "marker" not in self._app.stubborn:
            facts = {"color": color, "name": name, "note": note, "duration": duration, "customData": customData}
            self.markers[float(frame)] = facts
        return True

    @api
    def GetMarkers(self) -> dict[float, dict[str, Any]]:
        return dict(self.markers)

    @api
    def GetMarkerByCustomData(self, custom: str) -> dict[str, Any]:
        return next((marker for marker in self.markers.values() if marker["customData"] == custom), {})

    @api
    def AddTake(self, media: FakeMedia) -> bool:
        assert self.media is not None
        if not self.takes:
            self.takes, self.take = [(self.media, self.span)], 1
        self.takes.append((media, (0, int(media.properties["Frames"]))))
        return True

    @api
    def GetTakesCount(self) -> int:
        return len(self.takes)

    @api
    def GetSelectedTakeIndex(self) -> int:
        return self.take

    @api
    def GetTakeByIndex(self, number: int) -> dict[str, Any]:
        media, (low, high) = self.takes[number - 1]
        return {"mediaPoolItem": media, "startFrame": low, "endFrame": high - 1}

    @api
    def SelectTakeByIndex(self, number: int) -> bool:
        _, (low, high) = self.takes[0]
        speed = Fraction(high - low, self.duration)
        self.take = number
        self.media, span = self.takes[number - 1]
        if self._app.takes_keep_speed and number > 1:
            span = (span[0], span[0] + math.floor(speed * self.duration))
        self.span = span
        return True

    @api
    def DeleteTakeByIndex(self, number: int) -> bool:
        if "take" not in self._app.stubborn:
            del self.takes[number - 1]
        return True


class FakeTimeline(FakeObject):
    """Timeline: tracks of items, lowest first."""

    def __init__(self, app: FakeApp, rate: object = 24.0, tracks: int = 1) -> None:
        super().__init__(app)
        self.rate = rate
        self.tracks: list[list[FakeItem]] = [[] for _ in range(tracks)]
        self.names = [f"Video {number + 1}" for number in range(tracks)]
        self.selected: list[FakeItem] = []
        self.under_playhead: FakeItem | None = None

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name != "GetSelectedClips" or self._app.version >= (21, 0, 0)]

    def put(self, track: int, item: FakeItem) -> FakeItem:
        """As an editor does; the clip is then under the playhead."""
        item.timeline = self
        self.tracks[track - 1].append(item)
        self.under_playhead = item
        return item

    def append(self, info: dict[str, Any]) -> FakeItem:
        """For AppendToTimeline: source frames become frames of the timeline, rounded down."""
        frames = info["endFrame"] - info["startFrame"]
        media = info["mediaPoolItem"]
        duration = math.floor(frames * as_rate(self.rate) / as_rate(media.properties["FPS"]))
        span = (info["startFrame"], info["endFrame"])
        item = FakeItem(self._app, media, info["recordFrame"], span, duration)
        item.timeline = self
        track = self.tracks[info["trackIndex"] - 1]
        overlaps = any(
            other.start < item.start + duration and item.start < other.start + other.duration for other in track
        )
        if not overlaps and not self._app.drops_appends:
            track.append(item)
        return item

    def place_of(self, item: FakeItem) -> list[Any]:
        return ["video", next(number for number, track in enumerate(self.tracks, 1) if item in track)]

    @api
    def GetName(self) -> str:
        return "Edit 1"

    @api
    def GetUniqueId(self) -> str:
        return self._identity

    @api
    def GetSetting(self, name: str) -> object:
        return self.rate if name == "timelineFrameRate" else ""

    @api
    def GetSelectedClips(self) -> list[FakeItem]:
        return list(self.selected)

    @api
    def GetCurrentVideoItem(self) -> FakeItem | None:
        return self.under_playhead

    @api
    def GetTrackCount(self, kind: str) -> int:
        return len(self.tracks) if kind == "video" else 0

    @api
    def GetItemListInTrack(self, kind: str, number: int) -> list[FakeItem]:
        return list(self.tracks[number - 1])

    @api
    def AddTrack(self, kind: str, options: dict[str, Any]) -> bool:
        index = options.get("index", 0)
        inside = self._app.inserts_tracks and 1 <= index <= len(self.tracks)
        place = index - 1 if inside else len(self.tracks)
        if "track" not in self._app.stubborn:
            self.tracks.insert(place, [])
            self.names.insert(place, f"Video {place + 1}")
        return True

    @api
    def SetTrackName(self, kind: str, number: int, name: str) -> bool:
        if "track name" not in self._app.stubborn:
            self.names[number - 1] = name
        return True

    @api
    def GetTrackName(self, kind: str, number: int) -> str:
        return self.names[number - 1]

    @api
    def DeleteTrack(self, kind: str, number: int) -> bool:
        if "track deletion" not in self._app.stubborn:
            del self.tracks[number - 1], self.names[number - 1]
        return True

    @api
    def DeleteClips(self, items: list[FakeItem], ripple: bool) -> bool:
        if self._app.page != "edit":
            return False
        self._app.idle_deletions -= 1
        if self._app.idle_deletions < 0:
            self.tracks = [[item for item in track if item not in items] for track in self.tracks]
        return True
