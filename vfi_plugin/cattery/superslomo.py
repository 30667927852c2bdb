"""Super SloMo for TorchScript: its two networks traced, what is between them compiled."""

from __future__ import annotations

import math

import torch
from torch import nn

from vfi_plugin.cattery.sampling import padded, positions, seen_moved
from vfi_plugin.cattery.tracing import traced
from vfi_plugin.models.superslomo.model import SuperSlomoModel
from vfi_plugin.models.superslomo.net import MEAN, SIZE_MULTIPLE

Tensor = torch.Tensor


class SuperSlomoMotion(nn.Module):
    """``SuperSlomo.flows`` and ``at_time`` with padding; the same numbers as ``SuperSlomoModel``'s motion."""

    def __init__(self, model: SuperSlomoModel) -> None:
        super().__init__()
        side = 2 * SIZE_MULTIPLE
        self.multiple: int = SIZE_MULTIPLE
        self.flow = traced(model.net.flow, torch.zeros(1, 6, side, side))
        self.interpolation = traced(model.net.interpolation, torch.zeros(1, 20, side, side))
        # A parameter, because those follow the module to a GPU and to half precision.
        self.mean = nn.Parameter(torch.tensor(MEAN).view(1, 3, 1, 1), requires_grad=False)

    def forward(self, before: Tensor, after: Tensor, timestep: float) -> Tensor:
        """Flows and the earlier frame's share, (N, 5, H, W) float32; guides (N, 3, H, W) in the network's type."""
        height, width = before.shape[2], before.shape[3]
        first = padded(before, self.multiple, "replicate") - self.mean
        second = padded(after, self.multiple, "replicate") - self.mean
        flows = self.flow(torch.cat([first, second], 1)).float()
        rough_0, rough_1 = seen_from(flows[:, :2], flows[:, 2:], timestep)
        moved_0 = seen_moved(first, pixel_flow(rough_0), "zeros")
        moved_1 = seen_moved(second, pixel_flow(rough_1), "zeros")
        # Later before earlier, the order the weights were trained with.
        rough = torch.cat([flows, rough_1, rough_0], 1).to(first.dtype)
        change = self.interpolation(torch.cat([first, second, rough, moved_1, moved_0], 1)).float()
        share = torch.sigmoid(change[:, 4:5] + math.log((1.0 - timestep) / timestep))
        found = torch.cat([pixel_flow(rough_0 + change[:, :2]), pixel_flow(rough_1 + change[:, 2:4]), share], 1)
        return found[:, :, :height, :width]


def seen_from(onward: Tensor, backward: Tensor, timestep: float) -> tuple[Tensor, Tensor]:
    """Flows from the frame at ``timestep`` to the earlier and the later one: equation 4 of the paper."""
    rest = 1.0 - timestep
    to_0 = timestep * timestep * backward - rest * timestep * onward
    return to_0, rest * rest * onward - timestep * rest * backward


def pixel_flow(flow: Tensor) -> Tensor:
    """The flow in real pixels; the published warp divides by the side where it should by one less, which belongs in."""
    x, y = positions(flow)
    return torch.stack([flow[:, 0] - x / flow.shape[3], flow[:, 1] - y / flow.shape[2]], 1)
