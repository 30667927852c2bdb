"""From measures to a report: what is wrong, and what has to be known to see that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair import cadence, frame_faults, left_out, shots
from vfi_plugin.repair.drops import drop_scores, drops, find_jumps
from vfi_plugin.repair.duplicates import Repeats, find_repeats
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.frame_series import has_picture
from vfi_plugin.repair.left_out import LeftOut, find_left_out
from vfi_plugin.repair.missing import missing
from vfi_plugin.repair.repeats import comparable, possible_runs, repeat_scores
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import Context, ScanReport
from vfi_plugin.repair.series import Series

DECISION_REACH = max(cadence.WINDOW, left_out.WINDOW) + 16
"""Frames on either side of a frame whose measures decide on it: those of a cadence, and what they are judged by."""


def decide(series: Series, options: ScanOptions) -> ScanReport:
    """The report on these frames; its source, rate and size are left open."""
    faults, scores = _frame_faults(series, options)
    faulty = frozenset(frame for finding in faults for frame in finding.frames)
    fine = comparable(series, faulty)
    possible = possible_runs(series, fine)
    repeats = find_repeats(series, possible, fine & _pictured(series), options.threshold(Kind.DUPLICATE))
    jumps = find_jumps(series, fine, repeats.places)
    regular = find_left_out(jumps)
    meant = {place for gaps in regular for place in gaps.places}
    lost = drops(jumps, series, meant, options.threshold(Kind.DROPPED))
    found = [*faults, *missing(series.numbers), *repeats.findings(series), *lost]
    scores = {
        **scores,
        Kind.DUPLICATE: repeat_scores(possible),
        Kind.DROPPED: drop_scores(jumps, series),
    }
    return ScanReport(
        source="",
        numbers=series.numbers,
        findings=tuple(sorted(_asked_for(found, options), key=lambda finding: finding.order)),
        context=_context(series, repeats, regular),
        scores={kind: values for kind, values in scores.items() if kind in options.wanted},
    )


def _pictured(series: Series) -> npt.NDArray[np.bool_]:
    """(N,) whether a frame shows something: between a fade out and a fade in nothing is repeated."""
    return np.array([not numbers["unreadable"] and has_picture(numbers) for numbers in series.faults], np.bool_)


def _frame_faults(series: Series, options: ScanOptions) -> tuple[list[Finding], dict[Kind, list[float | None]]]:
    """Findings and scores of single frames, those of kinds with a lower threshold made from the scores."""
    judged = frame_faults.judged(series.numbers, series.faults, series.pairs, series.shot_of, series.cells)
    found = [_with_reason(finding, series) for finding in judged.findings]
    for kind, values in judged.scores.items():
        if options.threshold(kind) < 1:
            found += _fainter(kind, values, found, series.numbers, options.threshold(kind))
    return found, judged.scores


def _with_reason(finding: Finding, series: Series) -> Finding:
    """A file that cannot be read, with what its reader said: measures hold numbers alone."""
    if finding.kind is not Kind.UNREADABLE:
        return finding
    why = next((series.fault[series.numbers.index(n)] for n in finding.frames if n in series.numbers), "")
    return replace(finding, why=why or finding.why)


def _fainter(
    kind: Kind, scores: Sequence[float | None], found: list[Finding], numbers: Sequence[int], threshold: float
) -> list[Finding]:
    known = {frame for finding in found if finding.kind is kind for frame in finding.frames}
    chosen = [
        (number, score)
        for number, score in zip(numbers, scores, strict=True)
        if score is not None and threshold <= score < 1 and number not in known
    ]
    return [Finding(kind, (number,), score, f"{score:.2f} of what it usually takes") for number, score in chosen]


def _asked_for(found: Iterable[Finding], options: ScanOptions) -> list[Finding]:
    """Findings of the kinds asked for, with scores by the thresholds asked for."""
    weighed = [
        replace(finding, score=finding.score / options.threshold(finding.kind))
        for finding in found
        if finding.kind in options.wanted
    ]
    # What nothing can be doubted of has a score of exactly 1, and no threshold may hide it.
    return [finding for finding in weighed if finding.score >= 1 or finding.kind in _CERTAIN]


_CERTAIN = (Kind.MISSING, Kind.UNREADABLE, Kind.NOT_FINITE)


def _context(series: Series, repeats: Repeats, regular: Sequence[LeftOut]) -> Context:
    numbers = series.numbers
    spans = shots.dissolves(list(series.mixes), list(series.cuts))
    return Context(
        cuts=tuple(number for number, cut in zip(numbers, series.cuts, strict=True) if cut),
        dissolves=tuple((numbers[first], numbers[last]) for first, last in spans),
        cadences=(
            *(beat.cadence(numbers) for beat in repeats.meant),
            *(gaps.cadence(numbers) for gaps in regular),
        ),
    )
