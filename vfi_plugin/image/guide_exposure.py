"""The gain that puts a pair of frames in the range where networks see best.

Mid-grey of what the pair shows goes to 0.18, as a camera's meter does. The gain only shapes the guide: payload pixels
never pass through it, so a gain that differs from pair to pair cannot flicker in the picture.

Decisions, and why:

* *One gain for both frames*: a change of light inside the pair stays visible as one.
* *Only the pair decides*, so chunks of a clip equal the whole.
* *Not quantised.* Steps of a stop would make the guide jump by 2x when a median crosses a boundary, and would break the
  equivariance for other factors than powers of two. Now ``gain(k * pair) = gain(pair) / k`` for every k, and for
  powers of two the guides are equal bit by bit.
* *A median weighted by lightness* (the cube root of luminance, as in CIE L*), of positive luminances: half of the
  lightness that is seen lies below it. A plain median of the positives fails on a small lit object before noisy black:
  half of the noise is positive, and would set the exposure. A mean fails on one highlight of 3000.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

MID_GREY = 0.18
"""The reflectance a meter takes as the middle: 18 % grey."""

_GRID = 256
"""Samples a side, at most: 65,000 of a frame fix a median to far less than a stop, in a few milliseconds."""

_LARGEST_GAIN = 2.0**20
"""20 stops either way. Below this light (1.7e-7, about the smallest step of a half float) a picture is black."""

# Rec. 709 luminance: guides are made in these primaries.
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def exposure_gain(before: FloatArray, after: FloatArray) -> float:
    """The factor on linear light that brings a pair to mid-grey.

    Args:
        before: (H, W, 3) float32, scene-linear Rec. 709 RGB, unbounded; NaN and Inf are left out.
        after: the same; its size may differ.

    Returns:
        A positive finite number; 1.0 where neither frame has a pixel of positive luminance.
    """
    luminance = np.concatenate([_positive_luminance(before), _positive_luminance(after)])
    if not luminance.size:
        return 1.0
    gain = MID_GREY / _lightness_median(luminance)
    return min(max(gain, 1 / _LARGEST_GAIN), _LARGEST_GAIN)


def sample(rgb: FloatArray) -> FloatArray:
    """A fixed grid of pixels of (H, W, 3), at most 256 a side: enough to measure the exposure by."""
    rows, columns = sampled_places(*rgb.shape[:2])
    return rgb[rows, columns]


def sampled_places(height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of that grid."""
    rows, columns = (max(1, math.ceil(side / _GRID)) for side in (height, width))
    return slice(rows // 2, None, rows), slice(columns // 2, None, columns)


def _positive_luminance(rgb: FloatArray) -> npt.NDArray[np.float64]:
    # Double precision: a sum of three finite float32 cannot overflow, and scaling by powers of two stays exact.
    samples = sample(rgb).reshape(-1, 3).astype(np.float64)
    samples = samples[np.isfinite(samples).all(axis=1)]
    red, green, blue = samples.T
    luminance: npt.NDArray[np.float64] = red * _LUMINANCE[0] + green * _LUMINANCE[1] + blue * _LUMINANCE[2]
    return luminance[luminance > 0]


def _lightness_median(luminance: npt.NDArray[np.float64]) -> float:
    ordered = np.sort(luminance)
    # Weights relative to the largest, so that a picture at another exposure has the very same ones.
    below = np.cumsum(np.cbrt(ordered / ordered[-1]))
    return float(ordered[np.searchsorted(below, below[-1] / 2)])
