"""Peak signal-to-noise ratio on 8-bit codes, in the forms of published tables; each is of one picture.

A table's figure is the mean of the pictures' decibels, never the decibels of a mean error: the two differ by several dB
on any real set.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.evaluate.codes import WHITE, Image, code_pair, mask_weights
from vfi_plugin.evaluate.metrics import psnr


def psnr_rgb8(result: Image, truth: Image) -> float:
    """``10 log10(255^2 / mean squared difference)`` over all pixels and channels, in dB.

    The form of RIFE's scripts for Vimeo-90K and UCF101: the result is rounded to 8 bits first.

    Args:
        result: (H, W, 3) uint8, or floats with white at 1 (rounded to the nearest code, clamped to 0 to 255).
        truth: the same.

    Returns:
        dB; ``inf`` where the codes are equal.

    Raises:
        UsageError: shapes that differ or are no RGB pictures, or NaN.
    """
    return psnr(*code_pair(result, truth), peak=WHITE)


def psnr_masked_dvf(result: Image, truth: Image, mask: npt.NDArray[Any]) -> float:
    """PSNR where a mask says that something moves, in dB, as Deep Voxel Flow's MATLAB script scores UCF101.

    ``MSE = sum(m (result - truth)^2) / (3 sum(m))`` over pixels and channels with ``m`` = mask / 255, then
    ``20 log10 255 - 10 log10 MSE``.

    Args:
        result, truth: as in ``psnr_rgb8``.
        mask: (H, W) uint8, bool, or floats in [0, 1]; grey masks weigh.

    Returns:
        dB; ``inf`` where the codes are equal under the mask. That script leaves such pictures out of its mean.

    Raises:
        UsageError: as ``psnr_rgb8``, or a mask that is empty (that script leaves such pictures out) or does not fit.
    """
    codes = code_pair(result, truth)
    weights = mask_weights(mask, truth.shape[:2])
    difference = codes[0].astype(np.float64) - codes[1]
    error = float((weights[..., None] * difference * difference).sum() / (3 * weights.sum()))
    return math.inf if error == 0 else 20 * math.log10(WHITE) - 10 * math.log10(error)
