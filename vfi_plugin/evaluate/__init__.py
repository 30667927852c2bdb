"""How good a frame is: measures, each with its protocol in its name, and evaluations of models on data sets.

The names are loaded when they are first used: a training takes ``psnr`` from here without OpenCV or any media library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfi_plugin.evaluate.codes import to_codes as to_codes
    from vfi_plugin.evaluate.evaluation import Evaluation as Evaluation
    from vfi_plugin.evaluate.interpolation_error import ie_mean_abs as ie_mean_abs
    from vfi_plugin.evaluate.interpolation_error import ie_rms_channel as ie_rms_channel
    from vfi_plugin.evaluate.interpolation_error import ie_rms_vector as ie_rms_vector
    from vfi_plugin.evaluate.interpolation_error import ne as ne
    from vfi_plugin.evaluate.measure import MEASURES as MEASURES
    from vfi_plugin.evaluate.metrics import psnr as psnr
    from vfi_plugin.evaluate.metrics import psnr_log as psnr_log
    from vfi_plugin.evaluate.options import EvaluationOptions as EvaluationOptions
    from vfi_plugin.evaluate.protocol import PROTOCOLS as PROTOCOLS
    from vfi_plugin.evaluate.psnr_codes import psnr_masked_dvf as psnr_masked_dvf
    from vfi_plugin.evaluate.psnr_codes import psnr_rgb8 as psnr_rgb8
    from vfi_plugin.evaluate.run import run_evaluation as run_evaluation
    from vfi_plugin.evaluate.ssim import ssim_gauss_luma as ssim_gauss_luma
    from vfi_plugin.evaluate.ssim import ssim_masked_dvf as ssim_masked_dvf
    from vfi_plugin.evaluate.ssim import ssim_matlab3d as ssim_matlab3d
    from vfi_plugin.evaluate.ssim import ssim_skimage7 as ssim_skimage7

_WHERE = {
    "MEASURES": "measure",
    "PROTOCOLS": "protocol",
    "Evaluation": "evaluation",
    "EvaluationOptions": "options",
    "ie_mean_abs": "interpolation_error",
    "ie_rms_channel": "interpolation_error",
    "ie_rms_vector": "interpolation_error",
    "ne": "interpolation_error",
    "psnr": "metrics",
    "psnr_log": "metrics",
    "psnr_masked_dvf": "psnr_codes",
    "psnr_rgb8": "psnr_codes",
    "run_evaluation": "run",
    "ssim_gauss_luma": "ssim",
    "ssim_masked_dvf": "ssim",
    "ssim_matlab3d": "ssim",
    "ssim_skimage7": "ssim",
    "to_codes": "codes",
}

__all__ = [  # noqa: PLE0604, RUF100  (the same names, spelled out for tools that read without running)
    "MEASURES",
    "PROTOCOLS",
    "Evaluation",
    "EvaluationOptions",
    "ie_mean_abs",
    "ie_rms_channel",
    "ie_rms_vector",
    "ne",
    "psnr",
    "psnr_log",
    "psnr_masked_dvf",
    "psnr_rgb8",
    "run_evaluation",
    "ssim_gauss_luma",
    "ssim_masked_dvf",
    "ssim_matlab3d",
    "ssim_skimage7",
    "to_codes",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'vfi_plugin.evaluate' has no attribute {name!r}")
    return getattr(import_module(f"vfi_plugin.evaluate.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
