"""Structural similarity in the forms of published tables; they differ in the third digit, so each has its own name.

Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP
2004. All compare local means, variances and covariances with the constants ``C1 = (0.01 white)^2`` and
``C2 = (0.03 white)^2``; they differ in the window, in what is done at the borders, and in how three channels become one
number. All take 8-bit codes (floats are rounded to the nearest, clamped to 0 to 255) and compute in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import WHITE, Image, code_pair, mask_weights

Floats = npt.NDArray[np.float64]
LocalMeans = Callable[[Floats], Floats]

GAUSS_RADIUS, GAUSS_SIGMA = 5, 1.5
"""The 11 x 11 window of Wang et al."""

UNIFORM_RADIUS = 3
"""The 7 x 7 window that scikit-image takes unless told otherwise."""

LUMA = np.array([0.298936021293775, 0.587043074451121, 0.114020904255103])
"""MATLAB's rgb2gray: the first row of the inverse of NTSC's YIQ matrix."""


def ssim_gauss_luma(result: Image, truth: Image) -> float:
    """SSIM of the luma, 11 x 11 Gaussian window of sigma 1.5, averaged where the window lies inside the picture.

    The form of Wang et al.'s own program. Luma is rounded to 8 bits, as MATLAB's rgb2gray does to uint8.

    Args:
        result, truth: (H, W, 3) uint8, or floats with white at 1; at least 11 pixels a side.

    Returns:
        -1 to 1; 1 where they are equal.

    Raises:
        UsageError: shapes that differ, are no RGB pictures or smaller than the window, or NaN.
    """
    codes = _large_enough(code_pair(result, truth), GAUSS_RADIUS)
    similarity = _similarity(_luma(codes[0]), _luma(codes[1]), _gaussian_means, WHITE)
    return float(_inside(similarity, GAUSS_RADIUS).mean())


def ssim_masked_dvf(result: Image, truth: Image, mask: npt.NDArray[Any]) -> float:
    """SSIM as Deep Voxel Flow's script scores UCF101: MATLAB's ``ssim`` of the luma of both pictures times the mask.

    Outside the mask both are black, hence equal, and count: this number is near 1 where little moves. Pictures times
    mask are rounded to 8 bits, half up as MATLAB does. MATLAB's ``ssim`` repeats the edge pixels and averages the whole
    picture, else it is as ``ssim_gauss_luma``.

    Args:
        result, truth: (H, W, 3) uint8, or floats with white at 1.
        mask: (H, W) uint8, bool, or floats in [0, 1].

    Raises:
        UsageError: as ``psnr_masked_dvf``.
    """
    weights = mask_weights(mask, truth.shape[:2])[..., None]
    masked = [_half_up(codes * weights) for codes in code_pair(result, truth)]
    return float(_similarity(_luma(masked[0]), _luma(masked[1]), _gaussian_means, WHITE).mean())


def ssim_skimage7(result: Image, truth: Image) -> float:
    """SSIM as scikit-image's ``structural_similarity`` gives it for uint8 RGB without further arguments.

    7 x 7 uniform window, sample covariance (divided by 48, not 49), each channel on its own, averaged over channels and
    over where the window lies inside the picture. sepconv-slomo's figures on Middlebury are of this form.

    Args and errors: as ``ssim_gauss_luma``, at least 7 pixels a side.
    """
    codes = _large_enough(code_pair(result, truth), UNIFORM_RADIUS)
    first, second = (picture.astype(np.float64) for picture in codes)
    count = (2 * UNIFORM_RADIUS + 1) ** 2
    similarity = _similarity(first, second, _uniform_means, WHITE, count / (count - 1))
    return float(_inside(similarity, UNIFORM_RADIUS).mean())


def ssim_matlab3d(result: Image, truth: Image) -> float:
    """SSIM of a colour picture taken for a volume: the ``ssim_matlab`` of RIFE's scripts and of many after them.

    An 11 x 11 x 11 Gaussian window of sigma 1.5 over (channel, row, column), edges repeated by 5 in all three
    directions, codes divided by 255, averaged over everything. MATLAB has little to do with it.

    Args and errors: as ``ssim_gauss_luma``, of any size.
    """
    first, second = (codes / np.float64(WHITE) for codes in code_pair(result, truth))
    return float(_similarity(first, second, _volume_means, 1.0).mean())


def _similarity(first: Floats, second: Floats, means: LocalMeans, white: float, spread: float = 1.0) -> Floats:
    """The map of Wang et al.'s equation 13; ``spread`` turns the window's variance into that of a sample."""
    mean_1, mean_2 = means(first), means(second)
    variance_1 = spread * (means(first * first) - mean_1 * mean_1)
    variance_2 = spread * (means(second * second) - mean_2 * mean_2)
    covariance = spread * (means(first * second) - mean_1 * mean_2)
    c1, c2 = (0.01 * white) ** 2, (0.03 * white) ** 2
    agreement = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return agreement / ((mean_1 * mean_1 + mean_2 * mean_2 + c1) * (variance_1 + variance_2 + c2))


def _gaussian_weights() -> Floats:
    offsets = np.arange(-GAUSS_RADIUS, GAUSS_RADIUS + 1, dtype=np.float64)
    weights: Floats = np.exp(-offsets * offsets / (2 * GAUSS_SIGMA * GAUSS_SIGMA))
    weights /= weights.sum()
    return weights


def _gaussian_means(values: Floats) -> Floats:
    return _weighted(values, _gaussian_weights())


def _uniform_means(values: Floats) -> Floats:
    side = 2 * UNIFORM_RADIUS + 1
    return _weighted(values, np.full(side, 1 / side))


def _weighted(values: Floats, weights: Floats) -> Floats:
    """Rows and columns of (H, W) or (H, W, 3) averaged by ``weights``; edges are repeated."""
    import cv2  # heavy, and training, which reads other measures of this package, does without it

    means: Floats = cv2.sepFilter2D(values, cv2.CV_64F, weights, weights, borderType=cv2.BORDER_REPLICATE)
    return means


def _volume_means(values: Floats) -> Floats:
    """(H, W, 3), the three channels being neighbours too; the outer two are repeated beyond the ends."""
    weights, mixing = _gaussian_weights(), np.zeros((3, 3))
    for channel in range(3):
        for tap, weight in enumerate(weights):
            mixing[min(max(channel + tap - GAUSS_RADIUS, 0), 2), channel] += weight
    return _weighted(values, weights) @ mixing


def _luma(codes: npt.NDArray[np.uint8]) -> Floats:
    """(H, W) whole numbers of 0 to 255 as float64."""
    return _half_up(codes @ LUMA).astype(np.float64)


def _half_up(values: Floats) -> npt.NDArray[np.uint8]:
    """Rounded as MATLAB's uint8() does: a half goes up."""
    rounded: npt.NDArray[np.uint8] = np.floor(values + 0.5).astype(np.uint8)
    return rounded


def _inside(similarity: Floats, radius: int) -> Floats:
    return similarity[radius:-radius, radius:-radius]


def _large_enough(
    codes: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]], radius: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    height, width = codes[0].shape[:2]
    if min(height, width) < 2 * radius + 1:
        side = 2 * radius + 1
        raise UsageError(f"this SSIM has a window of {side}x{side} pixels, got pictures of {width}x{height}")
    return codes
