"""Deep Voxel Flow for TorchScript: its layers traced, what is made of them compiled."""

from __future__ import annotations

import torch
from torch import nn

from vfi_plugin.cattery.sampling import padded
from vfi_plugin.cattery.tracing import traced
from vfi_plugin.models.voxelflow.model import VoxelFlowModel
from vfi_plugin.models.voxelflow.net import SIZE_MULTIPLE, VoxelFlowNet

Tensor = torch.Tensor


class VoxelFlowMotion(nn.Module):
    """The motion between two frames with padding; the same numbers as ``VoxelFlowModel``'s."""

    def __init__(self, model: VoxelFlowModel) -> None:
        super().__init__()
        self.multiple: int = SIZE_MULTIPLE
        self.side_px: int = model.net.side_px or 0
        self.layers = traced(_Layers(model.net), torch.zeros(1, 6, 8 * SIZE_MULTIPLE, 12 * SIZE_MULTIPLE))

    def forward(self, before: Tensor, after: Tensor, timestep: float) -> Tensor:
        """Flows and the earlier frame's share, (N, 5, H, W) float32; guides (N, 3, H, W) in the network's type."""
        height, width = before.shape[2], before.shape[3]
        first, second = padded(before, self.multiple, "replicate"), padded(after, self.multiple, "replicate")
        # BGR in [-1, 1]. A flow that is a share of the frame would lose pixels in half precision.
        found = torch.tanh(self.layers(2.0 * torch.cat([first.flip([1]), second.flip([1])], 1) - 1.0).float())
        unit_y, unit_x = first.shape[2], first.shape[3]
        if self.side_px > 0:
            unit_y, unit_x = self.side_px, self.side_px
        flow = torch.cat([found[:, 0:1] * (0.25 * (unit_x - 1)), found[:, 1:2] * (0.25 * (unit_y - 1))], 1)
        mask = 0.5 * (1.0 + found[:, 2:3])
        share = (1.0 - timestep) * mask
        weight_0 = share / (share + timestep * (1.0 - mask))
        both = torch.cat([-2.0 * timestep * flow, 2.0 * (1.0 - timestep) * flow, weight_0], 1)
        return both[:, :, :height, :width]


class _Layers(nn.Module):
    def __init__(self, net: VoxelFlowNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        return self.net.layers(frames)
