"""The learned model of this project: the classic's motion, refined by a network."""

from vfi_plugin.models.hybrid.model import INFO, VARIANTS, HybridModel, load

__all__ = ["INFO", "VARIANTS", "HybridModel", "load"]
