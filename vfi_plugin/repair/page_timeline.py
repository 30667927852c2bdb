"""The timeline of a page: a lane a kind with its scores, the threshold and the findings; cuts and such above them.

Scores have no largest value, so a lane shows ``s / (1 + s)``: 0 at the bottom, the threshold of 1 in the middle, and
a hundred times that still below the top. With thousands of frames a column shows the highest of its scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import format_range

WIDTH, HEIGHT = 1000, 48
"""Of a lane's drawing, in its own units; the page stretches it to its width."""

_NARROWEST = 2.5
"""Units of a mark: 3 px on a page of 1200 px, however long the clip."""

_MARK_HEIGHT = 5

_TICKS = 8
"""Numbers along the axis at most, so that six digits fit on a page of 600 px."""

_LAST_TICK = 0.97
"""Part of the axis from which a centred number would stick out at its end."""

KIND_NAMES = {kind: kind.value if kind is not Kind.NOT_FINITE else "NaN" for kind in Kind}


def score_height(score: float) -> float:
    """Where in a lane a score of 0 and more is, in units from the top."""
    return HEIGHT / (1 + max(score, 0.0))


@dataclass(frozen=True)
class _Axis:
    first: int
    last: int

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def left(self, number: float) -> float:
        """Of a frame, in units; its right is the left of the next."""
        return (number - self.first) / self.count * WIDTH

    def rect(self, first: int, last: int, name: str, top: float, height: float, title: str) -> str:
        width = self.left(last + 1) - self.left(first)
        shown = max(width, _NARROWEST)
        left = min(max(self.left(first) - (shown - width) / 2, 0.0), WIDTH - shown)
        box = f'x="{left:.2f}" y="{top:g}" width="{shown:.2f}" height="{height:g}"'
        return f'<rect class="{name}" {box}><title>{escape(title)}</title></rect>'


def timeline_html(report: ScanReport, first: int, last: int) -> str:
    """The lanes, from the context down, and the axis below them; frames ``first`` to ``last``."""
    axis = _Axis(first, last)
    kinds = [kind for kind in Kind if kind in report.scores or report.of_kind(kind)]
    lanes = [_context_lane(report, axis), *(_kind_lane(report, kind, axis) for kind in kinds)]
    return "\n".join([*lanes, _axis_lane(axis)])


def _lane(name: str, label: str, body: str, *, height: int, told: str, kind: str = "") -> str:
    box = f'viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" role="img" aria-label="{escape(told)}"'
    of_kind = f' data-kind="{escape(kind)}"' if kind else ""
    drawing = f'<div class="track"><svg {box}>{body}</svg></div>'
    return f'<div class="lane {name}"{of_kind}><div class="lane-name">{label}</div>{drawing}</div>'


def _kind_lane(report: ScanReport, kind: Kind, axis: _Axis) -> str:
    found = report.of_kind(kind)
    name = KIND_NAMES[kind]
    label = f'{escape(name)} <span class="count">{len(found)}</span>'
    scores = report.scores.get(kind)
    if scores is None:
        body = "".join(_marks(found, axis, 16))
        return _lane("few", label, body, height=16, told=f"{name}: {len(found)} findings", kind=kind.value)
    known = [(score, number) for score, number in zip(scores, report.numbers, strict=False) if score is not None]
    highest = max(known, default=None)
    said = f", highest {highest[0]:.2f} at frame {highest[1]}" if highest else ""
    line = score_height(1.0)
    body = (
        f'<path class="scores" d="{_area(report.numbers, scores, axis)}"/>'
        f'<line class="threshold" x1="0" x2="{WIDTH}" y1="{line:g}" y2="{line:g}"/>'
        + "".join(_marks(found, axis, HEIGHT))
    )
    told = f"Scores of {name}{said}; threshold 1; {len(found)} findings"
    return _lane("scored", label, body, height=HEIGHT, told=told, kind=kind.value)


def _marks(found: Sequence[Finding], axis: _Axis, height: float) -> Iterator[str]:
    for finding in found:
        first, last = finding.frames[0], finding.frames[-1]
        title = f"{KIND_NAMES[finding.kind]} {format_range(finding.frames)}, score {finding.score:.2f}"
        yield axis.rect(first, last, "span", 0, height, title) + axis.rect(first, last, "mark", 0, _MARK_HEIGHT, title)


def _area(numbers: Sequence[int], scores: Sequence[float | None], axis: _Axis) -> str:
    """A path under the scores, in steps a frame or, where a clip is longer than the drawing, a unit wide."""
    columns = min(axis.count, WIDTH)
    highest: list[float | None] = [None] * columns
    for number, score in zip(numbers, scores, strict=False):
        place = (number - axis.first) * columns // axis.count
        if score is not None and 0 <= place < columns:
            highest[place] = max(score, highest[place] or 0.0)
    wide = WIDTH / columns
    path: list[str] = []
    for is_gap, run in groupby(enumerate(highest), lambda item: item[1] is None):
        if not is_gap:
            path.append(_steps([(place, score_height(score or 0.0)) for place, score in run], wide))
    return "".join(path)


def _steps(run: Sequence[tuple[int, float]], wide: float) -> str:
    tops = "".join(f"V{top:.1f}H{(place + 1) * wide:.1f}" for place, top in run)
    return f"M{run[0][0] * wide:.1f} {HEIGHT}{tops}V{HEIGHT}Z"


def _context_lane(report: ScanReport, axis: _Axis) -> str:
    height = 18
    context = report.context
    dissolves = (_dissolve(axis, first, last, height) for first, last in context.dissolves)
    cadences = [(each.first, each.last, ":".join(map(str, each.pattern))) for each in context.cadences]
    bars = (
        axis.rect(first, last, "cadence", height - 4, 4, f"cadence {text} {first}-{last}")
        for first, last, text in cadences
    )
    cuts = (_cut(axis, cut, height) for cut in context.cuts)
    counted = ((len(context.cuts), "cuts"), (len(context.dissolves), "dissolves"), (len(cadences), "cadences"))
    told = "Context: " + ", ".join(f"{count} {what}" for count, what in counted)
    lane = _lane("context", "shots", "".join([*dissolves, *bars, *cuts]), height=height, told=told)
    words = "".join(_word(axis, first, last, text) for first, last, text in cadences)
    return _within_track(lane, words)


def _cut(axis: _Axis, cut: int, height: int) -> str:
    place = axis.left(cut)
    ends = f'x1="{place:.2f}" x2="{place:.2f}" y1="0" y2="{height}"'
    return f'<line class="cut" {ends}><title>cut: {cut} begins a shot</title></line>'


def _dissolve(axis: _Axis, first: int, last: int, height: int) -> str:
    left, right = axis.left(first), axis.left(last + 1)
    slope = f'<line class="slope" x1="{left:.2f}" x2="{right:.2f}" y1="{height}" y2="0"/>'
    return axis.rect(first, last, "dissolve", 0, height, f"dissolve {first}-{last}") + slope


def _word(axis: _Axis, first: int, last: int, text: str) -> str:
    """Text does not go into a drawing that is stretched; it lies over it."""
    left, width = axis.left(first) / WIDTH, (axis.left(last + 1) - axis.left(first)) / WIDTH
    return f'<span class="over" style="left:{left:.3%};width:{width:.3%}">{escape(text)}</span>'


def _within_track(lane: str, words: str) -> str:
    return lane.replace("</svg></div>", f"</svg>{words}</div>")


def _axis_lane(axis: _Axis) -> str:
    ticks = "".join(_tick(number, axis.left(number + 0.5) / WIDTH) for number in _tick_numbers(axis))
    return (
        f'<div class="lane axis" aria-hidden="true"><div class="lane-name"></div><div class="track">{ticks}</div></div>'
    )


def _tick(number: int, place: float) -> str:
    name = "tick end" if place > _LAST_TICK else "tick"
    return f'<span class="{name}" style="left:{place:.3%}">{number}</span>'


def _tick_numbers(axis: _Axis) -> list[int]:
    """Round numbers, from 1, 2 and 5 times a power of ten apart."""
    step = next(step for step in _round_steps() if axis.count / step <= _TICKS)
    return list(range(-(-axis.first // step) * step, axis.last + 1, step))


def _round_steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
