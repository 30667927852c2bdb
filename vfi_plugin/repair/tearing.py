"""Frames of which a part, a band of rows, is not of the picture.

TORN, found in three ways, each of them by comparison with what comes before *and* after:

1. *Strange rows.* A band of rows over the full width is not explained by motion from the frame before, nor explains
   the frame after, far more than these rows usually are, while all other rows are explained as ever: garbage, grey or
   green macroblocks of a half-decoded frame.
2. *Rows that jump.* A band moves in another way than the rest into the frame, and back out of it, and that motion
   explains it: lines that are shifted. Motion must be seen to jump: about 1 % of the frame's width.
3. *Garbage all over.* Every second line, or the whole frame, is noise: far more fine structure than in both neighbours.

Rows of the frame before are found as what they are, copies: see ``edge_rows``, and ``frozen_regions.held_rows`` for
bands that reach no edge. How many of each are
found is measured by ``benchmarks/scan_quality.py`` and told in docs/scan-quality.md.

No defects: letterbox, split screens and captions (they are there in the frames around as well, or stay), things that
pass (they do not take the full width, and do not leave the rows they came in), shakes and rolling shutter (they move
all rows), what a flash or a blur does (found before, and not in a band).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.frame_series import FrameSeries, Numbers, Strengths, has_picture, without_long
from vfi_plugin.repair.pair_alignment import Alignment

LONGEST = 3
"""Torn frames in a row that are one finding; garbage that stays longer is part of the material."""

BANDS = 16
"""Bands of rows a frame is divided into: 67 rows of a 1080p frame, four rows of macroblocks."""

_COLUMNS = 8
"""Cells across: of a band's cells more than half must be strange, so that what passes in front does not count."""

_STRANGE = 0.0025
"""Residual of strange rows on top of what the others have: two thirds of an 8-bit step, and ..."""

_OVER_USUAL = 2.5
"""... on top of so many times what motion leaves unexplained of these rows in the pairs around, and ..."""

_UNEVEN = 0.25
"""... of so much of how uneven both are, and ..."""

_REST = 8.0
"""... of so many times what the other rows have above their usual: in a tear they are as they always are."""

_ONE_SIDED = 2.0
"""Where what is usual is known from one side only, it takes so many times the strangeness."""

_RARE = 1.6
"""A single band at the top or the bottom has to be so much clearer: what comes in there cannot be followed."""

_LONGER = 2.0
"""The same of more than one frame: what passes close by fills rows for two or three frames, and reaches 1.7."""

_JUMP_PX = 1.2
"""Jump of a band's motion, px of the aligned picture (192 a side): what flow tells from its own errors."""

_DISPLACED, _EXPLAINED = 0.004, 2.0
"""Residual that rows may have which jump, an 8-bit step and a multiple of the least around: what is only displaced is
explained once its motion is found; where it is not, flow has lost its way."""

_FLOW_ERROR = 1.0
"""Jump that flow may invent, as part of the motion: water, snow and crowds."""

_REACH_PX = 24.0
"""Motion around, px of the aligned picture, an eighth of its width, from which on flow may lose its way in some rows of
a frame and find it in others: what it does not explain then tells nothing. So it is in a whip pan."""

_NOISE = 1.5
"""log2 of the gain of fine structure, on top of contrast, of a frame that is covered by noise."""

_UNRELATED = 0.6
"""Correlation of fine structure: neighbours in clean clips agree by more, with garbage in half of the rows by 0.5."""

_UNRELATED_GAIN = 2.0
"""Noise needs half the gain to be garbage where structure says so, too."""

_FOREIGN, _FOREIGN_GAIN = 0.4, 4.0
"""The same of what has next to nothing in common: what clips of a flash has no structure at all, so that none came."""

_NOISE_RESIDUAL = 0.03
"""What motion leaves unexplained in such a frame: 8 of 255."""

_BLUR = 0.8
"""log2 of the loss of fine structure, on top of contrast, of a frame that is blurred and not torn."""

_ALIKE = 0.5
"""What motion usually leaves unexplained of the other rows, as a part of that of a band, from which on a blur of the
frame would be seen in them as well."""

_LEAST_OTHER = 3
"""Bands that must be right for others to be wrong against them."""

Rows = npt.NDArray[np.float64]


def pair_numbers(alignment: Alignment) -> dict[str, float]:
    """``rows_NN``: what motion does not explain of each band, luma; ``rows_x_NN``, ``rows_y_NN``: its motion, px of
    the aligned picture; ``motion_px``: the median of it, px of the frame."""
    cv2 = single_threaded_opencv()
    cells = cv2.resize(alignment.residual, (_COLUMNS, BANDS), interpolation=cv2.INTER_AREA)
    strange = np.percentile(cells, 40, axis=1)
    motion = _by_bands(np.median(alignment.flow, axis=1))
    told: dict[str, float] = {}
    for name, values in (("rows", strange), ("rows_x", motion[:, 0]), ("rows_y", motion[:, 1])):
        told |= {f"{name}_{band}": float(value) for band, value in enumerate(values)}
    return {**told, "motion_px": float(np.median(np.hypot(*motion.T))) * alignment.scale}


def _by_bands(rows: npt.NDArray[np.float32]) -> Rows:
    """(h, 2) -> (BANDS, 2): the median of each band."""
    high = max(1, len(rows) // BANDS)
    tops = np.linspace(0, len(rows) - high, BANDS).astype(int)
    medians: Rows = np.median(rows[tops[:, None] + np.arange(high)], axis=1)
    return medians


def tears(series: FrameSeries) -> Strengths:
    """How clearly each frame is torn, 1 and more if it is; None where a neighbour is missing."""
    pairs = [_banded(series.pair(place)) for place in range(len(series))]
    strengths: Strengths = [None] * len(series)
    for run in series.runs(LONGEST):
        # A frame without a picture is not torn: it has no structure that could be another's.
        seen = all(has_picture(series.measures[place]) for place in run)
        strength = _tear_of(pairs, run) if seen else 0.0
        for place in run if strength is not None else ():
            strengths[place] = max(strengths[place] or 0.0, strength or 0.0)
    return without_long(strengths, LONGEST)


def noise_gain(into: Numbers, out: Numbers) -> float:
    """How much fine structure came with a frame and went after it, on top of the contrast of the whole, relative to
    what only noise brings. Light that jumps changes both alike, and what it clips is lost."""
    fine = min(into["sharp_1"], -out["sharp_1"])
    over_contrast = min(into["sharp_1"] - into["contrast"], out["contrast"] - out["sharp_1"])
    return max(0.0, over_contrast / _NOISE) if fine > -0.1 else 0.0


def is_unrelated(into: Numbers, out: Numbers) -> bool:
    """Whether a frame's structure agrees with neither neighbour: garbage, where light that jumps leaves structure."""
    return _agreement(into, out) < _UNRELATED


def is_foreign(into: Numbers, out: Numbers) -> bool:
    """Whether it has next to nothing in common with them."""
    return _agreement(into, out) < _FOREIGN


def _agreement(into: Numbers, out: Numbers) -> float:
    return max(into.get("agreement", 1.0), out.get("agreement", 1.0))


@dataclass(frozen=True)
class _Bands:
    """The numbers of a pair: ``strange``, ``x`` and ``y`` (BANDS,)."""

    numbers: Numbers
    strange: Rows
    x: Rows
    y: Rows

    @cached_property
    def middle(self) -> float:
        """Of all bands the strange that half of them have."""
        return float(np.median(self.strange))


def _banded(pair: Numbers | None) -> _Bands | None:
    return None if pair is None else _Bands(pair, *(_rows(pair, name) for name in ("rows", "rows_x", "rows_y")))


def _rows(pair: Numbers, name: str) -> Rows:
    return np.array([pair[f"{name}_{band}"] for band in range(BANDS)])


def _tear_of(pairs: Sequence[_Bands | None], run: range) -> float | None:
    into, out = pairs[run.start], pairs[run.stop]
    if into is None or out is None:
        return None
    beyond = (pairs[run.start - 1], pairs[run.stop + 1] if run.stop + 1 < len(pairs) else None)
    around = [pair for pair in beyond if pair is not None]
    if not around:
        return None
    noise = _noise(into, out, around)
    # What lost its structure agrees with its neighbours yet; what is of another picture does not.
    is_blurred = _is_blurred(into.numbers, out.numbers) and not is_unrelated(into.numbers, out.numbers)
    # In longer runs things that come and go look like it.
    if len(run) > 1:
        return noise if is_blurred else max(float(_strange(into, out, around).max()) / _LONGER, noise)
    if is_blurred:
        return max(float((_strange(into, out, around) * _rest_is_alike(around)).max()), noise)
    # Flow that has lost its way next to another fault or an end of a shot must not pass for a jump.
    jumping = _jumping(into, out, around) if len(around) == 2 else 0.0
    return max(float(_strange(into, out, around).max()), noise, jumping)


def _is_blurred(into: Numbers, out: Numbers) -> bool:
    """Whether nearly the whole frame lost structure, so that none of its rows can be explained."""
    return max(into["sharp_1"] - into["contrast"], out["contrast"] - out["sharp_1"]) < -_BLUR


def why_torn(series: FrameSeries, places: range) -> str:
    """For the report."""
    into, out = _banded(series.pair(places.start)), _banded(series.pair(places.stop))
    if into is None or out is None:
        return "a part of the frame is not of this picture"
    height = np.minimum(into.strange, out.strange)
    worst = int(height.argmax())
    top, end = 100 * worst // BANDS, 100 * (worst + 1) // BANDS
    return (
        f"rows that motion explains neither from the frame before nor towards the one after, most at {top}-{end} % "
        f"of the height (residual {height[worst]:.3f}, median of all rows {np.median(height):.3f})"
    )


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


def _contrast(values: Rows) -> tuple[Rows, Rows]:
    """(S,) of each segment: its mean less that of the rest, and how uneven both are."""
    inside, outside = _segments()
    mean_in, mean_out = inside @ values, outside @ values
    spread = np.sqrt((inside @ values**2 - mean_in**2).clip(0)) + np.sqrt((outside @ values**2 - mean_out**2).clip(0))
    return mean_in - mean_out, spread


def _rest_is_alike(around: list[_Bands]) -> npt.NDArray[np.bool_]:
    """(S,) of each segment: whether the rest is usually as hard to explain, so that a blur would be seen there, too."""
    inside, outside = _segments()
    usual = np.max([pair.strange for pair in around], axis=0)
    alike: npt.NDArray[np.bool_] = outside @ usual >= _ALIKE * (inside @ usual)
    return alike


def _strange(into: _Bands, out: _Bands, around: list[_Bands]) -> Rows:
    """(S,): how clearly each segment is none of the picture."""
    inside, outside = _segments()
    both = np.minimum(into.strange, out.strange)
    fastest = max(float(np.median(np.hypot(pair.x, pair.y))) for pair in around)
    if both.max() < _STRANGE or fastest > _REACH_PX:
        return np.zeros(len(inside))
    usual = np.max([pair.strange for pair in around], axis=0)
    excess, uneven = _contrast(both)
    above = (outside @ (both - usual)).clip(0)
    strengths = excess / (_STRANGE + _OVER_USUAL * inside @ usual + _UNEVEN * uneven + _REST * above)
    along_edge = (inside[:, 0] == 1.0) | (inside[:, -1] == 1.0)
    told: Rows = np.where(along_edge, strengths / _RARE, strengths)
    return told if len(around) > 1 else told / _ONE_SIDED


def _jumping(into: _Bands, out: _Bands, around: list[_Bands]) -> float:
    least = np.min([pair.strange for pair in around], axis=0)
    inside, _ = _segments()
    explained = inside @ np.maximum(into.strange, out.strange) <= _DISPLACED + _EXPLAINED * inside @ least
    along_x = _jump_along(into.x, out.x, np.array([pair.x for pair in around]))
    along_y = _jump_along(into.y, out.y, np.array([pair.y for pair in around]))
    return float((np.maximum(along_x, along_y) * explained).max())


def _jump_along(there: Rows, back: Rows, steady: Rows) -> Rows:
    """(S,): how clearly each segment moves in another way than the rest, into the frame and back out of it."""
    # Into the frame and out of it a torn band moves by what it is off, there and back, against each pair around.
    offs = np.concatenate([there - steady, steady - back])
    sizes = np.abs(offs)
    jump = np.where((offs > 0).all(axis=0) | (offs < 0).all(axis=0), sizes.min(axis=0), 0.0) * np.sign(offs[0])
    # What a band is off on the way in it is off on the way out; where the two differ, flow has lost its way.
    excess, uneven = _contrast(jump)
    uneven = uneven + _segments()[0] @ (np.ptp(sizes, axis=0) / 2)
    # Flow errs in proportion to motion.
    fast = _FLOW_ERROR * float(np.abs(steady).mean())
    strengths: Rows = np.abs(excess) / (_JUMP_PX + fast + 1.5 * uneven)
    return strengths


def _noise(into: _Bands, out: _Bands, around: list[_Bands]) -> float:
    residual = min(into.middle, out.middle)
    usual = max(pair.middle for pair in around)
    gain = noise_gain(into.numbers, out.numbers)
    if is_unrelated(into.numbers, out.numbers):
        gain *= _FOREIGN_GAIN if is_foreign(into.numbers, out.numbers) else _UNRELATED_GAIN
    # The finer the garbage, the less of it is left in the small pictures that residuals are of.
    return min(gain, max(gain, 1.0) * residual / (_NOISE_RESIDUAL + 2 * usual))
