"""SepConv: video frame interpolation via adaptive separable convolution (ICCV 2017)."""

from vfi_plugin.models.sepconv.checkpoint import VARIANTS
from vfi_plugin.models.sepconv.model import INFO, SepConvModel, load

__all__ = ["INFO", "VARIANTS", "SepConvModel", "load"]
