"""Super SloMo: flow in both directions, brought to any time and refined there, with soft visibility."""

from vfi_plugin.models.superslomo.checkpoint import VARIANTS
from vfi_plugin.models.superslomo.model import INFO, SuperSlomoModel, load

__all__ = ["INFO", "VARIANTS", "SuperSlomoModel", "load"]
