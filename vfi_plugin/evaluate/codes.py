"""Pictures as 8-bit codes, which is what published measures compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError

Image = npt.NDArray[Any]
"""``(H, W, 3)`` R G B: uint8 codes, or floats where 0 is black and 1 is white."""

Codes = npt.NDArray[np.uint8]
"""``(H, W, 3)`` R G B, display-referred."""

ROUNDINGS = ("nearest", "down")
"""How floats become codes: to the nearest, or cut off below the point as sepconv-slomo's own script does."""

MADE_BY = ("model", "retime")
"""Who makes the frames: a model alone, as papers measure, or ``vfi retime`` with it."""

WHITE = 255


def to_codes(image: Image, rounding: str = "nearest") -> Codes:
    """Codes of a picture; uint8 comes back as it is.

    Floats are multiplied by 255. What lies outside 0 to 255 becomes 0 or 255: an 8-bit file holds nothing else, and
    every published script saves or scores such files. ``nearest`` takes the even code at a tie, as numpy and torch do.

    Args:
        image: uint8, or floats with white at 1; any shape.
        rounding: one of ``ROUNDINGS``.

    Raises:
        UsageError: another type, another rounding, or a NaN, which is no code.
    """
    if rounding not in ROUNDINGS:
        raise UsageError(f"got rounding {rounding!r}; it is one of {', '.join(ROUNDINGS)}")
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind != "f":
        raise UsageError(f"got a picture of type {image.dtype}; give uint8 codes, or floats with white at 1")
    if np.isnan(image).any():
        raise UsageError("got a picture with NaN in it, which no 8-bit file can hold; look at what made it")
    scaled = image.astype(np.float64) * WHITE
    whole = np.rint(scaled) if rounding == "nearest" else np.floor(scaled)
    codes: Codes = np.clip(whole, 0, WHITE).astype(np.uint8)
    return codes


def code_pair(result: Image, truth: Image) -> tuple[Codes, Codes]:
    """Both pictures as codes, rounded to the nearest.

    Raises:
        UsageError: they are not (H, W, 3) of one size with at least one pixel, or as ``to_codes``.
    """
    if result.shape != truth.shape or truth.ndim != 3 or truth.shape[2] != 3 or not truth.size:
        raise UsageError(f"two RGB pictures (H, W, 3) of one size are compared, got {result.shape}, {truth.shape}")
    return to_codes(result), to_codes(truth)


def mask_weights(mask: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """What each pixel counts, (H, W) float64 in [0, 1].

    Args:
        mask: (H, W): bool, uint8 with 255 for all of a pixel, or floats in [0, 1].
        size: H and W of the picture.

    Raises:
        UsageError: another shape or range, or a mask that leaves nothing to measure.
    """
    weights = mask.astype(np.float64) / (WHITE if mask.dtype == np.uint8 else 1)
    if weights.shape != size or not (weights.min() >= 0 and weights.max() <= 1):
        raise UsageError(f"got a mask of shape {mask.shape}, type {mask.dtype}; give {size}, 0 to 255 or 0.0 to 1.0")
    if not weights.any():
        raise UsageError("the mask is 0 everywhere, so there is nothing to measure; leave this picture out")
    return weights
