"""The measures by name, with what a table needs to know of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import Codes
from vfi_plugin.evaluate.interpolation_error import ie_mean_abs, ie_rms_channel, ie_rms_vector, ne
from vfi_plugin.evaluate.psnr_codes import psnr_masked_dvf, psnr_rgb8
from vfi_plugin.evaluate.ssim import ssim_gauss_luma, ssim_masked_dvf, ssim_matlab3d, ssim_skimage7

Mask = npt.NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """A measure of one picture.

    Attributes:
        name: by which tables, JSON and commands call it.
        about: in a line.
        function: of result and truth, and of a mask where ``needs_mask``.
        unit: "dB", "grey levels", or "".
        larger_is_better: which way is good.
        digits: that are shown after the point, as tables of papers do.
        needs_mask: whether it looks at a mask.
    """

    name: str
    about: str
    function: Callable[..., float]
    unit: str = ""
    larger_is_better: bool = True
    digits: int = 4
    needs_mask: bool = False

    def of(self, result: Codes, truth: Codes, mask: Mask | None = None) -> float:
        """The measure of a picture; ``inf`` only for decibels of equal pictures.

        Raises:
            UsageError: as the function, or there is no mask where one is needed.
        """
        if not self.needs_mask:
            return self.function(result, truth)
        if mask is None:
            raise UsageError(f"{self.name} measures under a mask, and this protocol has none; take another measure")
        return self.function(result, truth, mask)

    def text(self, value: float) -> str:
        """A value as tables show it; "exact" for infinite decibels."""
        return "exact" if value == float("inf") else f"{value:.{self.digits}f}"


_DB: dict[str, Any] = {"unit": "dB", "digits": 2}
_GREY: dict[str, Any] = {"unit": "grey levels", "digits": 3, "larger_is_better": False}

MEASURES = {
    measure.name: measure
    for measure in (
        Measure("psnr_rgb8", "PSNR over RGB of 8-bit codes", psnr_rgb8, **_DB),
        Measure("psnr_masked_dvf", "PSNR under the mask, as DVF's script", psnr_masked_dvf, **_DB, needs_mask=True),
        Measure("ssim_gauss_luma", "SSIM of luma, Gaussian 11x11, inside", ssim_gauss_luma),
        Measure("ssim_skimage7", "SSIM of each channel, uniform 7x7, as scikit-image", ssim_skimage7),
        Measure("ssim_matlab3d", "SSIM of RGB as a volume, as RIFE's scripts", ssim_matlab3d),
        Measure("ssim_masked_dvf", "MATLAB's ssim of masked luma, as DVF's script", ssim_masked_dvf, needs_mask=True),
        Measure("ie_mean_abs", 'mean absolute difference, the "IE" of DAIN and RIFE', ie_mean_abs, **_GREY),
        Measure("ie_rms_channel", "RMS difference over pixels and channels", ie_rms_channel, **_GREY),
        Measure("ie_rms_vector", "RMS length of the RGB difference, Baker et al.'s IE", ie_rms_vector, **_GREY),
        Measure("ne", "RMS difference over the truth's gradient, Baker et al.", ne, larger_is_better=False),
    )
}  # fmt: skip


def measures_named(names: Sequence[str]) -> tuple[Measure, ...]:
    """The measures of these names, in this order, each once.

    Raises:
        UsageError: there is none of a name, or no name at all.
    """
    unknown = [name for name in names if name not in MEASURES]
    if unknown or not names:
        raise UsageError(f"there is no measure {', '.join(unknown) or '(none given)'}; known are {', '.join(MEASURES)}")
    return tuple(MEASURES[name] for name in dict.fromkeys(names))
