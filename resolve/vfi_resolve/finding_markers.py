"""Markers on clips that tell what is wrong where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vfi_resolve.bad_frames import Finding, Media, frames_text, runs
from vfi_resolve.timeline_clip import TimelineClip

if TYPE_CHECKING:
    from fusionscript import MarkerColor

_COLOURS: dict[str, MarkerColor] = {
    "duplicate": "Yellow",
    "dropped": "Sand",
    "missing": "Red",
    "blurred": "Blue",
    "flash": "Lemon",
    "black": "Cocoa",
    "torn": "Fuchsia",
    "frozen": "Sky",
    "nan": "Purple",
    "unreadable": "Pink",
}
"""A colour a kind; cyan is that of retimes."""

_OTHER: MarkerColor = "Rose"


def mark_findings(media: Media, clip: TimelineClip, findings: Sequence[Finding]) -> list[str]:
    """Mark findings on a clip, those that are marked already aside. Returns a line where some did not take."""
    failed = [finding for finding in findings if not _is_marked(media, clip, finding)]
    if not failed:
        return []
    told = "; ".join(f"{finding['kind']} {frames_text(finding['frames'])}" for finding in failed)
    return [f'Resolve did not set markers on "{clip.name}" for {told}.']


def _is_marked(media: Media, clip: TimelineClip, finding: Finding) -> bool:
    first, last = media.shown(clip)
    seen = [frame for frame in finding["frames"] if first <= frame <= last]
    return all(_put(media, clip, finding, run) for run in list(runs(seen)))


def _put(media: Media, clip: TimelineClip, finding: Finding, run: tuple[int, int]) -> bool:
    """Whether a marker for a run of frames is there afterwards, as asking for it tells."""
    first, last = run
    record = json.dumps({"vfi": 1, "finding": finding["kind"], "first": first, "last": last, "source": media.path})
    if clip.item.GetMarkerByCustomData(record):
        return True
    colour, note = _COLOURS.get(finding["kind"], _OTHER), finding.get("why", "")
    # Markers of clips count frames of the media, from 0 at its beginning (measured by others on 20 and 21); one frame
    # has one marker at most, so a second finding stands a frame further on.
    taken = {int(frame) for frame in clip.item.GetMarkers() or {}}
    start = first - media.number
    free = next(frame for frame in range(start, start + len(taken) + 1) if frame not in taken)
    clip.item.AddMarker(free, colour, f"VFI {finding['kind']}", note, last - first + 1, record)
    return bool(clip.item.GetMarkerByCustomData(record))
