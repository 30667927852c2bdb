"""Peak signal-to-noise ratio, in the two forms that this package prints.

Numbers of different forms cannot be compared. ``psnr_log`` is for scene-linear pictures, where a highlight of 500 would
otherwise decide the whole number; ``psnr`` is for pictures in a range that is known.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError

Image = npt.NDArray[Any]
"""``(H, W)`` or ``(H, W, C)``, any real type."""

LOG_GAIN = 16.0
"""Gain before the logarithm of ``psnr_log``: mid-grey 0.18 lands near 0.48, the middle of the scale."""

BORDER_PX = 16
"""Pixels at each edge that ``psnr_log`` leaves out: there, content enters the picture that no source frame shows."""


def psnr(result: Image, truth: Image, *, peak: float = 1.0, border_px: int = 0) -> float:
    """``10 log10(peak^2 / mean squared difference)`` in dB over all pixels and channels; nothing is rounded or clamped.

    Args:
        result: ``(H, W)`` or ``(H, W, C)``, any real type; computed in float64.
        truth: the same shape as ``result``.
        peak: the largest value that counts as white: 1.0 for pictures in [0, 1], 255 for 8-bit codes.
        border_px: pixels left out at each of the four edges.

    Returns:
        dB; ``inf`` where the two are equal, NaN where the measured area holds a NaN.

    Raises:
        UsageError: the shapes differ, the border leaves nothing to measure, or ``peak`` is not positive.
    """
    if not peak > 0 or math.isinf(peak):
        raise UsageError(f"PSNR needs a finite peak above 0, got {peak}; give the value of white, such as 1.0")
    mean_square = _mean_square(_inside(result, truth, border_px))
    return math.inf if mean_square == 0 else 10 * math.log10(peak * peak / mean_square)


def psnr_log(result: Image, truth: Image, border_px: int = BORDER_PX) -> float:
    """PSNR of scene-linear pictures after ``x -> log2(1 + 16 max(x, 0)) / log2(17)``, peak 1, in dB.

    The curve takes 0 to 0 and 1 to 1 and goes on above 1 without a limit, so an error in a highlight counts by its
    ratio. Negative values count as 0: this measure does not see them.

    Args:
        result: ``(H, W)`` or ``(H, W, C)``, scene-linear, unbounded.
        truth: the same shape as ``result``.
        border_px: pixels left out at each of the four edges.

    Returns:
        dB; ``inf`` where the two are equal, NaN where the measured area holds a NaN.

    Raises:
        UsageError: the shapes differ, or the border leaves nothing to measure.
    """
    inner_result, inner_truth = _inside(result, truth, border_px)
    return psnr(_log_curve(inner_result), _log_curve(inner_truth), peak=1.0)


def _log_curve(linear: Image) -> npt.NDArray[np.float64]:
    """Scene-linear -> the scale on which ``psnr_log`` compares; NaN stays NaN."""
    curve: npt.NDArray[np.float64] = np.log1p(LOG_GAIN * np.maximum(linear.astype(np.float64), 0))
    return curve / math.log1p(LOG_GAIN)


def _inside(result: Image, truth: Image, border_px: int) -> tuple[Image, Image]:
    """Both pictures without their borders."""
    if result.shape != truth.shape or result.ndim not in (2, 3):
        raise UsageError(
            f"two pictures (H, W) or (H, W, C) of one shape are compared, got {result.shape}, {truth.shape}"
        )
    height, width = truth.shape[:2]
    if border_px < 0 or min(height, width) <= 2 * border_px:
        raise UsageError(
            f"a border of {border_px} px leaves nothing of a {width}x{height} picture; "
            f"use 0 to {max((min(height, width) - 1) // 2, 0)}"
        )
    inner = slice(border_px, height - border_px), slice(border_px, width - border_px)
    return result[inner], truth[inner]


def _mean_square(pair: tuple[Image, Image]) -> float:
    """Mean over everything of the squared difference, in float64."""
    with np.errstate(invalid="ignore"):  # inf - inf is NaN, and the caller is told so by a NaN result
        difference = pair[0].astype(np.float64) - pair[1].astype(np.float64)
        return float(np.mean(difference * difference))
