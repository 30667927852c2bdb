"""The mark that a new clip carries: what was done, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfi_resolve.choices import percent
from vfi_resolve.job import Job

if TYPE_CHECKING:
    from fusionscript import TimelineItem

_NAME = "VFI Retime"


def add_marker(item: TimelineItem, job: Job) -> list[str]:
    """Mark the clip with the job, on its first frame without a marker. Returns a line where that did not take."""
    return add_record(item, _NAME, f"{percent(job.speed)}%, {job.frames.count} frames, {job.model}", job.record)


def add_record(item: TimelineItem, name: str, note: str, record: str) -> list[str]:
    """The same for any work: its name, a note for people, JSON for scripts."""
    taken = {int(frame) for frame in item.GetMarkers() or {}}
    free = next(frame for frame in range(len(taken) + 1) if frame not in taken)
    item.AddMarker(free, "Cyan", name, note, 1, record)
    if item.GetMarkerByCustomData(record):
        return []
    return ["The clip has no marker that tells how it was made: Resolve did not set it."]
