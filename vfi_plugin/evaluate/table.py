"""An evaluation as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from vfi_plugin.evaluate.evaluation import Evaluation, Mean
from vfi_plugin.evaluate.item import LeftOut
from vfi_plugin.evaluate.measure import Measure

MOST_ROWS = 50
"""Frames, else groups, that are listed; more than that nobody reads, and the JSON has them all."""

MOST_LEFT_OUT = 5

_ROUNDED = {"nearest": "to the nearest", "down": "down"}


def evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    """All of it for a person: frames or groups by the first measure, means by all, what was left out, notes."""
    yield ""
    yield from _aligned(_listed(evaluation))
    yield ""
    yield from _aligned(_means(evaluation))
    for measure in evaluation.measures:
        better = "higher" if measure.larger_is_better else "lower"
        yield f"  {measure.name}: {measure.about}; {better} is better"
    yield ""
    setting = evaluation.setting
    yield (
        f"protocol {setting.protocol}, factor {setting.factor}: {len(evaluation.frames)} frames; means of each frame's"
        f" value; 8-bit results rounded {_ROUNDED[setting.rounding]}"
    )
    yield from _left_out(evaluation.left_out)
    yield from (f"note: {note}" for note in evaluation.notes)
    yield from (f"{what + ':':<16}{where}" for what, where in evaluation.files)


def _listed(evaluation: Evaluation) -> list[list[str]]:
    """By frame where that fits, else by group, else nothing."""
    measure, methods = evaluation.measures[0], [method.name for method in evaluation.methods]
    if len(evaluation.frames) <= MOST_ROWS:
        rows = [
            [frame.item, str(frame.t), *(measure.text(frame.values[method][measure.name]) for method in methods)]
            for frame in evaluation.frames
        ]
        return [[f"frame ({measure.name})", "t", *methods], *rows]
    groups = list(dict.fromkeys(frame.group for frame in evaluation.frames))
    if not 1 < len(groups) <= MOST_ROWS:
        return []
    rows = [
        [group, *(_mean_text(measure, evaluation.mean(method, measure.name, group)) for method in methods)]
        for group in groups
    ]
    return [[f"mean of ({measure.name})", *methods], *rows]


def _means(evaluation: Evaluation) -> list[list[str]]:
    rows = [["mean", *(measure.name for measure in evaluation.measures), "s/frame"]]
    for method in evaluation.methods:
        means = (
            _mean_text(measure, evaluation.mean(method.name, measure.name), counted=True)
            for measure in evaluation.measures
        )
        rows.append([method.name, *means, f"{method.seconds:.3f}"])
    return rows


def _mean_text(measure: Measure, mean: Mean, *, counted: bool = False) -> str:
    """The mean; with how many frames are exact and hence in no method's mean."""
    if math.isnan(mean.value):
        return "exact" if mean.exact else "-"
    exact = f" (+{mean.exact} exact)" if mean.exact and counted else ""
    return measure.text(mean.value) + exact


def _left_out(entries: Sequence[LeftOut]) -> Iterator[str]:
    if not entries:
        return
    yield f"left out: {len(entries)}"
    yield from (f"  {entry.name}: {entry.reason}" for entry in entries[:MOST_LEFT_OUT])
    if len(entries) > MOST_LEFT_OUT:
        yield f"  and {len(entries) - MOST_LEFT_OUT} more, which the JSON lists"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *numbers]).rstrip()
