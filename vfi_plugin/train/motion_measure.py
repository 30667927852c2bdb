"""How much moves where: a cheap measure, good enough to choose what is worth training on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfi_plugin.train.footage import Picture

Floats = npt.NDArray[np.float32]

BLOCK_PX = 8
"""Side of the blocks whose means are compared: grain of 8 steps of 255 leaves one step in a mean."""

REPEATED = 0.5 / 255.0
"""Change of the block that changes most between a frame and its repetition: half a step of 8 bits."""

_GRAIN = 1.0 / 255.0
"""Taken off each change: what grain and compression do to the mean of a block."""

_MOST = 24.0 / 255.0
"""Changes above count as this: a strong edge that moves is worth no more, or flashes and contrast would decide."""


def block_means(picture: Picture) -> Floats:
    """(H, W, 3) uint8 -> (H // 8, W // 8, 3) float32 in [0, 1]; what is left over right and below is dropped."""
    import cv2

    rows, columns = (max(side // BLOCK_PX, 1) for side in picture.shape[:2])
    whole = picture[: rows * BLOCK_PX, : columns * BLOCK_PX]
    means: Floats = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    return means / np.float32(255.0)


def changes(means: Floats, *, even_light: bool = True) -> Floats:
    """Mean absolute change of each block from one frame to the next.

    Args:
        means: (T, h, w, 3), of ``block_means``.
        even_light: whether each frame's mean colour is taken off first, so that a change of exposure moves nothing.

    Returns:
        (T - 1, h, w) float32, in units of the picture.
    """
    if even_light:
        means = means - means.mean((1, 2), keepdims=True)
    found: Floats = np.abs(np.diff(means, axis=0)).mean(-1)
    return found


def liveliness(means: Floats, frames: int, side_px: int) -> Floats:
    """How much moves in every crop of every window of frames.

    Args:
        means: (T, h, w, 3), of ``block_means``.
        frames: of a window.
        side_px: of a square crop; whole blocks of it count.

    Returns:
        (T - frames + 1, h - b + 1, w - b + 1) float32 with b = ``side_px // 8``: the mean change a frame in the window
        that begins with each frame, in the crop whose top left block is each block; grain taken off, and held down
        where it is strong.
    """
    counted: Floats = np.clip(changes(means) - np.float32(_GRAIN), 0.0, np.float32(_MOST))
    blocks = max(side_px // BLOCK_PX, 1)
    for axis, length in enumerate((frames - 1, blocks, blocks)):
        counted = _sums(counted, axis, length) / np.float32(length)
    return counted


def _sums(values: Floats, axis: int, length: int) -> Floats:
    """The sums of each ``length`` successive values along an axis."""
    total = np.cumsum(np.moveaxis(values, axis, 0), axis=0, dtype=np.float64)
    total = np.concatenate([np.zeros_like(total[:1]), total])
    sums: Floats = np.moveaxis((total[length:] - total[:-length]).astype(np.float32), 0, axis)
    return sums
