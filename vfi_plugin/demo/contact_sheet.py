"""One picture that shows how near the made-up frames come to the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.demo.display import to_bytes, to_display
from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.drawing import GAP_PX, LINE_PX, MARGIN_PX, Picture, blank, fit, left_of, page_width, write
from vfi_plugin.evaluate.metrics import BORDER_PX, psnr_log
from vfi_plugin.image.window import Window

Image = npt.NDArray[Any]
"""``(H, W, 3)`` scene-linear, premultiplied, unbounded."""

COLUMNS = ("earlier source frame", "frame average", "this retime", "truth")
DIFFERENCES = ("average - truth", "retime - truth")


@dataclass(frozen=True)
class Comparison:
    """A row of the sheet: one in-between and what it is held against.

    Attributes:
        label: what it is, such as ``"frame 1004.5"``.
        earlier: the source frame before it.
        average: the mean of the source frames around it, what a plain frame blend gives.
        result: the frame that was made.
        truth: the frame as it is.
        detail: the part of the picture to show, in pixels from its upper left corner; None for all of it. The PSNR
            is always of the whole picture.
    """

    label: str
    earlier: Image
    average: Image
    result: Image
    truth: Image
    detail: Window | None = None

    def __post_init__(self) -> None:
        shapes = {image.shape for image in (self.earlier, self.average, self.result, self.truth)}
        if len(shapes) != 1 or self.truth.ndim != 3 or self.truth.shape[2] != 3:
            raise UsageError(f"a row compares four (H, W, 3) pictures of one size, got {sorted(shapes)}")


@dataclass(frozen=True)
class SheetStyle:
    """How the sheet is made: column width in pixels, exposure, and how much stronger differences are shown."""

    cell_px: int = 400
    exposure_stops: float = 0.0
    difference_gain: float = 4.0


def contact_sheet(rows: Sequence[Comparison], title: str, style: SheetStyle | None = None) -> Picture:
    """Lay out ``rows`` under a title line.

    Columns: the earlier source frame, the average of both source frames, the retime, the truth, then the differences of
    the average and of the retime from the truth. Pictures are shown through exposure, a highlight roll-off and sRGB
    (:func:`vfi_plugin.demo.display.to_display`); differences are taken between what is shown, ``difference_gain`` times
    as strong. The numbers under the pictures are :func:`vfi_plugin.evaluate.metrics.psnr_log` in dB.

    Returns:
        ``(H, W, 3)`` uint8, R G B, sRGB.

    Raises:
        UsageError: there are no rows, or their pictures are too small to be measured.
    """
    if not rows:
        raise UsageError("a contact sheet needs at least one in-between to show, got none")
    style = style or SheetStyle()
    gain = f"{style.difference_gain:g} x"
    headings = (*COLUMNS, *(f"{gain} |{name}|" for name in DIFFERENCES))
    width = page_width(len(headings), style.cell_px)
    bands = [_heading_band(width, title, headings, style), *(_row_band(width, row, style) for row in rows)]
    bands.append(_footer_band(width, style))
    return np.concatenate(bands)


def _heading_band(width: int, title: str, headings: Sequence[str], style: SheetStyle) -> Picture:
    """The title, and the names of the columns."""
    band = blank(MARGIN_PX + 2 * LINE_PX + 8, width)
    write(band, title, (MARGIN_PX, MARGIN_PX + 14), scale=0.95, bright=True)
    for index, heading in enumerate(headings):
        write(band, heading, (left_of(index, style.cell_px), band.shape[0] - 12), scale=0.65, bright=True)
    return band


def _row_band(width: int, row: Comparison, style: SheetStyle) -> Picture:
    """The six pictures of a row, with what they are and how near they come below them."""
    shown = [to_display(image, style.exposure_stops) for image in (row.earlier, row.average, row.result, row.truth)]
    for index in (1, 2):
        shown.append(np.abs(shown[index] - shown[3]) * style.difference_gain)
    cells = [fit(to_bytes(image), row.detail, style.cell_px) for image in shown]
    height = cells[0].shape[0]
    band = blank(height + LINE_PX + GAP_PX, width)
    average, result = psnr_log(row.average, row.truth), psnr_log(row.result, row.truth)
    label = row.label if row.detail is None else f"{row.label}, detail"
    notes = (label, f"PSNR {average:.1f} dB", f"PSNR {result:.1f} dB ({result - average:+.1f})", "", "", "")
    for index, (cell, note) in enumerate(zip(cells, notes, strict=True)):
        left = left_of(index, style.cell_px)
        band[:height, left : left + style.cell_px] = cell
        write(band, note, (left, height + 22), scale=0.6, bright=index == 2)
    return band


def _footer_band(width: int, style: SheetStyle) -> Picture:
    """How the pictures and the numbers were made."""
    lines = (
        f"Shown: scene-linear RGB over black, exposure {style.exposure_stops:+g} stops, highlights rolled off, sRGB. "
        f"Differences are between the shown pictures, {style.difference_gain:g} times as strong.",
        f"PSNR: of the whole frame, linear light after log2(1 + 16 max(x, 0)) / log2(17), "
        f"without the outer {BORDER_PX} pixels. Higher is nearer to the truth.",
    )
    band = blank(len(lines) * LINE_PX + MARGIN_PX, width)
    for index, line in enumerate(lines):
        write(band, line, (MARGIN_PX, 22 + index * LINE_PX), scale=0.5, bright=False)
    return band
