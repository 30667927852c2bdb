"""Deep Voxel Flow: one straight motion and one mask for a pair, between its frames and past them."""

from vfi_plugin.models.voxelflow.checkpoint import VARIANTS
from vfi_plugin.models.voxelflow.model import INFO, VoxelFlowModel, load

__all__ = ["INFO", "VARIANTS", "VoxelFlowModel", "load"]
