"""SepConv++: revisiting adaptive convolutions for video frame interpolation (WACV 2021)."""

from vfi_plugin.models.sepconvpp.checkpoint import VARIANTS
from vfi_plugin.models.sepconvpp.model import INFO, SepConvPlusModel, load

__all__ = ["INFO", "VARIANTS", "SepConvPlusModel", "load"]
