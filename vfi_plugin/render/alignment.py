"""How far apart both frames are shown to a network that cannot follow their motion by itself.

Kernels reach 20 or 25 px, small flow networks 24 to 44. So what most of a frame does is taken off all of it, and what a
part does beyond a network's reach off that part: the network is shown both frames cut out that far apart, and has only
the rest to find. How far is decided for cells of a fixed grid, by a quick look at the whole frame in a small size, so
that it hangs neither on the tiles that memory leaves room for nor on whether there are tiles at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.window import Window
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.following import FollowingModel
from vfi_plugin.models.model import SMALLEST_SIDE_PX, Model
from vfi_plugin.render.large_motion import grid

CELL_PX = 256
"""The side of a cell: as small as pays. A network sees up to 192 px around what it makes."""

_LOOK_SIDE_PX = 512
"""Motion is looked for on frames whose longer side is this or less: 20 ms, for medians that are rounded to 8 px."""

_STEP_PX = 8
"""Cells that move alike come out alike, and are shown to the network as one: each run sees its surroundings again."""

_LEAST_PX = 2.0
"""Below this what most of a frame does is left to the network: it is the least step that divides evenly at t = 1/2."""

_MOST_PARTS = 16
"""Frames are laid over each other by steps that divide evenly at the time wanted, up to this many parts."""

Offset = tuple[int, int]
Vectors = npt.NDArray[np.float32]


def aligns(model: Model) -> bool:
    """Whether the model follows motion so far only, or had better not have to, and nobody does so for it."""
    return not model.info.is_classic and not isinstance(model, FollowingModel)


def look_factor(window: Window) -> int:
    """By how much a side of a frame is divided for the look at its cells."""
    factor = 1
    while max(window.shape) > factor * _LOOK_SIDE_PX and min(window.shape) >= 2 * factor * SMALLEST_SIDE_PX:
        factor *= 2
    return factor


@dataclass(frozen=True)
class Shifts:
    """How far apart both frames are shown, cell by cell.

    Attributes:
        window: the view.
        cells: (rows, columns, 2), pixels right and down from the earlier frame to the later.
    """

    window: Window
    cells: npt.NDArray[np.int64]

    @classmethod
    def none(cls, window: Window) -> Shifts:
        """Both frames are shown as they are."""
        rows, columns = (-(-side // CELL_PX) for side in window.shape)
        return cls(window, np.zeros((rows, columns, 2), np.int64))

    def of(self, part: Window) -> Offset:
        """That of a part, whose cells are alike."""
        rows, columns = self._cells_in(part)
        x, y = self.cells[rows.start, columns.start].tolist()
        return x, y

    def alike(self, tile: Window) -> Iterator[Window]:
        """A tile, or the parts of it whose cells move alike: quarters, and quarters of these.

        ``tile`` is one of a grid that begins where the window does, and whose side is a power of two.
        """
        rows, columns = self._cells_in(tile)
        inside = self.cells[rows, columns]
        if (inside == inside[:1, :1]).all():
            yield tile
            return
        side = CELL_PX
        while 2 * side < max(tile.width, tile.height):
            side *= 2
        for quarter in grid(tile, side):
            yield from self.alike(quarter)

    def _cells_in(self, part: Window) -> tuple[slice, slice]:
        rows, columns = part.slices_in(self.window)
        return tuple(slice(side.start // CELL_PX, -(-side.stop // CELL_PX)) for side in (rows, columns))  # type: ignore[return-value]


@dataclass(frozen=True)
class CellMotion:
    """How far what is in each cell moves, in the middle between both frames.

    Attributes:
        window: the view.
        field: (2, h, w) float32 px right and down from the earlier frame to the later, on a smaller frame.
        factor: by how much its sides were divided.
    """

    window: Window
    field: npt.NDArray[np.float32]
    factor: int

    @classmethod
    def found(cls, guides: tuple[torch.Tensor, torch.Tensor], factor: int, window: Window) -> CellMotion:
        """By a look at guides (1, 3, H, W) on the CPU whose sides were divided by ``factor``.

        Frames that are thinner than models take are taken to stand still.
        """
        if min(guides[0].shape[2:]) < SMALLEST_SIDE_PX:
            return cls(window, np.zeros((2, *guides[0].shape[2:]), np.float32), factor)
        return cls(window, (FastPair(*guides, factor=1).velocity(0.5)[0] * factor).numpy(), factor)

    @cached_property
    def velocity(self) -> npt.NDArray[np.float32]:
        """(rows, columns, 2): medians of cells."""
        return self._over_cells(lambda vectors, _: np.median(vectors, axis=1))

    def _over_cells(self, found: Callable[[Vectors, tuple[int, int]], Any]) -> npt.NDArray[Any]:
        """(rows, columns, ...): what a function finds in the vectors (2, N) of each cell, with its row and column."""
        side = max(CELL_PX // self.factor, 1)
        rows = []
        for row, top in enumerate(range(0, self.window.height, CELL_PX)):
            tops = top // self.factor
            band = self.field[:, tops : tops + side]
            lefts = range(0, self.window.width, CELL_PX)
            parts = [band[:, :, left // self.factor : left // self.factor + side] for left in lefts]
            rows.append([found(part.reshape(2, -1), (row, column)) for column, part in enumerate(parts)])
        return np.asarray(rows)

    def shifts(self, model: Model, t: float) -> Shifts:
        """For a frame at ``t``: none at all, (0, 0), where the model can follow by itself."""
        parts = Fraction(t).limit_denominator(1000).denominator
        is_even = parts <= _MOST_PARTS
        if not is_even and model.info.paints:  # what is painted cannot be set back by parts of a pixel
            return Shifts.none(self.window)
        common = _rounded(self._common_for(model), parts if is_even else 1)
        step = parts * max(1, round(_STEP_PX / parts)) if is_even else _STEP_PX
        apart = common + _rounded(self.velocity - common, step)
        return Shifts(self.window, np.where(self._apart(model, common)[..., np.newaxis], apart, common))

    def is_still_for(self, model: Model) -> bool:
        """Whether nothing moves so far that the model had better be shown it aligned."""
        common = self._common_for(model)
        return not common.any() and not self._apart(model, common).any()

    def _common_for(self, model: Model) -> npt.NDArray[np.float32]:
        """Nothing where one run of a model paints several times, which are cut out in different places."""
        return self._common if model.info.frames_at_once == 1 else np.zeros(2, np.float32)

    def _apart(self, model: Model, common: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """(rows, columns): which cells move on their own further than the model can follow.

        A cell in which some things move and others do not is left alone, unless fewer are lost by half: what stood well
        would else be lost in their place.
        """
        info = model.info
        if not info.is_tiled or model.follows_in_whole:  # what parts do on their own is seen in the whole
            return np.zeros(self.velocity.shape[:2], np.bool_)
        follows = min(info.overlap_px, info.overlap_px if info.reach_px is None else info.reach_px) / 2

        def is_apart(vectors: Vectors, place: tuple[int, int]) -> bool:
            own = self.velocity[place]
            lost = [np.count_nonzero(np.abs(vectors.T - each).max(-1) > follows) for each in (common, own)]
            return bool(np.abs(own - common).max() > follows and 2 * lost[1] <= lost[0])

        return self._over_cells(is_apart)

    @cached_property
    def _common(self) -> npt.NDArray[np.float32]:
        """What most of the frame does, (2,) px; nothing where that is little.

        It is the motion of the cell that the others are nearest to: a mean of two motions is none of them.
        """
        cells = self.velocity.reshape(-1, 2)
        far = np.abs(cells[:, np.newaxis] - cells).sum((1, 2))
        common: npt.NDArray[np.float32] = cells[np.argmin(far)]
        return common if np.abs(common).max() >= _LEAST_PX else np.zeros(2, np.float32)


def _rounded(motion: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.int64]:
    return np.rint(motion / step).astype(np.int64) * step
