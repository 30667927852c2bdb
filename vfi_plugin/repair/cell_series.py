"""The changes of a clip's cells from frame to frame, as the detectors of parts that stand still look at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cell_changes import CELL_GRID, squares
from vfi_plugin.repair.frame_series import FrameSeries

Mask = npt.NDArray[np.bool_]
Grid = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CellSeries:
    """Of each frame and the one before it.

    Attributes:
        stored: (N, 2, CELLS) as measured by ``cell_changes``.
        measured: (N,) whether there was anything to compare with.
        known: (N,) whether the pair is known, of one shot and of successive numbers.
    """

    stored: npt.NDArray[np.floating]
    measured: Mask
    known: Mask

    @classmethod
    def of(cls, series: FrameSeries) -> CellSeries:
        """From what was measured of N frames."""
        steps = np.diff(np.array(series.numbers), prepend=series.numbers[:1])
        known = [series.pair(place) is not None and steps[place] == 1 for place in range(len(series))]
        measured = np.isfinite(series.cells[:, 0, 0])
        return cls(series.cells, measured, np.array(known, np.bool_) & measured)

    def squares(self, first: int, stop: int) -> tuple[Grid, Grid]:
        """Of pairs in a row: mean squares (n, *CELL_GRID), and what they are off by; 0 where nothing was measured."""
        both = squares(self.stored[first:stop]).reshape(-1, 2, *CELL_GRID)
        both[~self.measured[first:stop]] = 0.0
        return both[:, 0], both[:, 1]
