"""Frames of which a part, a band of rows, is not of the picture.

TORN, found in three ways, each of them by comparison with what comes before *and* after:

1. *Strange rows.* A band of rows over the full width is not explained by motion from the frame before, nor explains
   the frame after, while other rows are and do: garbage, grey or green macroblocks of a half-decoded frame.
2. *Rows that jump.* A band moves in another way than the rest into the frame, and back out of it: rows of the frame
   before (a tear), lines that are shifted. Motion must be seen to jump: about 1 % of the frame's width.
3. *Garbage all over.* Every second line, or the whole frame, is noise: far more fine structure than in both neighbours.

No defects: letterbox, split screens and captions (they are there in the frames around as well, or stay), things that
pass (they do not take the full width, and do not leave the rows they came in), shakes and rolling shutter (they move
all rows), what a flash or a blur does (found before, and not in a band).
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.frame_series import FrameSeries, Numbers, Strengths
from vfi_plugin.repair.pair_alignment import Alignment

LONGEST = 3
"""Torn frames in a row that are one finding; garbage that stays longer is part of the material."""

BANDS = 16
"""Bands of rows a frame is divided into: 67 rows of a 1080p frame, four rows of macroblocks."""

_COLUMNS = 8
"""Cells across: of a band's cells more than half must be strange, so that what passes in front does not count."""

_STRANGE = 0.04
"""Residual of strange rows on top of what the others have: 10 of 255, less than which hardly shows."""

_JUMP_PX = 1.0
"""Jump of a band's motion, px of the aligned picture (192 a side): what flow tells from its own errors."""

_GARBAGE = 2.0
"""log2 of the gain of fine structure, on top of contrast, of a frame that is covered by garbage."""

_GARBAGE_RESIDUAL = 0.05
"""What motion leaves unexplained in such a frame: 13 of 255."""

_BLUR = 0.8
"""log2 of the loss of fine structure, on top of contrast, of a frame that is blurred and not torn."""

_LEAST_OTHER = 3
"""Bands that must be right for others to be wrong against them."""

Rows = npt.NDArray[np.float64]


def pair_numbers(alignment: Alignment) -> dict[str, float]:
    """``rows_NN``: what motion does not explain of each band, luma; ``rows_x_NN``, ``rows_y_NN``: its motion, px of
    the aligned picture."""
    cv2 = single_threaded_opencv()
    cells = cv2.resize(alignment.residual, (_COLUMNS, BANDS), interpolation=cv2.INTER_AREA)
    strange = np.percentile(cells, 40, axis=1)
    motion = _by_bands(np.median(alignment.flow, axis=1))
    told: dict[str, float] = {}
    for name, values in (("rows", strange), ("rows_x", motion[:, 0]), ("rows_y", motion[:, 1])):
        told |= {f"{name}_{band}": float(value) for band, value in enumerate(values)}
    return told


def _by_bands(rows: npt.NDArray[np.float32]) -> Rows:
    """(h, 2) -> (BANDS, 2): the median of each band."""
    edges = np.linspace(0, len(rows), BANDS + 1).astype(int)
    return np.array([np.median(rows[top : max(end, top + 1)], axis=0) for top, end in pairwise(edges)])


def tears(series: FrameSeries) -> Strengths:
    """How clearly each frame is torn, 1 and more if it is; None where a neighbour is missing."""
    strengths: Strengths = [None] * len(series)
    for run in series.runs(LONGEST):
        strength = _tear_of(series, run)
        for place in run if strength is not None else ():
            strengths[place] = max(strengths[place] or 0.0, strength or 0.0)
    return strengths


def _tear_of(series: FrameSeries, run: range) -> float | None:
    into, out = series.pair(run.start), series.pair(run.stop)
    if into is None or out is None:
        return None
    around = [pair for place in (run.start - 1, run.stop + 1) if (pair := series.pair(place)) is not None]
    if not around:
        return None
    garbage = _garbage(into, out, around)
    if _is_blurred(into, out):
        return garbage
    return max(_strange(into, out, around), _jumping(into, out, around), garbage)


def why_torn(series: FrameSeries, places: range) -> str:
    """For the report."""
    into, out = series.pair(places.start), series.pair(places.stop)
    if into is None or out is None:
        return "a part of the frame is not of this picture"
    height = np.minimum(_rows(into, "rows"), _rows(out, "rows"))
    worst = int(height.argmax())
    top, end = 100 * worst // BANDS, 100 * (worst + 1) // BANDS
    return (
        f"rows that motion explains neither from the frame before nor towards the one after, most at {top}-{end} % "
        f"of the height (residual {height[worst]:.3f}, median of all rows {np.median(height):.3f})"
    )


def _is_blurred(into: Numbers, out: Numbers) -> bool:
    """Whether nearly the whole frame lost structure, so that none of its rows can be explained."""
    return max(into["sharp_1"] - into["contrast"], out["contrast"] - out["sharp_1"]) < -_BLUR


def _rows(pair: Numbers, name: str) -> Rows:
    return np.array([pair[f"{name}_{band}"] for band in range(BANDS)])


@cache
def _segments() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """All bands of rows that can be torn, and what is left beside each: (S, BANDS) weights that add up to 1."""
    spans = [
        [top <= band < end for band in range(BANDS)]
        for top in range(BANDS)
        for end in range(top + 1, BANDS + 1)
        if BANDS - (end - top) >= _LEAST_OTHER
    ]
    inside = np.array(spans, np.float64)
    outside = 1.0 - inside
    return inside / inside.sum(1, keepdims=True), outside / outside.sum(1, keepdims=True)


def _contrast(values: Rows, noise: Rows) -> tuple[Rows, Rows]:
    """(S,) of each segment: its mean less that of the rest, and how uneven both are, ``noise`` included."""
    inside, outside = _segments()
    mean_in, mean_out = inside @ values, outside @ values
    spread = np.sqrt((inside @ values**2 - mean_in**2).clip(0)) + np.sqrt((outside @ values**2 - mean_out**2).clip(0))
    return mean_in - mean_out, spread + inside @ noise


def _strange(into: Numbers, out: Numbers, around: list[Numbers]) -> float:
    both = np.minimum(_rows(into, "rows"), _rows(out, "rows"))
    if both.max() < _STRANGE:
        return 0.0
    usual = np.max([_rows(pair, "rows") for pair in around], axis=0)
    excess, uneven = _contrast(both, usual)
    rest = _segments()[1] @ both
    return float((excess / (_STRANGE + 0.5 * uneven + 0.5 * rest)).max())


def _jumping(into: Numbers, out: Numbers, around: list[Numbers]) -> float:
    return max(_jump_along(axis, into, out, around) for axis in ("rows_x", "rows_y"))


def _jump_along(axis: str, into: Numbers, out: Numbers, around: list[Numbers]) -> float:
    # Into the frame and out of it a torn band moves by what it is off, there and back.
    there, back = _rows(into, axis), _rows(out, axis)
    jump = (there - back) / 2
    if np.ptp(jump) < _JUMP_PX / 2:
        return 0.0
    steady = np.mean([_rows(pair, axis) for pair in around], axis=0)
    unsteady = np.abs((there + back) / 2 - steady) + np.abs(np.ptp([_rows(pair, axis) for pair in around], axis=0)) / 2
    excess, uneven = _contrast(jump, unsteady)
    return float((np.abs(excess) / (_JUMP_PX + 1.5 * uneven)).max())


def _garbage(into: Numbers, out: Numbers, around: list[Numbers]) -> float:
    gain = min(into["sharp_1"] - into["contrast"], out["contrast"] - out["sharp_1"])
    residual = min(float(np.median(_rows(pair, "rows"))) for pair in (into, out))
    usual = max(float(np.median(_rows(pair, "rows"))) for pair in around)
    return max(0.0, min(gain / _GARBAGE, residual / (_GARBAGE_RESIDUAL + 2 * usual)))
