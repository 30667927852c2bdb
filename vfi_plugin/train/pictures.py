"""Pictures of a training: its curves, and frames of a validation. Drawn with OpenCV, which is loaded when they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.train.curves import FIRST_COLUMNS, CurveTable
from vfi_plugin.train.validation import Shown
from vfi_plugin.train.whole_file import write_whole

Picture = npt.NDArray[np.uint8]
Points = Sequence[tuple[float, float]]

DB = "dB "
"""What columns begin with that hold a validation's PSNR."""

DIFFERENCE_GAIN = 4.0
"""Of the differences that are shown, as in the contact sheet of the demo."""

_PANEL_PX = (900, 360)  # width and height: two panels, one above the other, fit a laptop's screen
_MARGIN_PX = (70, 30, 170, 40)  # left (labels), top (title), right (names), bottom (steps)
_GAP_PX, _LABEL_PX, _BACKGROUND = 6, 24, 30
_TEXT, _GRID = (200, 200, 200), (62, 62, 62)
# Colours that can be told apart on dark grey, also by most who see colours otherwise (Okabe and Ito), B G R.
_COLOURS = (
    (233, 180, 86),
    (0, 159, 230),
    (115, 158, 0),
    (167, 121, 204),
    (66, 228, 240),
    (0, 94, 213),
    (255, 255, 255),
)
_TICKS = 4

_CELL_PX = 192
"""Frames smaller than half of this are shown with whole pixels repeated: single pixels are to be seen."""


def write_curves(path: Path, curves: CurveTable) -> None:
    """Writes a PNG: the loss and its terms over the steps, on a logarithmic scale, and PSNR where there is any."""
    names = ["loss", *(name for name in curves.columns if name not in FIRST_COLUMNS and not name.startswith(DB))]
    losses = {name: [(x, math.log10(y)) for x, y in curves.column(name) if y > 0.0] for name in names}
    panels = [_panel("loss and its terms (logarithmic)", losses, lambda value: f"{10.0**value:.3g}")]
    measured = {name.removeprefix(DB): curves.column(name) for name in curves.columns if name.startswith(DB)}
    if any(measured.values()):
        panels.append(_panel("validation, PSNR in dB", measured, lambda value: f"{value:.2f}"))
    write_png(path, np.concatenate(panels))


def write_frames(path: Path, shown: Sequence[Shown], title: str) -> None:
    """Writes a PNG with a row for each pair: before, made, truth, and the difference of the last two, four times as
    strong."""
    rows = [_row(frames) for frames in shown]
    width = max(row.shape[1] for row in rows)
    band = np.full((_LABEL_PX, width, 3), _BACKGROUND, np.uint8)
    _write(band, f"{title}: before | made | truth | difference x {DIFFERENCE_GAIN:g}", (_GAP_PX, 16))
    write_png(path, np.concatenate([band, *(_widened(row, width) for row in rows)]))


def write_png(path: Path, picture: Picture) -> None:
    """Writes (H, W, 3) uint8, B G R, as PNG, whole or not at all. Raises WriteError."""
    import cv2

    _, content = cv2.imencode(".png", picture)
    write_whole(path, content.tobytes())


def _row(frames: Shown) -> Picture:
    made, true = (frame.numpy().transpose(1, 2, 0) for frame in (frames.made, frames.true))
    before = frames.before.numpy().transpose(1, 2, 0)
    scale = max(1, _CELL_PX // true.shape[1])
    gap = np.full((scale * true.shape[0], _GAP_PX, 3), _BACKGROUND, np.uint8)
    cells: list[Picture] = []
    for picture in (before, made, true, DIFFERENCE_GAIN * np.abs(made - true)):
        shown = np.rint(255.0 * picture.clip(0.0, 1.0)).astype(np.uint8)[..., ::-1]
        cells += [shown.repeat(scale, 0).repeat(scale, 1), gap]
    row = np.concatenate(cells[:-1], 1)
    return np.concatenate([row, np.full((_GAP_PX, row.shape[1], 3), _BACKGROUND, np.uint8)])


def _widened(row: Picture, width: int) -> Picture:
    return np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=_BACKGROUND)


def _panel(title: str, lines: Mapping[str, Points], label: Any) -> Picture:
    """One diagram of lines over the steps; ``label`` gives the text for a height."""
    import cv2

    panel = np.full((_PANEL_PX[1], _PANEL_PX[0], 3), _BACKGROUND, np.uint8)
    _write(panel, title, (_MARGIN_PX[0], 20))
    points = [point for line in lines.values() for point in line]
    if not points:
        return panel
    box = _Box(points)
    for tick in range(_TICKS + 1):
        x, y = box.at(box.step(tick / _TICKS), box.height(tick / _TICKS))
        cv2.line(panel, (_MARGIN_PX[0], y), (_PANEL_PX[0] - _MARGIN_PX[2], y), _GRID, 1)
        _write(panel, label(box.height(tick / _TICKS)), (8, y + 4))
        _write(panel, f"{box.step(tick / _TICKS):.0f}", (x - 16, _PANEL_PX[1] - 14))
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        ends = np.array([box.at(*point) for point in line], np.int32).reshape(-1, 1, 2)
        cv2.polylines(panel, [ends], isClosed=False, color=colour, thickness=1, lineType=cv2.LINE_AA)
        _write(panel, name, (_PANEL_PX[0] - _MARGIN_PX[2] + 10, 44 + 18 * number), colour)
    return panel


class _Box:
    """Where steps and heights lie in a panel."""

    def __init__(self, points: Points) -> None:
        steps, heights = zip(*points, strict=True)
        low, high = float(min(heights)), float(max(heights))
        self._steps = 0.0, float(max(steps))
        room = 0.05 * (high - low) or 0.5  # so that no line runs along the edge
        self._heights = low - room, high + room

    def step(self, share: float) -> float:
        return self._steps[0] + share * (self._steps[1] - self._steps[0])

    def height(self, share: float) -> float:
        return self._heights[0] + share * (self._heights[1] - self._heights[0])

    def at(self, step: float, height: float) -> tuple[int, int]:
        left, top, right, bottom = _MARGIN_PX
        across = (step - self._steps[0]) / (self._steps[1] - self._steps[0] or 1.0)
        up = (height - self._heights[0]) / (self._heights[1] - self._heights[0])
        x = left + across * (_PANEL_PX[0] - left - right)
        y = _PANEL_PX[1] - bottom - up * (_PANEL_PX[1] - top - bottom)
        return round(x), round(y)


def _write(picture: Picture, text: str, at: tuple[int, int], colour: tuple[int, int, int] = _TEXT) -> None:
    import cv2

    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
