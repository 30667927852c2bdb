"""The clip on the timeline that is to be retimed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from vfi_resolve.errors import HostRefusedError, NothingToRetimeError
from vfi_resolve.media_path import first_number
from vfi_resolve.rates import parse_rate
from vfi_resolve.source_span import SourceSpan, Witness, find_span

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem


@dataclass(frozen=True)
class TimelineClip:
    """A video item of a timeline, as it was when it was read.

    Attributes:
        item, media: Resolve's objects, the second in the media pool.
        name: as the timeline shows it.
        track: number of its video track, from 1.
        start: timeline frame that it begins at.
        path: its media as Resolve lists them, ``dir/plate.[1001-1100].exr`` or a movie.
        first_file: number of the first file of a sequence; None for a movie.
        timeline_rate: frames a second.
        span: what it shows.
    """

    item: TimelineItem
    media: MediaPoolItem
    name: str
    track: int
    start: int
    path: str
    first_file: int | None
    timeline_rate: Fraction
    span: SourceSpan


def find_item(timeline: Timeline) -> TimelineItem:
    """The selected video clip; without a selection the one under the playhead.

    Raises:
        NothingToRetimeError: none, or several are selected.
    """
    videos = find_items(timeline)
    if len(videos) > 1:
        raise NothingToRetimeError(f"{len(videos)} clips are selected; select one")
    return videos[0]


def find_items(timeline: Timeline) -> list[TimelineItem]:
    """The selected video clips; without a selection the one under the playhead.

    Raises:
        NothingToRetimeError: there is none.
    """
    # hasattr is true for whatever name; versions before 21, and the stubs, do not have this one.
    known = "GetSelectedClips" in dir(timeline)
    selected = timeline.GetSelectedClips() if known else []  # type: ignore[attr-defined]
    videos = [item for item in selected or [] if item.GetTrackTypeAndIndex()[0] == "video"]
    found = videos or [timeline.GetCurrentVideoItem()]
    if not found[0]:
        raise NothingToRetimeError("no video clip is selected, and none is under the playhead; select one")
    return found


def read_clip(timeline: Timeline, item: TimelineItem) -> TimelineClip:
    """All that is to be known of an item.

    Raises:
        NothingToRetimeError: it shows no media, or does not move.
        HostRefusedError: Resolve's answers do not fit each other.
    """
    media = item.GetMediaPoolItem()
    path = str(media.GetClipProperty("File Path") or "") if media else ""
    name = item.GetName()
    if not path:
        raise NothingToRetimeError(
            f'"{name}" has no file, as titles, generators and compound clips have none; select a clip of footage'
        )
    rate = parse_rate(timeline.GetSetting("timelineFrameRate"), "the timeline")
    # The stubs demand an argument that versions before 20 do not take.
    span = find_span(
        Witness(
            start=item.GetSourceStartFrame(),
            end=item.GetSourceEndFrame(),
            left_offset=int(item.GetLeftOffset()),  # type: ignore[call-arg]
            duration=int(item.GetDuration()),  # type: ignore[call-arg]
            media_rate=parse_rate(media.GetClipProperty("FPS"), f'"{name}"'),
            timeline_rate=rate,
        )
    )
    _check_inside(span, media, name)
    start = int(item.GetStart())  # type: ignore[call-arg]
    track = item.GetTrackTypeAndIndex()[1]
    return TimelineClip(item, media, name, track, start, path, first_number(path), rate, span)


def _check_inside(span: SourceSpan, media: MediaPoolItem, name: str) -> None:
    """Frame numbers that count from elsewhere than the beginning of the media would give other pictures, unseen."""
    count = _whole(media.GetClipProperty("Frames"))
    if count and max(span.ends) >= count:
        raise HostRefusedError(
            f'Resolve says that "{name}" shows frames {min(span.ends)} to {max(span.ends)} of media with {count};'
            " cut the clip in anew from the media pool"
        )


def _whole(text: Any) -> int:
    return int(text) if str(text).isdigit() else 0
