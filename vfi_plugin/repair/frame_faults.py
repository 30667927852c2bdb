"""Faults that single frames have: what is measured of frames and pairs, and what follows from the numbers alone.

Looks are measured once, the numbers are kept, and decisions are made from the series of numbers. They look at fixed
windows of a few frames on either side, so a clip in chunks gives what it gives whole.

A frame has one kind of fault. They are looked for in the order of ``PRECEDENCE``, and a frame that is found is left out
of all that is looked for after it: its neighbours are not compared with it and cannot look faulty because of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair import edge_rows, frozen_regions, light_jumps, sharpness, tearing
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.frame_series import FrameSeries, Strengths
from vfi_plugin.repair.look import Look
from vfi_plugin.repair.pair_alignment import align, comparable


@dataclass(frozen=True)
class _Detector:
    """How faults of a kind are found in a series, and what is said of the frames at some places of it."""

    kind: Kind
    strengths: Callable[[FrameSeries], Strengths]
    why: Callable[[FrameSeries, range], str]


def _unreadable(series: FrameSeries) -> Strengths:
    return [numbers["unreadable"] for numbers in series.measures]


def _not_finite(series: FrameSeries) -> Strengths:
    return [float(numbers["non_finite"] > 0) for numbers in series.measures]


def _why_unreadable(series: FrameSeries, places: range) -> str:
    count = int(sum(series.measures[place]["unreadable"] for place in places))
    return f"{count} {'file' if count == 1 else 'files'} cannot be read"


def _why_not_finite(series: FrameSeries, places: range) -> str:
    counts = [int(series.measures[place]["non_finite"]) for place in places]
    return f"{', '.join(f'{count:,}' for count in counts)} NaN or infinite values in the colour"


def _frozen(series: FrameSeries) -> Strengths:
    # Rows up to an edge for one frame are a tear, though a box may lie in them.
    both = zip(frozen_regions.hangs(series), edge_rows.rows_of_before(series), strict=True)
    return [0.0 if (rows or 0.0) >= 1 else hung for hung, rows in both]


def _torn(series: FrameSeries) -> Strengths:
    each = zip(tearing.tears(series), frozen_regions.held_rows(series), edge_rows.rows_of_before(series), strict=True)
    return [None if tear is None else max(tear, held or 0.0, rows or 0.0) for tear, held, rows in each]


def _why_torn(series: FrameSeries, places: range) -> str:
    return edge_rows.why_of_before(series, places.start) or tearing.why_torn(series, places)


_DETECTORS = (
    _Detector(Kind.UNREADABLE, _unreadable, _why_unreadable),
    _Detector(Kind.NOT_FINITE, _not_finite, _why_not_finite),
    _Detector(Kind.BLACK, light_jumps.blacks, light_jumps.why_black),
    _Detector(Kind.FLASH, light_jumps.flashes, light_jumps.why_flash),
    _Detector(Kind.FROZEN, _frozen, frozen_regions.why_frozen),
    _Detector(Kind.TORN, _torn, _why_torn),
    _Detector(Kind.BLURRED, sharpness.losses, sharpness.why_blurred),
)

PRECEDENCE = tuple(detector.kind for detector in _DETECTORS)
"""Kinds in the order in which they are looked for: what hides most of a picture first."""

_SCORED = (Kind.FLASH, Kind.TORN, Kind.BLURRED)
"""Kinds whose strength means something where it is no finding."""


def measure(look: Look) -> dict[str, float]:
    """What is kept of a frame: numbers for JSON. Of one that cannot be read only that, and nothing non-finite."""
    told = {"unreadable": float(bool(look.fault)), "non_finite": float(look.non_finite)}
    return told if look.fault else {**told, **light_jumps.numbers_of(look), **sharpness.numbers_of(look)}


def measure_pair(before: Look, after: Look) -> dict[str, float]:
    """What is kept of two successive frames; {} where one cannot be read or they differ in size.

    All numbers are exact in float64 and the same whatever was measured before. See the ``pair_numbers`` of the
    detectors for what they are.
    """
    if not comparable(before, after):
        return {}
    alignment = align(before, after)
    return {
        **light_jumps.pair_numbers(alignment),
        **sharpness.pair_numbers(before, after, alignment),
        **tearing.pair_numbers(alignment),
    }


@dataclass(frozen=True)
class Judged:
    """What the numbers of a series say.

    Attributes:
        findings: what is wrong with single frames, by first frame. Successive frames of one kind are one finding.
        scores: how near each frame is to a finding of FLASH, TORN and BLURRED: 1 and more is one. None where there was
            nothing to compare with, or the frame has another fault.
    """

    findings: list[Finding]
    scores: dict[Kind, list[float | None]]


def judged(
    numbers: Sequence[int],
    measures: Sequence[Mapping[str, float]],
    pairs: Sequence[Mapping[str, float] | None],
    shot_of: Sequence[int],
    cells: npt.NDArray[np.floating],
) -> Judged:
    """Judges single frames.

    Args:
        numbers: of the frames, ascending.
        measures: of each frame, by :func:`measure`.
        pairs: of each frame with the one before it in ``numbers``, by :func:`measure_pair`; None or {} where there is
            none. Of other numbers in them "agreement" is used, see ``pair_measures``; the rest does no harm.
        shot_of: a number of the shot that each frame belongs to; no frame is compared with one of another shot.
        cells: (N, 2, CELLS) of ``cell_changes``, of the same pairs; NaN where there is none.
    """
    found: list[Finding] = []
    scores: dict[Kind, list[float | None]] = {}
    for detector, series, strengths in _detected(FrameSeries(numbers, measures, pairs, shot_of, cells)):
        if detector.kind in _SCORED:
            scores[detector.kind] = strengths
        for places in _runs(series, strengths):
            frames = tuple(numbers[place] for place in places)
            score = max(strengths[place] or 0.0 for place in places)
            found.append(Finding(detector.kind, frames, score, detector.why(series, places)))
    return Judged(sorted(found, key=lambda finding: finding.frames), scores)


def _detected(series: FrameSeries) -> list[tuple[_Detector, FrameSeries, Strengths]]:
    """Each detector with the series it saw, without what those before it found, and what it made of it."""
    told = []
    for detector in _DETECTORS:
        strengths = [
            None if place in series.faulty else strength for place, strength in enumerate(detector.strengths(series))
        ]
        told.append((detector, series, strengths))
        series = series.without(place for place, strength in enumerate(strengths) if (strength or 0.0) >= 1)
    return told


def _runs(series: FrameSeries, strengths: Strengths) -> list[range]:
    """Places of findings: successive numbers of one shot."""
    found: list[range] = []
    for place, strength in enumerate(strengths):
        if (strength or 0.0) < 1:
            continue
        last = found[-1] if found else range(0)
        if last and last.stop == place and _continues(series, place):
            found[-1] = range(last.start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found


def _continues(series: FrameSeries, place: int) -> bool:
    successive = series.numbers[place] == series.numbers[place - 1] + 1
    return successive and series.shot_of[place] == series.shot_of[place - 1]
