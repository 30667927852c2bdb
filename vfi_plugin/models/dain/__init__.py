"""DAIN: flow projected with the nearest surface in front, pixels read through learned 4 x 4 kernels."""

from vfi_plugin.models.dain.checkpoint import VARIANTS
from vfi_plugin.models.dain.model import INFO, DainModel, load

__all__ = ["INFO", "VARIANTS", "DainModel", "load"]
