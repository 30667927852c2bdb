"""BiPN: paints all frames between two at once, from what an encoder sees of either end."""

from vfi_plugin.models.bipn.checkpoint import VARIANTS
from vfi_plugin.models.bipn.model import INFO, BipnModel, info_of, load

__all__ = ["INFO", "VARIANTS", "BipnModel", "info_of", "load"]
