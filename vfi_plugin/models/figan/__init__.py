"""FIGAN: a flow and a mask refined over three scales, then a correction of the frame that they give."""

from vfi_plugin.models.figan.checkpoint import VARIANTS
from vfi_plugin.models.figan.model import INFO, FiganModel, load

__all__ = ["INFO", "VARIANTS", "FiganModel", "load"]
