"""Regions that hang.

FROZEN: a region of at least ``_LEAST_CELLS`` of 192 cells (4 % of the frame) is the same in a frame, or up to
``LONGEST`` frames, as in the one before, while it moves up to then and goes on in the same direction after, and most
of the rest moves all the time: a tile of a render or a player's buffer that hung. No defects: a static background or a
display over the picture (they do not move before and after), a swing that turns (it moves back), characters animated on
twos before a background that moves (they stand still again and again: more than once within ``_AGAIN`` frames).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.frame_series import FrameSeries, Numbers, Strengths
from vfi_plugin.repair.pair_alignment import Alignment

LONGEST = 5
"""Frames that a region may hang; longer and it is a part of the picture that rests."""

_GRID = (12, 16)
"""Rows and columns of cells: a cell is 0.5 % of the frame."""

_WORD = 48
"""Cells a number: whole numbers up to 2^53 are exact in a float64."""

_STILL = 0.003
"""Mean difference of a cell that stands still: grain of 0.004 and a codec's rounding, averaged."""

_MOVES = 0.010
"""Of one that moves, beyond doubt."""

_REACH_PX = 0.25
"""Motion of a cell, px of the aligned picture, that has a direction."""

_LEAST_CELLS = 8
"""Of a frozen region, 4 % of the frame: below that, codecs at low rates leave blocks as they were."""

_COMPACT = 0.6
"""Part of its bounding box that a region fills: tiles are boxes, codecs leave scattered blocks still."""

_WIDE = 0.85
"""Part of the columns that a region as wide as the frame has: flat parts have no motion to lose."""

_REST_MOVES = 0.5
"""Part of the other cells that moved before and after which moves meanwhile, too; else it is the frame that is held."""

_AGAIN = 6
"""Frames on either side in which another region that hangs makes it animation on twos or threes."""

_WAYS = ("right", "left", "down", "up")

Mask = npt.NDArray[np.bool_]


def pair_numbers(alignment: Alignment) -> dict[str, float]:
    """``still_N`` and, of what moves, ``right_N``, ``left_N``, ``down_N``, ``up_N``: cells as bits, 48 a number."""
    cv2 = single_threaded_opencv()
    difference = cv2.resize(alignment.difference, _GRID[::-1], interpolation=cv2.INTER_AREA)
    flow = cv2.resize(alignment.flow, _GRID[::-1], interpolation=cv2.INTER_AREA)
    moves = difference > _MOVES
    # Flow points to where the content came from.
    ways = (flow[..., 0] < -_REACH_PX, flow[..., 0] > _REACH_PX, flow[..., 1] < -_REACH_PX, flow[..., 1] > _REACH_PX)
    masks = {"still": difference < _STILL, **{name: moves & way for name, way in zip(_WAYS, ways, strict=True)}}
    return {f"{name}_{n}": word for name, mask in masks.items() for n, word in enumerate(_packed(mask))}


def _packed(mask: Mask) -> list[float]:
    words = np.packbits(mask.reshape(-1, _WORD), axis=1, bitorder="little")
    return [float(int.from_bytes(word.tobytes(), "little")) for word in words]


def _mask(pair: Numbers, name: str) -> Mask:
    words = [int(pair[f"{name}_{n}"]).to_bytes(_WORD // 8, "little") for n in range(_GRID[0] * _GRID[1] // _WORD)]
    bits = np.unpackbits(np.frombuffer(b"".join(words), np.uint8), bitorder="little")
    return bits.astype(bool).reshape(_GRID)


def held_rows(series: FrameSeries) -> Strengths:
    """As :func:`hangs`, for regions as wide as the frame: rows of the frame before, which is a tear."""
    return _strengths(series, [(run, region) for run, region in _regions(series, 1) if _is_wide(region)])


def hangs(series: FrameSeries) -> Strengths:
    """How large the region is that hangs in each frame, relative to the smallest that counts; 0 where none does."""
    return _strengths(series, _regions(series, LONGEST))


def _regions(series: FrameSeries, longest: int) -> list[tuple[range, Mask]]:
    return [(run, region) for run in series.runs(longest) if (region := _frozen_region(series, run)).any()]


def _is_wide(region: Mask) -> bool:
    return bool(region.any(axis=0).mean() >= _WIDE)


def _strengths(series: FrameSeries, found: list[tuple[range, Mask]]) -> Strengths:
    strengths: Strengths = [0.0] * len(series)
    for run, region in found:
        alone = not any(other is not run and _near(other, run) for other, _ in found)
        for place in run if alone else ():
            strengths[place] = float(region.sum()) / _LEAST_CELLS
    return strengths


def why_frozen(series: FrameSeries, places: range) -> str:
    """For the report."""
    share = _frozen_region(series, places).mean()
    return f"{100 * share:.0f} % of the frame stand still while they move before and after, and the rest goes on"


def _near(run: range, other: range) -> bool:
    return run.start < other.stop + _AGAIN and other.start < run.stop + _AGAIN


def _frozen_region(series: FrameSeries, run: range) -> Mask:
    pairs = [series.pair(place) for place in range(run.start - 1, run.stop + 1)]
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs) or not _in_step(series, run):
        return np.zeros(_GRID, np.bool_)
    before, after, meanwhile = known[0], known[-1], known[1:-1]
    if not all(any(pair[f"still_{n}"] for n in range(4)) for pair in meanwhile):
        return np.zeros(_GRID, np.bool_)
    moving = np.logical_or.reduce([_mask(before, way) & _mask(after, way) for way in _WAYS])
    still = np.logical_and.reduce([_mask(pair, "still") for pair in meanwhile])
    region = _largest(moving & still)
    others = moving & ~region
    goes_on = [np.logical_or.reduce([_mask(pair, way) for way in _WAYS]) & others for pair in meanwhile]
    moves = min(int(mask.sum()) for mask in goes_on) >= max(_REST_MOVES * others.sum(), _LEAST_CELLS)
    frozen: Mask = region & moves
    return frozen


def _in_step(series: FrameSeries, run: range) -> bool:
    """Whether no numbers are missing from two frames before the run to one after it."""
    first, last = run.start - 2, run.stop
    return series.numbers[last] - series.numbers[first] == last - first


def _largest(mask: Mask) -> Mask:
    """The largest connected region if it is large and compact, else nothing."""
    cv2 = single_threaded_opencv()
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if len(stats) < 2:
        return np.zeros_like(mask)
    best = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    area = stats[best, cv2.CC_STAT_AREA]
    box = stats[best, cv2.CC_STAT_WIDTH] * stats[best, cv2.CC_STAT_HEIGHT]
    region: Mask = (labels == best) & bool(area >= _LEAST_CELLS and area >= _COMPACT * box)
    return region
