"""New frames on the timeline: only ever beside what is there, and looked at afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vfi_resolve.errors import HostRefusedError
from vfi_resolve.timeline_clip import TimelineClip

if TYPE_CHECKING:
    from fusionscript import MediaPool, MediaPoolClipInfo, MediaPoolItem, Timeline, TimelineItem

TRACK = "VFI Retime"
"""Name of the tracks that new clips go to."""


@dataclass(frozen=True)
class Arrival:
    """What is to be placed, and over what.

    Attributes:
        pool, timeline: of the project.
        clip: what it was made of.
        media: the new frames.
        length: frames of the timeline that they last.
        frames: how many they are; None: as many.
        name: of the track that they go to, where it is new.
    """

    pool: MediaPool
    timeline: Timeline
    clip: TimelineClip
    media: MediaPoolItem
    length: int
    frames: int | None = None
    name: str = TRACK

    @property
    def count(self) -> int:
        """How many new frames there are."""
        return self.length if self.frames is None else self.frames


def place_on_new_track(arrival: Arrival) -> tuple[TimelineItem, int]:
    """Put the new clip on a track of its own right above the old one. Returns it and the number of its track.

    Raises:
        HostRefusedError: it is not there afterwards; the track is taken away again.
    """
    track = _add_track(arrival.timeline, arrival.clip.track, arrival.name)
    return place_on_track(arrival, track), track


def place_on_track(arrival: Arrival, track: int) -> TimelineItem:
    """Put the new clip on a track of ours, where others may lie. Returns it.

    Raises:
        HostRefusedError: it is not there afterwards; what is there instead is taken away, and so is an empty track.
    """
    before = {item.GetUniqueId() for item in arrival.timeline.GetItemListInTrack("video", track) or []}
    info: MediaPoolClipInfo = {
        "mediaPoolItem": arrival.media,
        "startFrame": 0,
        "endFrame": arrival.count,  # the one after the last
        "mediaType": 1,
        "trackIndex": track,
        "recordFrame": arrival.clip.start,
    }
    arrival.pool.AppendToTimeline([info])  # type: ignore[arg-type]  # the stubs forgot an @overload
    # What does not fit is dropped without a word, and the returned list names it all the same.
    now = arrival.timeline.GetItemListInTrack("video", track) or []
    there = [item for item in now if item.GetUniqueId() not in before]
    if len(there) == 1 and _is_right(there[0], arrival):
        return there[0]
    found = ", ".join(f"{item.GetDuration()} frames at {item.GetStart()}" for item in there) or "nothing"  # type: ignore[call-arg]
    left = _clear(arrival.timeline, track, there)
    raise HostRefusedError(
        f"{arrival.length} frames at {arrival.clip.start} were to be put on video track {track}, and Resolve put"
        f" {found} there; the frames are in the media pool: place them by hand{left}"
    )


def on_new_track(arrival: Arrival, track: int) -> str:
    """Where a clip is that ``place_on_new_track`` placed, in words; also where the track has not got its name."""
    by_hand = f' (name it "{arrival.name}" by hand: Resolve did not)'
    is_named = arrival.timeline.GetTrackName("video", track) == arrival.name
    return f"on video track {track}{'' if is_named else by_hand}; the old clip is below it"


def _is_right(item: TimelineItem, arrival: Arrival) -> bool:
    media = item.GetMediaPoolItem()
    return (
        bool(media)
        and media.GetUniqueId() == arrival.media.GetUniqueId()
        and int(item.GetStart()) == arrival.clip.start  # type: ignore[call-arg]
        and int(item.GetDuration()) == arrival.length  # type: ignore[call-arg]
    )


def _add_track(timeline: Timeline, below: int, name: str) -> int:
    """A new, empty video track above ``below``; above all where Resolve is too old to put it in between."""
    count = timeline.GetTrackCount("video")
    # Without an index it would cover titles and graphics. The stubs want an audio type even of a video track.
    options: Any = {"index": below + 1}
    timeline.AddTrack("video", options)
    if timeline.GetTrackCount("video") != count + 1:
        raise HostRefusedError("Resolve adds no video track; add one above the clip's and place the frames by hand")
    track = below + 1 if not timeline.GetItemListInTrack("video", below + 1) else count + 1
    timeline.SetTrackName("video", track, name)
    return track


def _clear(timeline: Timeline, track: int, wrong: list[TimelineItem]) -> str:
    """Take away what is wrong, and the track if nothing else is on it. Returns what is left, for the end of a text."""
    identities = {item.GetUniqueId() for item in wrong}
    there = timeline.GetItemListInTrack("video", track) or []
    for _ in range(2):  # the first call does nothing at times, as others measured on 21.0
        left = [item for item in there if item.GetUniqueId() in identities]
        if left:
            timeline.DeleteClips(left, False)
            there = timeline.GetItemListInTrack("video", track) or []
    if any(item.GetUniqueId() in identities for item in there):
        return f"; a clip that Resolve does not take away again is left on video track {track}: delete it"
    if there:
        return ""
    count = timeline.GetTrackCount("video")
    timeline.DeleteTrack("video", track)
    return "" if timeline.GetTrackCount("video") < count else f"; video track {track} is left, and empty: delete it"


def place_as_take(arrival: Arrival) -> TimelineItem:
    """Add the new clip as a take and choose it; the old one stays as another. Returns the item, which is the same.

    Raises:
        HostRefusedError: the take is not what is shown afterwards, frame by frame; it is taken away again.
    """
    item = arrival.clip.item
    before = item.GetSelectedTakeIndex()
    item.AddTake(arrival.media)  # type: ignore[call-arg]  # all of it: whether an end counts is not documented
    number = item.GetTakesCount()
    media = item.GetTakeByIndex(number)["mediaPoolItem"] if number else None
    if media is None or media.GetUniqueId() != arrival.media.GetUniqueId():
        raise HostRefusedError("Resolve adds no take; choose a new track")
    item.SelectTakeByIndex(number)
    shown = abs(item.GetSourceEndFrame() - item.GetSourceStartFrame())
    # A clip's speed may go on to work on its takes, and would retime what is retimed; Resolve's documents do not say.
    if item.GetSelectedTakeIndex() == number and abs(shown - arrival.count) <= 1:
        return item
    item.SelectTakeByIndex(before or 1)
    item.DeleteTakeByIndex(number)
    left = "; Resolve does not take it away again: delete it in the clip's take selector"
    raise HostRefusedError(
        f"the take would show {shown} of its {arrival.count} frames, as the clip's own speed works on it;"
        f" choose a new track{left if item.GetTakesCount() >= number else ''}"
    )
