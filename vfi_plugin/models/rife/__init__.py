"""RIFE 4.x: flow to both frames and their shares, at any time, fast."""

from vfi_plugin.models.rife.checkpoint import VARIANTS
from vfi_plugin.models.rife.model import INFO, RifeModel, load

__all__ = ["INFO", "VARIANTS", "RifeModel", "load"]
