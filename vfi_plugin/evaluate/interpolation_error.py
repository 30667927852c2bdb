"""Interpolation error in grey levels of 0 to 255: three different numbers that papers all call IE, and NE.

Baker, Scharstein, Lewis, Roth, Black, Szeliski: "A Database and Evaluation Methodology for Optical Flow", IJCV 2011.
Tables on Middlebury's *other* set since DAIN give ``ie_mean_abs`` under that name; the benchmark's server and older
papers give a root of squares. Frame averaging on Beanbags has 3.96, 11.88 and 20.58 by the three: never compare one
with another.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import Image, code_pair

GRADIENT_FLOOR = 1.0
"""Baker et al.'s epsilon, in squared grey levels per pixel: what an error counts on a flat surface."""


def _difference(result: Image, truth: Image) -> npt.NDArray[np.float64]:
    """(H, W, 3) float64, of codes rounded to the nearest."""
    codes = code_pair(result, truth)
    return codes[0].astype(np.float64) - codes[1]


def ie_mean_abs(result: Image, truth: Image) -> float:
    """Mean absolute difference over pixels and channels, 0 to 255: "IE" of DAIN, RIFE and most papers after them.

    Args:
        result, truth: (H, W, 3) uint8, or floats with white at 1 (rounded to the nearest code, clamped to 0 to 255).

    Raises:
        UsageError: shapes that differ or are no RGB pictures, or NaN.
    """
    return float(np.abs(_difference(result, truth)).mean())


def ie_rms_channel(result: Image, truth: Image) -> float:
    """Root of the mean squared difference over pixels *and channels*, 0 to 255. Arguments as in ``ie_mean_abs``."""
    difference = _difference(result, truth)
    return math.sqrt(float((difference * difference).mean()))


def ie_rms_vector(result: Image, truth: Image) -> float:
    """Root of the mean over pixels of the squared length of the RGB difference: Baker et al.'s IE.

    Always sqrt(3) times ``ie_rms_channel``, so 0 to 441.7. Arguments as in ``ie_mean_abs``.
    """
    difference = _difference(result, truth)
    return math.sqrt(float((difference * difference).sum(axis=2).mean()))


def ne(result: Image, truth: Image) -> float:
    """Normalised interpolation error (Baker et al.): an error beside a steep edge counts less than one on a surface.

    ``sqrt(mean over pixels of sum over channels of d^2 / (|gradient of the truth|^2 + 1))``. The gradient is each
    channel's own, which is how we read "computed for each colour band", by central differences in grey levels a pixel,
    one-sided at the edges of the picture.

    Args:
        result, truth: as in ``ie_mean_abs``, at least 2 pixels a side.

    Raises:
        UsageError: as ``ie_mean_abs``, or a picture too small to have a gradient.
    """
    difference = _difference(result, truth)
    if min(truth.shape[:2]) < 2:
        raise UsageError(f"NE needs a gradient, so at least 2 pixels a side; got {truth.shape[1]}x{truth.shape[0]}")
    down, right = np.gradient(code_pair(truth, truth)[0].astype(np.float64), axis=(0, 1))
    normalised = difference * difference / (down * down + right * right + GRADIENT_FLOOR)
    return math.sqrt(float(normalised.sum(axis=2).mean()))
