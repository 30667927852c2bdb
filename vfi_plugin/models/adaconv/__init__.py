"""AdaConv: video frame interpolation via adaptive convolution (CVPR 2017)."""

from vfi_plugin.models.adaconv.checkpoint import VARIANTS
from vfi_plugin.models.adaconv.model import INFO, AdaConvModel, load

__all__ = ["INFO", "VARIANTS", "AdaConvModel", "load"]
