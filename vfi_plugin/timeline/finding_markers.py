"""What is wrong with a clip's frames as markers on the clip: hosts show them, and people go from one to the next.

A marker's text stands in ``comment``, as OTIO has it, and under ``Resolve_OTIO`` as ``Note``, where Resolve's own
exports keep it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import opentimelineio as otio

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.timeline.exact_time import FrameRate, seconds_of, span_of
from vfi_plugin.timeline.fault_survey import ShownClip
from vfi_plugin.timeline.otio_file import METADATA

_COLOUR = otio.schema.MarkerColor
COLOURS: Mapping[Kind, str] = {
    Kind.DUPLICATE: _COLOUR.YELLOW,
    Kind.DROPPED: _COLOUR.ORANGE,
    Kind.MISSING: _COLOUR.RED,
    Kind.BLURRED: _COLOUR.BLUE,
    Kind.FLASH: _COLOUR.WHITE,
    Kind.BLACK: _COLOUR.BLACK,
    Kind.TORN: _COLOUR.MAGENTA,
    Kind.FROZEN: _COLOUR.CYAN,
    Kind.NOT_FINITE: _COLOUR.PURPLE,
    Kind.UNREADABLE: _COLOUR.PINK,
}
"""Of the markers, one for each kind."""


def findings_in(shown: ShownClip, findings: Sequence[Finding]) -> list[Finding]:
    """Those that can be seen in a clip."""
    return [finding for finding in findings if any(True for _ in _places(shown, finding))]


def mark(shown: ShownClip, findings: Sequence[Finding], rate: FrameRate) -> None:
    """Puts a marker on a clip for each run of frames of each finding; those of an earlier run are replaced.

    Args:
        shown: the clip.
        findings: of its media.
        rate: of the timeline.
    """
    others = [marker for marker in shown.clip.markers if METADATA not in marker.metadata]
    made = [_marker(shown, finding, place, rate) for finding in findings for place in _places(shown, finding)]
    shown.clip.markers[:] = [*others, *made]


def _places(shown: ShownClip, finding: Finding) -> Iterator[range]:
    """The frames of the clip, counted from its first, that show the finding's: one range a run."""
    for first, last in _runs(finding.frames):
        place = shown.usage.showing(first, last)
        if place:
            yield place


def _runs(frames: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = frames[0]
    for frame in frames[1:]:
        if frame != last + 1:
            yield first, last
            first = frame
        last = frame
    yield first, last


def _marker(shown: ShownClip, finding: Finding, place: range, rate: FrameRate) -> Any:
    span = span_of(shown.clip)
    as_written = FrameRate.of(span.duration.rate)
    rate = as_written if as_written.exact == rate.exact else rate  # floats: 23.976 differs from 23.976024
    begin = seconds_of(span.start_time) * rate.exact
    marker = otio.schema.Marker(
        name=finding.kind.value,
        marked_range=otio.opentime.TimeRange(rate.time(begin + place.start), rate.time(len(place))),
        color=COLOURS[finding.kind],
        comment=finding.why,
    )
    marker.metadata[METADATA] = {"kind": finding.kind.value, "frames": list(finding.frames), "score": finding.score}
    marker.metadata["Resolve_OTIO"] = {"Keywords": [], "Note": finding.why}
    return marker
