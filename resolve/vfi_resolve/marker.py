"""The mark that a retimed clip carries: what was done, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfi_resolve.choices import percent
from vfi_resolve.job import Job

if TYPE_CHECKING:
    from fusionscript import TimelineItem

_NAME = "VFI Retime"


def add_marker(item: TimelineItem, job: Job) -> list[str]:
    """Mark the clip with the job, on its first frame without a marker. Returns a line where that did not take."""
    taken = {int(frame) for frame in item.GetMarkers() or {}}
    free = next(frame for frame in range(len(taken) + 1) if frame not in taken)
    note = f"{percent(job.speed)}%, {job.frames.count} frames, {job.model}"
    item.AddMarker(free, "Cyan", _NAME, note, 1, job.record)
    if item.GetMarkerByCustomData(job.record):
        return []
    return ["The clip has no marker that tells how it was made: Resolve did not set it."]
