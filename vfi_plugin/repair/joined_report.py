"""One report from those of spans of a clip that follow each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from vfi_plugin.repair.cadence import turned
from vfi_plugin.repair.scan_report import Cadence, Context, ScanReport


def joined(reports: Iterable[ScanReport]) -> ScanReport:
    """All that at least one report says, once: what lies across a border is told by those on both sides.

    Args:
        reports: one or more, by frames, as ``ScanReport.between`` cuts them; source, rate and size are the first one's.
    """
    kept = list(reports)
    findings = {finding: None for report in kept for finding in report.findings}
    return replace(
        kept[0],
        numbers=tuple(chain.from_iterable(report.numbers for report in kept)),
        findings=tuple(sorted(findings, key=lambda finding: finding.order)),
        context=Context(
            cuts=tuple(chain.from_iterable(report.context.cuts for report in kept)),
            dissolves=_dissolves(chain.from_iterable(report.context.dissolves for report in kept)),
            cadences=_cadences(chain.from_iterable(report.context.cadences for report in kept)),
        ),
        scores={kind: tuple(chain.from_iterable(report.scores[kind] for report in kept)) for kind in kept[0].scores},
    )


def _dissolves(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans that follow each other without a frame between them are one that was cut."""
    found: list[tuple[int, int]] = []
    for first, last in spans:
        if found and first <= found[-1][1] + 1:
            first, last = found[-1][0], max(found.pop()[1], last)
        found.append((first, last))
    return tuple(found)


def _cadences(cadences: Iterable[Cadence]) -> tuple[Cadence, ...]:
    """Those that go on beyond what one report saw, in one piece."""
    found: list[Cadence] = []
    for cadence in cadences:
        earlier = next((other for other in found if _goes_on(other, cadence)), None)
        if earlier is None:
            found.append(cadence)
        else:
            found[found.index(earlier)] = replace(earlier, last=max(earlier.last, cadence.last))
    return tuple(found)


def _goes_on(earlier: Cadence, later: Cadence) -> bool:
    """Whether both overlap and show the same pictures as often there."""
    apart = later.first - earlier.first
    overlap = apart >= 0 and later.first <= earlier.last
    return overlap and later.pattern == turned(earlier.pattern, apart % sum(earlier.pattern))
