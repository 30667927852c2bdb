"""How far each block still has to go where two pictures lie over each other: least squares (Lucas and Kanade 1981).

Dense inverse search finds motion from coarse to fine and stops at half the size or less, where a pixel of the small
picture is a fraction of one; what it measures of motion near a pixel is off by a tenth of it, always to the same side.
Over all pixels of a block the rest is told far more exactly, by the pictures themselves::

    shift = (sum g g^T)^-1 sum g (second - moved)      g: the gradient of both
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_FAINT = 1e-6
"""Mean square of the gradient that counts as none: steps of a thousandth, a quarter of an 8-bit step. Where there is no
more nothing is shifted."""

Plane = npt.NDArray[np.float32]


def block_shifts(moved: Plane, second: Plane, block_means: Callable[[Plane], Plane]) -> Plane:
    """(B, 2) float32, px, x and y: where in ``moved`` the content of each block of ``second`` is, less where it is.

    Args:
        moved: (h, w) of the first picture moved onto the second, without its light; 0 where it has no counterpart.
        second: (h, w) of the second one, the same.
        block_means: (h, w) -> (B,), the mean of each block.
    """
    mean = (moved + second) / 2
    x, y = (np.zeros(mean.shape, np.float32) for _ in range(2))
    x[:, 1:-1] = (mean[:, 2:] - mean[:, :-2]) / 2
    y[1:-1] = (mean[2:] - mean[:-2]) / 2
    rest = second - moved
    xx, xy, yy = block_means(x * x) + _FAINT, block_means(x * y), block_means(y * y) + _FAINT
    along, down = block_means(x * rest), block_means(y * rest)
    shifts: Plane = np.stack([yy * along - xy * down, xx * down - xy * along], axis=-1) / (xx * yy - xy * xy)[:, None]
    return shifts
