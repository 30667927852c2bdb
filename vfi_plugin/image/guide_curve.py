"""The curve that bends scene-linear light into [0, 1] for a network's eyes, and back.

Networks are trained on display-referred pictures: sRGB-encoded, black at 0, white at 1. A scene-linear plate has values
of 500 in a lamp and -0.05 in a deep shadow. This curve shows such a plate to a network without losing either.

With ``z`` = BLACK, ``A`` = WHITE - BLACK, ``x1`` = TOE_END and natural logarithms::

    x >= 1            g = 1 - q(log x)                                 shoulder: slow roll-off, never reaches 1
    x1 <= x <= 1      g = z + A * (1.055 * x^(1/2.4) - 0.055)          the sRGB encoding, scaled
    -x1 <= x <= x1    g = z + A * 12.923 * x                           the sRGB toe, mirrored through z
    x <= -x1          g = q'(log(-x / x1))                             compressed negatives, never reach 0

A tail ``q`` starts at the room that is left and falls to 0. In ``l``, the logarithm of the distance, its slope is
``-m * (1 + alpha * l) / (1 + beta * l)^3``; integrated, with ``r = 1 / (1 + beta * l)``, it is a parabola without a
constant term, ``q = square * r^2 + linear * r``, so its inverse is one square root. ``m`` makes the slope continuous,
``alpha = 3 * beta + p`` makes the curvature continuous with a curve that runs like ``x^p`` at the joint (p = 1/2.4 for
the sRGB power, 1 for the toe), and ``beta`` follows from the room. So the curve is twice continuously differentiable
except where the sRGB toe meets the sRGB power; there its slope is continuous and its curvature jumps, as in sRGB.

Why these constants:

* 1.055, 0.055 and 2.4 are sRGB's (IEC 61966-2-1): on [0, 1] the guide is the display-encoded picture, only with less
  contrast. The toe uses the slope 12.923 and end 0.00304 that make the joint exactly smooth; the standard rounds
  them to 12.92 and 0.0031308 and has a small step in slope there (the two differ by less than 2e-5).
* BLACK = 1/16 is where video has its black (16 of 255). Half of it mirrors the toe, so noise of +-0.003 around black is
  shown without a bias; the other half holds every negative down to -65504.
* WHITE = 0.85 leaves 0.15 for the sixteen stops between 1 and 65504, the largest half float. One step of a half float
  there is still 3 steps of a float32 guide, so every half float has its own guide value.

Measured (Xeon at 2.8 GHz, one busy core, 4K RGB = 25 million values): ``encode`` 0.07 to 0.08 s, where OCIO's ACEScg to
ACEScct took 0.3 s. ``decode``, which is numpy, takes 0.13 to 0.24 s on a faster machine, the more for pictures with
values above 1 and below -0.003. Against the formula in double precision ``encode`` is within 1.7e-7.
Over all half floats ``decode(encode(x))`` is within 8.2e-5 of x relatively (near 65504; 6e-6 below 16), which is the
float32 step of the guide there, and rounds to the same half float for every one.
"""

from __future__ import annotations

import math
import os

import numpy as np
import numpy.typing as npt

from vfi_plugin.compiled import native_module
from vfi_plugin.image import guide_curve_numpy
from vfi_plugin.image.guide_curve_shape import (
    BLACK,
    CONTRAST,
    GAMMA,
    HALF_MAX,
    NEGATIVES,
    POWER_SCALE,
    SHOULDER,
    TOE_CODE,
    TOE_END,
    TOE_SLOPE,
    WHITE,
    Tail,
)

__all__ = [
    "BLACK",
    "CONTRAST",
    "GAMMA",
    "HALF_MAX",
    "NEGATIVES",
    "POWER_SCALE",
    "SHOULDER",
    "TOE_CODE",
    "TOE_END",
    "TOE_SLOPE",
    "WHITE",
    "Tail",
    "decode",
    "encode",
    "encode_pixels",
    "finite",
]

FloatArray = npt.NDArray[np.float32]

LARGEST_LIGHT = 1e30
"""float32 files hold up to 3.4e38; above this, matrix times gain would overflow to infinity."""

_CONSTANTS = np.array(
    [
        *(TOE_END, math.log(TOE_END)),
        *(1 / GAMMA, POWER_SCALE, CONTRAST * TOE_SLOPE, 1 - POWER_SCALE - CONTRAST * TOE_CODE),
        *(SHOULDER.beta, SHOULDER.square, SHOULDER.linear),
        *(NEGATIVES.beta, NEGATIVES.square, NEGATIVES.linear),
        *(HALF_MAX, LARGEST_LIGHT),
    ],
    np.float32,
)
"""As the compiled form takes them, see ``host_bindings/guide_curve.h``."""

_THREADS = 1  # frames are read and looked at side by side; a thread more each would only take it from another


def encode(linear: FloatArray) -> FloatArray:
    """The guide value of scene-linear light.

    Args:
        linear: float32 of any shape, unbounded, without NaN (a NaN stays one).

    Returns:
        float32 of the same shape in [0, 1]: strictly rising over the half floats, 0 -> 1/16, 1 -> 0.85.
    """
    if _is_plain():
        return guide_curve_numpy.encode(linear)
    values = np.ascontiguousarray(linear, np.float32)
    guide = np.empty_like(values)
    native_module().bend_values(values, _CONSTANTS, guide, _THREADS)
    return guide


def encode_pixels(pixels: FloatArray, matrix: npt.NDArray[np.float64]) -> FloatArray:
    """The guide of pixels that are a matrix away from linear Rec. 709 light, in one pass over memory.

    Args:
        pixels: (N, 3) float32, unbounded. NaN counts as 0, +-Inf as +-65504, and nothing as more than 1e30.
        matrix: (3, 3), on column vectors; an exposure gain may be in it.

    Returns:
        (N, 3) float32 in [0, 1].
    """
    turned = matrix.astype(np.float32)
    if _is_plain():
        return guide_curve_numpy.encode(finite(pixels) @ turned.T)
    source = np.ascontiguousarray(pixels, np.float32)
    guide = np.empty_like(source)
    native_module().guide_of_pixels(source, np.ascontiguousarray(turned), _CONSTANTS, guide, _THREADS)
    return guide


def finite(pixels: FloatArray) -> FloatArray:
    """The pixels themselves where all is well, else a copy with NaN and extreme values replaced as told above."""
    # One comparison finds all three: a NaN makes both comparisons false.
    if pixels.max() <= LARGEST_LIGHT and pixels.min() >= -LARGEST_LIGHT:
        return pixels
    healed = np.nan_to_num(pixels, nan=0.0, posinf=HALF_MAX, neginf=-HALF_MAX)
    return np.clip(healed, np.float32(-LARGEST_LIGHT), np.float32(LARGEST_LIGHT))


def decode(guide: FloatArray) -> FloatArray:
    """The scene-linear light of a guide value: the inverse of :func:`encode`.

    Args:
        guide: float32 of any shape; what lies outside ``encode(-65504) .. encode(65504)`` is taken as its nearest end,
            because a network that paints a guide value of 1 must not make an infinite pixel.

    Returns:
        float32 of the same shape, in -65504 .. 65504.
    """
    return guide_curve_numpy.decode(guide)


def _is_plain() -> bool:
    """Whether the environment asks to do without compiled code; the same variable as of ``kernels``."""
    return os.environ.get("VFI_KERNELS") == "torch"
