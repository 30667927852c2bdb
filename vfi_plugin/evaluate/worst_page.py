"""A page of the frames that a model did worst on: what it saw, what it made, what is true, and how far it was off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfi_plugin.evaluate.codes import WHITE, Codes
from vfi_plugin.evaluate.drawing import (
    GAP_PX,
    LINE_PX,
    MARGIN_PX,
    Picture,
    blank,
    fit,
    left_of,
    page_width,
    shortened,
    write,
)
from vfi_plugin.evaluate.evaluation import FrameScore
from vfi_plugin.evaluate.measure import Measure

MOST_ROWS = 10
CELL_PX = 400
DIFFERENCE_GAIN = 4
"""As on the demo's sheet: an error of 16 codes, easily seen in motion, becomes a quarter of the range."""

_NOTE_SCALE = 0.55


@dataclass(frozen=True)
class Shown:
    """The pictures of a row, (H, W, 3) uint8 of one size: the frame before, the model's, the true one."""

    before: Codes
    result: Codes
    truth: Codes


@dataclass(frozen=True)
class _Row:
    badness: float
    order: int
    band: Picture


class WorstPage:
    """Keeps the worst frames while an evaluation runs, drawn small at once: ten 4K rows as they are take 750 MB."""

    def __init__(self, model: str, measure: Measure) -> None:
        self._model = model
        self._measure = measure
        self._rows: list[_Row] = []
        self._seen = 0

    def consider(self, score: FrameScore, shown: Shown) -> None:
        """Takes the frame in if it is worse than the best of those kept; of equal ones the earlier stays."""
        value = score.values[self._model][self._measure.name]
        badness = -value if self._measure.larger_is_better else value
        order, self._seen = self._seen, self._seen + 1
        if len(self._rows) == MOST_ROWS and badness <= self._rows[-1].badness:
            return
        self._rows.append(_Row(badness, order, self._band(score, shown)))
        self._rows.sort(key=lambda row: (-row.badness, row.order))
        del self._rows[MOST_ROWS:]

    def page(self, title: str) -> Picture:
        """The page, (H, W, 3) uint8 sRGB: ``title``, a line of headings, a row a frame from the worst on."""
        headings = ("before", self._model, "truth", f"{DIFFERENCE_GAIN} x |{self._model} - truth|")
        width = page_width(len(headings), CELL_PX)
        head = blank(MARGIN_PX + 2 * LINE_PX + 8, width)
        count = f"the worst {len(self._rows)} of {self._seen} frames by {self._measure.name}"
        write(head, shortened(f"{title}: {count}", 0.8, width - 2 * MARGIN_PX), (MARGIN_PX, 50), scale=0.8, bright=True)
        for column, heading in enumerate(headings):
            write(head, heading, (left_of(column, CELL_PX), head.shape[0] - 12), scale=0.65, bright=True)
        foot = blank(MARGIN_PX, width)
        return np.concatenate([head, *(row.band for row in self._rows), foot])

    def _band(self, score: FrameScore, shown: Shown) -> Picture:
        off = np.abs(shown.result.astype(np.int16) - shown.truth) * DIFFERENCE_GAIN
        pictures = (shown.before, shown.result, shown.truth, np.minimum(off, WHITE).astype(np.uint8))
        cells = [fit(picture, None, CELL_PX) for picture in pictures]
        height = cells[0].shape[0]
        band = blank(height + LINE_PX + GAP_PX, page_width(len(cells), CELL_PX))
        for column, (cell, note) in enumerate(zip(cells, self._notes(score), strict=True)):
            left = left_of(column, CELL_PX)
            band[:height, left : left + CELL_PX] = cell
            text = shortened(note, _NOTE_SCALE, CELL_PX)
            write(band, text, (left, height + 22), scale=_NOTE_SCALE, bright=column == 1)
        return band

    def _notes(self, score: FrameScore) -> tuple[str, str, str, str]:
        """Under each cell: which frame, the model's number, the other methods' numbers, nothing."""
        others = {name: scores for name, scores in score.values.items() if name != self._model}
        said = ", ".join(f"{name} {self._text(scores)}" for name, scores in others.items())
        return f"{score.item}, t = {score.t}", f"{self._text(score.values[self._model])} {self._measure.unit}", said, ""

    def _text(self, scores: Mapping[str, float]) -> str:
        return self._measure.text(scores[self._measure.name])
