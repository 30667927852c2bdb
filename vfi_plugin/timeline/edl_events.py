"""The events of an EDL from the items of a track.

An EDL tells a transition with the later clip: its event begins where the transition does, and the earlier clip's ends
there. By Resolve's habit the source span of a retimed event is as long as its record span; the speed stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import PureWindowsPath
from typing import Any

import opentimelineio as otio

from vfi_plugin.timeline.clip_speed import speed_of
from vfi_plugin.timeline.exact_time import FrameRate, duration_of, record_start, seconds_of, span_of
from vfi_plugin.timing.timecode import Timecode

BLACK, NO_REEL = "BL", "AX"
_REEL_LETTERS = 8


@dataclass(frozen=True)
class Event:
    """One edit.

    Attributes:
        name: of the media's file, by which hosts find it; "" for black.
        reel: at most eight letters.
        source: timecode of the first source frame.
        record: timecode of the first record frame.
        length: frames, of source and record alike.
        speed: of the source; 1 where nothing changes it.
        dissolve: frames that it takes to fade in over the event before; 0 for a cut.
    """

    name: str
    reel: str
    source: Timecode
    record: Timecode
    length: int
    speed: Fraction = Fraction(1)
    dissolve: int = 0


@dataclass(frozen=True)
class EdlClock:
    """How an EDL counts: its rate, whether it drops labels, and the seconds with which the timeline begins."""

    rate: FrameRate
    drop_frame: bool
    start: Fraction

    def record(self, seconds: Fraction) -> Timecode:
        """Timecode at a time of the timeline. Raises UsageError for drop-frame that there is not."""
        return self.rate.timecode(self.start + seconds, drop_frame=self.drop_frame)

    def source(self, clip: Any, seconds: Fraction) -> Timecode:
        """Timecode of a clip's media, as the EDL's rate shows it: labels of another rate keep their time of day."""
        own = FrameRate.of(span_of(clip).start_time.rate)
        same = own.exact == self.rate.exact
        label = own.timecode(seconds, drop_frame=self.drop_frame and same)
        return label.at_rate(self.rate.exact, drop_frame=self.drop_frame)


def events_of(track: Any, clock: EdlClock) -> tuple[list[Event], list[str]]:
    """The events of a track, and what an EDL cannot tell of it. Raises as `EdlClock`, and InputError."""
    events: list[Event] = []
    left_out: list[str] = []
    for item in track:
        if _is_seen(item):
            events.append(_event(item, clock))
        elif isinstance(item, otio.schema.Gap) and _dissolve(item, clock.rate):
            events.append(_black(item, clock))
        elif not isinstance(item, otio.schema.Gap | otio.schema.Transition):
            left_out.append(f"{item.name!r} is {_what(item)} and not in the EDL")
    return events, left_out


def _is_seen(item: Any) -> bool:
    return isinstance(item, otio.schema.Clip) and item.enabled


def _what(item: Any) -> str:
    return "switched off" if isinstance(item, otio.schema.Clip) else "a nested sequence"


def _offsets(item: Any, rate: FrameRate) -> tuple[int, int, int]:
    """Frames that the transition before an item begins early, that it lasts, and that the one after begins early."""
    earlier, later = item.parent().neighbors_of(item)
    early, dissolve, cut_short = 0, 0, 0
    if isinstance(earlier, otio.schema.Transition):
        early = rate.frames(seconds_of(earlier.in_offset))
        dissolve = early + rate.frames(seconds_of(earlier.out_offset))
    if isinstance(later, otio.schema.Transition):
        cut_short = rate.frames(seconds_of(later.in_offset))
    return early, dissolve, cut_short


def _dissolve(item: Any, rate: FrameRate) -> int:
    return _offsets(item, rate)[1]


def _lies(item: Any, clock: EdlClock) -> tuple[Fraction, int, int]:
    """Record time of an item's event in seconds, its length and its dissolve in frames."""
    early, dissolve, cut_short = _offsets(item, clock.rate)
    start = record_start(item)
    length = clock.rate.frames(start + duration_of(item)) - clock.rate.frames(start)
    return start - early / clock.rate.exact, length + early - cut_short, dissolve


def _event(clip: Any, clock: EdlClock) -> Event:
    start, length, dissolve = _lies(clip, clock)
    early = record_start(clip) - start
    speed = speed_of(clip)
    source = clock.source(clip, seconds_of(span_of(clip).start_time) - early)
    pace = speed.value if speed is not None and speed.value is not None else Fraction(1)
    return Event(_media_name(clip), _reel(clip), source, clock.record(start), length, pace, dissolve)


def _black(gap: Any, clock: EdlClock) -> Event:
    start, length, dissolve = _lies(gap, clock)
    return Event("", BLACK, clock.record(-clock.start), clock.record(start), length, dissolve=dissolve)


def _media_name(clip: Any) -> str:
    reference = clip.media_reference
    url = reference.target_url if isinstance(reference, otio.schema.ExternalReference) else ""
    name = PureWindowsPath(url).name if url else clip.name
    return " ".join(name.split()) or "unnamed"


def _reel(clip: Any) -> str:
    """The reel that an earlier EDL gave the clip, as far as the format takes it."""
    given = clip.metadata.get("cmx_3600", {}).get("reel", NO_REEL)
    return "".join(str(given).split())[:_REEL_LETTERS] or NO_REEL
