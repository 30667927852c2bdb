"""Guide from payload and back: what a network sees of a picture.

::

    scene-linear, camera log    -> OCIO to linear Rec. 709 -> exposure gain -> curve (guide_curve)
    display-encoded (sRGB, ...)  -> as it is, with soft ends for float files (guide_curve_display)

Payload pixels are never made from a guide, except what a network paints itself. Measured for 4K RGB on one core with
values above 1 and below 0 all over: ACEScg to guide 0.07 s, and 0.3 to 0.5 s back; camera log spaces, which OCIO
converts, 0.3 to 0.4 s.
Everything is a pure function of its arguments: no state, no torch, the same bits on any number of cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import ColourError
from vfi_plugin.image import guide_curve, guide_curve_display
from vfi_plugin.image.colour_config import find_space, load_config
from vfi_plugin.image.colour_linear import MatrixToLinear, ToLinear, to_linear
from vfi_plugin.image.guide_exposure import exposure_gain, sample

FloatArray = npt.NDArray[np.float32]

_BLOCK_PIXELS = 1 << 13
"""Pixels worked on at a time: 96 KiB, which stays in a core's second-level cache from the matrix to the curve, and is
below the 128 KiB from which the C library maps fresh pages for each temporary (1.6 times as slow, measured)."""


class Encoding(Enum):
    """How the numbers of a colour space relate to light."""

    SCENE = "scene"
    """Linear, or a camera's log: light from 0 to far above 1."""

    DISPLAY = "display"
    """Made for a screen; float files may leave [0, 1]."""

    CODES = "codes"
    """Made for a screen and stored in whole numbers, scaled to [0, 1]: nothing can be outside."""


@dataclass(frozen=True)
class GuideTransform:
    """The way from a clip's RGB to the guide, and back.

    Attributes:
        colorspace: the clip's colour space, by the config's own name.
        encoding: how its numbers are read.
        conversion: to linear Rec. 709; used for ``Encoding.SCENE`` only.
    """

    colorspace: str
    encoding: Encoding
    conversion: ToLinear

    @classmethod
    def for_space(cls, colorspace: str, config: str | None = None, *, integer: bool = False) -> GuideTransform:
        """The transform for a colour space.

        Args:
            colorspace: a name, alias or role of the config; ``colour_config.choose_space`` finds the one of a file.
            config: a path or ``ocio://`` name; None: ``$OCIO``, else the pinned built-in config.
            integer: the file stores whole numbers, so display-encoded values cannot leave [0, 1].

        Raises:
            ColourError: no such config or colour space, or it cannot be converted.
        """
        loaded = load_config(config)
        name = find_space(loaded, colorspace)
        if loaded.getColorSpace(name).isData():
            # Raw data converts to nothing: whole numbers are looked at as a picture, floats as light.
            return cls(name, Encoding.CODES if integer else Encoding.SCENE, MatrixToLinear(np.eye(3)))
        conversion = to_linear(loaded, name)
        if _is_for_display(loaded.getColorSpace(name).getEncoding(), conversion):
            return cls(name, Encoding.CODES if integer else Encoding.DISPLAY, conversion)
        return cls(name, Encoding.SCENE, conversion)

    @property
    def picture_range(self) -> tuple[float, float]:
        """The guide values of black and white, between which it is a picture; beyond them is what no screen shows."""
        if self.encoding is Encoding.SCENE:
            return guide_curve.BLACK, guide_curve.WHITE
        if self.encoding is Encoding.DISPLAY:
            black, white = guide_curve_display.roll_off(np.array([0.0, 1.0], np.float32))
            return float(black), float(white)
        return 0.0, 1.0

    def exposure_gain(self, before: FloatArray, after: FloatArray) -> float:
        """The gain for a pair of (H, W, 3) float32 in the clip's colour space; 1.0 where values are display-encoded."""
        if self.encoding is not Encoding.SCENE:
            return 1.0
        return exposure_gain(self._sampled_light(before), self._sampled_light(after))

    def to_guide(self, rgb: FloatArray, gain: float = 1.0) -> FloatArray:
        """What a network sees.

        Args:
            rgb: (H, W, 3) float32 in the clip's colour space, unbounded. NaN is shown as 0 and +-Inf as +-65504;
                :func:`count_non_finite` tells how many there are.
            gain: of :meth:`exposure_gain`, the same for both frames of a pair; display-encoded values take none.

        Returns:
            A new (H, W, 3) float32 in [0, 1].

        Raises:
            ColourError: values outside [0, 1] in what was called whole numbers.
        """
        if self.encoding is Encoding.SCENE and isinstance(self.conversion, MatrixToLinear):
            pixels = np.asarray(rgb, np.float32).reshape(-1, 3)
            return guide_curve.encode_pixels(pixels, self.conversion.matrix * gain).reshape(rgb.shape)
        return _in_blocks(lambda pixels: self._block_to_guide(guide_curve.finite(pixels), gain), rgb)

    def from_guide(self, guide: FloatArray, gain: float = 1.0) -> FloatArray:
        """The inverse: (H, W, 3) float32 guide to the clip's colour space, in linear Rec. 709 at most 65504 / gain."""
        return _in_blocks(lambda pixels: self._block_from_guide(pixels, gain), guide)

    def _block_to_guide(self, pixels: FloatArray, gain: float) -> FloatArray:
        if self.encoding is Encoding.SCENE:
            return guide_curve.encode(self.conversion.linear(pixels, gain))
        if self.encoding is Encoding.DISPLAY:
            return guide_curve_display.roll_off(pixels)
        if pixels.min() < 0 or pixels.max() > 1:
            raise ColourError(
                f"display-encoded whole numbers in '{self.colorspace}' must lie in [0, 1], got "
                f"{pixels.min():g} to {pixels.max():g}: name the colour space of this float picture with --colorspace"
            )
        return pixels

    def _block_from_guide(self, pixels: FloatArray, gain: float) -> FloatArray:
        if self.encoding is Encoding.SCENE:
            return self.conversion.source(guide_curve.decode(pixels), gain)
        if self.encoding is Encoding.DISPLAY:
            return guide_curve_display.unroll(pixels)
        return np.clip(pixels, np.float32(0), np.float32(1))

    def _sampled_light(self, rgb: FloatArray) -> FloatArray:
        samples = np.array(sample(rgb), np.float32).reshape(-1, 3)
        usable = np.isfinite(samples).all(axis=1)
        samples = np.clip(
            samples[usable], np.float32(-guide_curve.LARGEST_LIGHT), np.float32(guide_curve.LARGEST_LIGHT)
        )
        return self.conversion.linear(samples, 1.0).reshape(1, -1, 3) if samples.size else samples.reshape(1, 0, 3)


def count_non_finite(rgb: npt.NDArray[Any]) -> int:
    """How many values of an array of any shape are NaN or infinite."""
    return int(rgb.size - np.count_nonzero(np.isfinite(rgb)))


def _is_for_display(encoding: str, conversion: ToLinear) -> bool:
    if encoding:
        # hdr-video, log and scene-linear spaces all hold light far above diffuse white.
        return encoding == "sdr-video"
    # No word from the config: display encodings keep 0 and 1 and bend the middle down to about 0.21 (gamma 1.8 to 2.6).
    ramp = np.repeat(np.array([[0.0], [0.5], [1.0]], np.float32), 3, axis=1)
    black, middle, white = conversion.linear(ramp, 1.0)[:, 1]
    return bool(abs(black) < 0.02 and abs(white - 1) < 0.05 and 0.15 < middle < 0.3)


def _in_blocks(change: Callable[[FloatArray], FloatArray], rgb: FloatArray) -> FloatArray:
    source = np.ascontiguousarray(rgb, np.float32).reshape(-1, 3)
    result = np.empty_like(source)
    for start in range(0, len(source), _BLOCK_PIXELS):
        result[start : start + _BLOCK_PIXELS] = change(source[start : start + _BLOCK_PIXELS])
    return result.reshape(rgb.shape)
