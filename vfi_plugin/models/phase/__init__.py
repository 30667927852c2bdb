"""Phase-based interpolation: no weights; the waves that a frame is made of are turned to the time wanted."""

from vfi_plugin.models.phase.model import INFO, PhaseModel, load

__all__ = ["INFO", "PhaseModel", "load"]
