"""Whether a timeline still is what it was before the work began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfi_resolve.errors import HostRefusedError
from vfi_resolve.timeline_clip import TimelineClip

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


def check_unchanged(timeline: Timeline, now_open: Timeline, clip: TimelineClip) -> None:
    """Minutes have passed, in which somebody may have gone on with the edit; Resolve appends to whatever is open."""
    if now_open.GetUniqueId() != timeline.GetUniqueId():
        raise HostRefusedError(
            f'the frames are rendered, but the timeline "{now_open.GetName()}" is open now; open'
            f' "{timeline.GetName()}" and start again: what is rendered is kept'
        )
    if not _is_where_it_was(timeline, clip):
        raise HostRefusedError(
            f'the frames are rendered, but "{clip.name}" was moved or changed meanwhile; start again:'
            " what is rendered is kept"
        )


def _is_where_it_was(timeline: Timeline, clip: TimelineClip) -> bool:
    identity = clip.item.GetUniqueId()

    def is_it(item: TimelineItem) -> bool:
        start, duration = item.GetStart(), item.GetDuration()  # type: ignore[call-arg]
        return item.GetUniqueId() == identity and (int(start), int(duration)) == (clip.start, clip.span.duration)

    return any(is_it(item) for item in timeline.GetItemListInTrack("video", clip.track) or [])
