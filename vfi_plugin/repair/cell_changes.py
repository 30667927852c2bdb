"""How much each cell of a picture changed since the frame before: small enough to see a tile of a render that hung.

A cell's change is the mean square of what differs between means of 3 x 3 px, less what noise leaves in them. White
noise of variance v leaves v / 9 in such a mean and 8 v / 9 within it, so what differs within tells what to take off.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv

CELL_GRID = (18, 24)
"""Rows and columns: a cell is 0.23 % of the frame; a tile a quarter as wide and high as it covers 20 and more."""

CELLS = CELL_GRID[0] * CELL_GRID[1]

_MEAN_PX = 3
"""Side of the means: noise falls to a third in them, and some 16 lie in a cell."""

Plane = npt.NDArray[np.float32]
Stored = npt.NDArray[np.float16]


def cell_changes(before: Plane, after: Plane) -> Stored:
    """Changes between two lumas (h, w) float32 in guide units, of one size.

    Returns:
        (2, CELLS) float16, roots, so that half a float holds them. First the change of each cell with noise taken off,
        negative where less was found than noise leaves; then what the noise that was taken off is off by, one standard
        deviation. Nowhere NaN. 1/2000 of a value is lost, the same whatever else was measured.
    """
    cv2 = single_threaded_opencv()
    height, width = (max(side // _MEAN_PX, cells) for side, cells in zip(before.shape, CELL_GRID, strict=True))
    means = [cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA) for luma in (before, after)]
    whole, coarse = (_by_cells(np.square(second - first)) for first, second in ((before, after), means))
    per_mean = before.size / (width * height)
    left = np.maximum(whole - coarse, 0.0) / np.float32(max(per_mean - 1.0, 1.0))
    found = coarse - left
    # A mean of n squares is off by the root of 2 / n.
    off = left * np.float32(np.sqrt(2.0 * CELLS / (width * height)))
    return np.stack([np.copysign(np.sqrt(np.abs(found)), found), np.sqrt(off)]).astype(np.float16)


def squares(stored: npt.NDArray[np.floating]) -> Plane:
    """(..., 2, CELLS) as stored -> the same as mean squares, signed, float32."""
    roots = stored.astype(np.float32)
    return roots * np.abs(roots)


def _by_cells(plane: Plane) -> Plane:
    cv2 = single_threaded_opencv()
    means: Plane = cv2.resize(plane, CELL_GRID[::-1], interpolation=cv2.INTER_AREA)
    return means.reshape(-1)
