"""How good a frame is: measures, each with its protocol in its name."""

from vfi_plugin.evaluate.metrics import psnr, psnr_log

__all__ = ["psnr", "psnr_log"]
