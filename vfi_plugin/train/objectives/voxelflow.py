"""What Deep Voxel Flow is trained to do.

Liu et al., "Video Frame Synthesis using Deep Voxel Flow", ICCV 2017: Charbonnier on colour in [-1, 1], and total
variation of motion (0.01) and mask (0.005). Motion counts in shares of the frame, as the network's own output does.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.models.voxelflow.model import as_seen, between
from vfi_plugin.models.voxelflow.net import VoxelFlow, VoxelFlowNet
from vfi_plugin.train.losses import charbonnier, roughness
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_MOTION, _MASK = 0.01, 0.005


class VoxelFlowObjective(Objective):
    """The frame in the middle is to be the true one, by a motion and a mask that are smooth.

    Args:
        net: sides of frames are multiples of 8.
    """

    net: VoxelFlowNet

    def __init__(self, net: VoxelFlowNet) -> None:
        super().__init__(net)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The terms "colour", "motion" and "mask"."""
        voxel: VoxelFlow = self.net(as_seen(batch.before), as_seen(batch.after))
        made = between(voxel, 0.5).apply(batch.before, batch.after)
        height, width = self.net.unit_px(batch.before)
        share = voxel.flow / voxel.flow.new_tensor([width / 2.0, height / 2.0]).view(1, 2, 1, 1)
        return {
            "colour": charbonnier(2.0 * made, 2.0 * batch.middle()),
            "motion": _MOTION * roughness(share),
            "mask": _MASK * roughness(2.0 * voxel.mask),
        }
