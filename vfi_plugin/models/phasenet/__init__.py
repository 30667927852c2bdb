"""PhaseNet: the phases and amplitudes of the frame in the middle, predicted level by level."""

from vfi_plugin.models.phasenet.checkpoint import VARIANTS
from vfi_plugin.models.phasenet.model import INFO, PhaseNetModel, info_of, load

__all__ = ["INFO", "VARIANTS", "PhaseNetModel", "info_of", "load"]
