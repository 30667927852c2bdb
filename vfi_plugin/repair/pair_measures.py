"""What a scan measures between frames: small numbers, from which everything is decided later.

The small pictures are compared twice. As they are: a repeat differs by noise alone, and noise is told from change by
its scale, in blocks, so that a small thing that moves is not lost in a large picture that does not. And moved onto each
other by optical flow: how far things moved, and whether they are still the same things.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.block_shifts import block_shifts
from vfi_plugin.repair.cell_changes import Stored, cell_changes
from vfi_plugin.repair.look import Look

GRID = (6, 8)
"""Rows and columns of blocks: a block of a 16:9 picture is about square, and a head in a medium shot fills one."""

LAGS = 6
"""Frames back that a frame is compared with: a run of that many repeats is compared with the frame it began with."""

_CELL_PX = 5
"""Side of the cells whose means tell change from noise: noise falls to a fifth in them, the shapes of a picture hardly.
"""

_FLOW_SIDE_PX = 64
"""OpenCV's search wants several 8 px patches a side at its coarsest level; smaller pictures are padded to this."""

_DETAIL_PX = 17
"""Side of the mean that is taken out before structures are compared, so light and haze go."""

_FAINT = 1e-5
"""Mean square of structure that counts as none: an RMS of 0.003, most of an 8-bit step."""

_LOST, _KNOWN = 0.7, 0.85
"""Agreement below which a motion may be further than it is looked for by itself, where that before it agreed by so
much: it is then looked for from multiples of the motion before, as after lost frames."""

_LARGEST_SHIFT_PX = 1.0
"""By which the motion of a block is corrected along x and y, px of the small picture, at most: where more is left the
motion found is none, and nothing small would mend it."""

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PairMeasures:
    """Of a frame and those before it.

    Attributes:
        change: (LAGS, B) float32 change of each block against the frame 1, 2... before: the RMS of what is left of the
            difference where noise is taken out, in guide units; NaN where there is no such frame.
        noise: RMS of the noise in the difference to the frame before, in guide units of the small picture.
        doubt: RMS that ``change`` of a block may have by this noise alone, in guide units.
        cells: (2, CELLS) of ``cell_changes``, against the frame before.
        flow: (B, 2) float32 motion of each block since the frame before, in pixels of the frame, x and y: the median,
            corrected by ``block_shifts``.
        texture: (B,) float32 RMS of the luma's steps from pixel to pixel of the small picture: where it is near 0,
            motion cannot be seen.
        trust: (B,) float32 in [0, 1]: how well each block agrees after alignment by the motion, as a correlation; where
            it does not, the motion found is none.
        numbers: "flow_px", the median length of the motion in pixels of the frame; "difference", the mean absolute
            difference of the small pictures' luma; "residual", the same after alignment by the motion; "agreement",
            the correlation of their fine structure after alignment: 1 the same, 0 unrelated; "factor", pixels of the
            frame a pixel of the small picture; "side_px", the longer side of the small picture in pixels of the frame.
    """

    change: Plane
    noise: float
    doubt: float
    cells: Stored
    flow: Plane
    texture: Plane
    trust: Plane
    numbers: dict[str, float]


@dataclass(frozen=True)
class _Seen:
    """A frame as it is kept for comparison: luma of the small picture, float32 and 8 bits, and means of its cells."""

    luma: Plane
    grey: npt.NDArray[np.uint8]
    cells: Plane


class PairMeter:
    """Measures a stream of frames; keeps LAGS of them."""

    def __init__(self) -> None:
        self._before: deque[_Seen | None] = deque(maxlen=LAGS)
        self._known: Plane | None = None

    def measure(self, look: Look) -> PairMeasures | None:
        """Of the next frame and those before it; None for the first, and beside one that cannot be read."""
        if look.fault:
            self._before.appendleft(None)
            self._known = None
            return None
        seen = _seen(look)
        before = self._before[0] if self._before else None
        found = None
        flow = None if before is None else _flow(before.grey, seen.grey)
        if before is not None and flow is not None:
            pair = _aligned(before, seen, flow)
            agrees = _agreement(pair)
            # What the next pair starts from is this motion as it was found by itself: two frames decide on it.
            known = flow if agrees >= _KNOWN else None
            if agrees < _LOST and self._known is not None:
                flow, pair = _further(before, seen, self._known, (flow, pair))
            self._known = known
            found = _measures(seen, list(self._before), look.factor, flow, pair)
        self._before.appendleft(seen)
        return found


def _seen(look: Look) -> _Seen:
    cv2 = single_threaded_opencv()
    luma = look.luma
    height, width = (max(side // _CELL_PX, blocks) for side, blocks in zip(luma.shape, GRID, strict=True))
    cells = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    return _Seen(luma, np.rint(np.clip(luma, 0.0, 1.0) * 255.0).astype(np.uint8), cells)


def _measures(seen: _Seen, before: list[_Seen | None], factor: int, flow: Plane, pair: _Aligned) -> PairMeasures:
    last = before[0]
    assert last is not None
    noise = _noise(seen, last)
    change = np.full((LAGS, GRID[0] * GRID[1]), np.nan, np.float32)
    for lag, earlier in enumerate(before):
        if earlier is not None:
            change[lag] = _change(seen, earlier, noise)
    level = float(np.sqrt(np.median(noise)))
    return PairMeasures(
        change=change,
        noise=level,
        doubt=level * _doubt(seen),
        cells=cell_changes(last.luma, seen.luma),
        flow=(_block_medians(flow) + _left_over(pair)) * np.float32(factor),
        texture=_texture(last.luma),
        trust=_trust(pair),
        numbers=_numbers(pair, flow, factor),
    )


@dataclass(frozen=True)
class _Aligned:
    """A pair at half the size: four times as quick, and alignment is judged by shapes, not by grain.

    ``inside`` is where the content of the second frame lies inside the first.
    """

    first: Plane
    second: Plane
    moved: Plane
    inside: npt.NDArray[np.bool_]

    @cached_property
    def details(self) -> tuple[Plane, Plane]:
        """The fine structure of the second frame, and of the first moved onto it."""
        return _detail(self.second), _detail(self.moved)


def _noise(first: _Seen, second: _Seen) -> Plane:
    """(B,): mean square of what differs within cells; at a repeat that is noise, and elsewhere also fine motion."""
    power = _block_means(np.square(first.luma - second.luma))
    noise: Plane = np.maximum(power - _block_means(np.square(first.cells - second.cells)), 0.0)
    return noise


def _doubt(seen: _Seen) -> float:
    """What taking out the noise is off by, as a part of its RMS: a mean of n squares is off by the root of 2 / n."""
    cells_per_block = seen.cells.size / (GRID[0] * GRID[1])
    return float(np.sqrt(seen.cells.size / seen.luma.size) * (2 / cells_per_block) ** 0.25)


def _change(first: _Seen, second: _Seen, noise: Plane) -> Plane:
    # White noise of variance v leaves v / n in the mean of a cell's n pixels, and v (1 - 1 / n) within the cell.
    left = noise * np.float32(first.cells.size / max(first.luma.size - first.cells.size, 1))
    change: Plane = np.sqrt(np.maximum(_block_means(np.square(first.cells - second.cells)) - left, 0.0))
    return change


def _block_means(plane: Plane) -> Plane:
    cv2 = single_threaded_opencv()
    means: Plane = cv2.resize(plane, GRID[::-1], interpolation=cv2.INTER_AREA)
    return means.reshape(-1)


def _texture(luma: Plane) -> Plane:
    steps = np.zeros_like(luma)
    steps[:, 1:] = np.square(luma[:, 1:] - luma[:, :-1])
    steps[1:] += np.square(luma[1:] - luma[:-1])
    return np.sqrt(_block_means(steps))


def _further(before: _Seen, after: _Seen, known: Plane, found: tuple[Plane, _Aligned]) -> tuple[Plane, _Aligned]:
    """The flow that agrees best of those looked for from a multiple of the one before, where that explains the pair as
    well as pairs are explained whose motion is known; else the one found, so that nothing is read into noise."""
    tried = []
    for times in (2, 3, 4):
        flow = _flow(before.grey, after.grey, known * np.float32(times))
        tried.append((flow, _aligned(before, after, flow)))
    best = max(tried, key=lambda each: _agreement(each[1]))
    return best if _agreement(best[1]) >= _KNOWN else found


def _flow(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8], start: Plane | None = None) -> Plane:
    """(h, w, 2) float32: where each pixel of the second frame was in the first, less where it is."""
    cv2 = single_threaded_opencv()
    height, width = first.shape
    missing = [max(_FLOW_SIDE_PX - side, 0) for side in first.shape]
    if any(missing):
        first, second = (np.pad(grey, [(0, missing[0]), (0, missing[1])], mode="edge") for grey in (first, second))
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    if start is not None:
        start = np.pad(start, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
    flow: Plane = search.calc(second, first, start)[:height, :width]
    return flow


def _block_medians(flow: Plane) -> Plane:
    """(B, 2): the median of each block."""
    # Every fourth row and column: the flow is smooth, and a median over fewer costs less.
    step = max(1, min(4, flow.shape[0] // GRID[0], flow.shape[1] // GRID[1]))
    thinned = flow[::step, ::step]
    rows, columns = (max(side // blocks, 1) for side, blocks in zip(thinned.shape, GRID, strict=False))
    if thinned.shape[0] < GRID[0] or thinned.shape[1] < GRID[1]:
        return np.tile(np.median(thinned.reshape(-1, 2), axis=0), (GRID[0] * GRID[1], 1)).astype(np.float32)
    thinned = thinned[: rows * GRID[0], : columns * GRID[1]].reshape(GRID[0], rows, GRID[1], columns, 2)
    medians: Plane = np.median(thinned.transpose(0, 2, 4, 1, 3).reshape(*GRID, 2, -1), axis=-1)
    return medians.reshape(-1, 2)


def _aligned(before: _Seen, after: _Seen, flow: Plane) -> _Aligned:
    """The first frame moved onto the second."""
    cv2 = single_threaded_opencv()
    height, width = (max(side // 2, 1) for side in after.luma.shape)
    first, second = (cv2.resize(seen.luma, (width, height), interpolation=cv2.INTER_AREA) for seen in (before, after))
    half = flow[: 2 * height : 2, : 2 * width : 2][:height, :width] / 2
    x = half[..., 0] + np.arange(width, dtype=np.float32)
    y = half[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    inside |= not inside.any()
    moved = cv2.remap(first, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _Aligned(first, second, moved, inside)


def _numbers(pair: _Aligned, flow: Plane, factor: int) -> dict[str, float]:
    seen = flow[::2, ::2]
    return {
        "flow_px": float(np.median(np.hypot(seen[..., 0], seen[..., 1]))) * factor,
        "factor": float(factor),
        "side_px": float(max(flow.shape[:2]) * factor),
        "difference": float(np.abs(pair.second - pair.first).mean()),
        "residual": float(np.abs(pair.second - pair.moved)[pair.inside].mean()),
        "agreement": _agreement(pair),
    }


def _agreement(pair: _Aligned) -> float:
    a, b = (detail[pair.inside] for detail in pair.details)
    return float(_correlation((a * b).mean(), (a * a).mean(), (b * b).mean()))


def _trust(pair: _Aligned) -> Plane:
    a, b = (detail * pair.inside for detail in pair.details)
    found = _correlation(_block_means(a * b), _block_means(a * a), _block_means(b * b))
    trust: Plane = np.clip(found, 0.0, 1.0).astype(np.float32)
    return trust


def _left_over(pair: _Aligned) -> Plane:
    """(B, 2): motion that the flow has left over, px of the small picture."""
    second, moved = (detail * pair.inside for detail in pair.details)
    # The pictures that are aligned have half of its size.
    return np.clip(2 * block_shifts(moved, second, _block_means), -_LARGEST_SHIFT_PX, _LARGEST_SHIFT_PX)


def _correlation(shared: Any, first: Any, second: Any) -> Any:
    """From mean products; pictures without structure agree: what is this faint is noise and quantisation."""
    return (shared + _FAINT) / np.sqrt((first + _FAINT) * (second + _FAINT))


def _detail(luma: Plane) -> Plane:
    cv2 = single_threaded_opencv()
    detail: Plane = luma - cv2.blur(luma, (_DETAIL_PX, _DETAIL_PX))
    return detail
