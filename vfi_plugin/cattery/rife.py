"""RIFE for TorchScript: its convolutions traced, what is between them compiled."""

from __future__ import annotations

import torch
from torch import nn

from vfi_plugin.cattery.sampling import padded, seen_moved
from vfi_plugin.cattery.tracing import traced
from vfi_plugin.models.resizing import Enlarged
from vfi_plugin.models.rife.model import RifeModel
from vfi_plugin.models.rife.net import IFBlock

Tensor = torch.Tensor


class RifeMotion(nn.Module):
    """``IFNet.states`` up to the last one, with padding; the same numbers as ``RifeModel``'s motion."""

    def __init__(self, model: RifeModel) -> None:
        super().__init__()
        net = model.network
        self.multiple: int = net.layout.size_multiple
        self.features: int = net.layout.features
        self.adds_mask: bool = net.layout.adds_mask
        self.encodes: bool = net.layout.encoder is not None
        self.encode: nn.Module = traced(net.encode, torch.zeros(1, 3, 64, 96)) if self.encodes else nn.Identity()
        self.blocks = nn.ModuleList(
            RifeBlock(net.block(index), float(scale)) for index, scale in enumerate(net.layout.scales)
        )

    def forward(self, before: Tensor, after: Tensor, timestep: float) -> Tensor:
        """Flows and the earlier frame's share, (N, 5, H, W) float32; guides (N, 3, H, W) in the network's type."""
        height, width = before.shape[2], before.shape[3]
        first, second = self.look(before), self.look(after)
        time = torch.full_like(first[:, :1], timestep)
        state = first[:, :0].float()  # nothing is known yet
        for block in self.blocks:
            flow = state[:, :4]
            found = block(self.seen(first, second, time, state), flow)
            state = self.advanced(state, found[:, : 5 + self.features])
        state = state[:, :, :height, :width]
        return torch.cat([state[:, :4], torch.sigmoid(state[:, 4:5])], 1)

    def look(self, guide: Tensor) -> Tensor:
        """A guide, padded with zeros as published, with its features behind it."""
        picture = padded(guide, self.multiple, "constant")
        return torch.cat([picture, self.encode(picture)], 1) if self.encodes else picture

    def seen(self, first: Tensor, second: Tensor, time: Tensor, state: Tensor) -> Tensor:
        """What a block sees, in the published order: both frames, the features of both, the rest."""
        if state.shape[1] > 0:
            first, second = seen_moved(first, state[:, :2], "border"), seen_moved(second, state[:, 2:4], "border")
        known = state[:, 4:].to(first.dtype)
        return torch.cat([first[:, :3], second[:, :3], first[:, 3:], second[:, 3:], time, known], 1)

    def advanced(self, state: Tensor, found: Tensor) -> Tensor:
        """Flow, mask and features, (N, 5 and more, H, W) float32, after a block."""
        if state.shape[1] == 0:
            return found
        mask = state[:, 4:5] + found[:, 4:5] if self.adds_mask else found[:, 4:5]
        return torch.cat([state[:, :4] + found[:, :4], mask, found[:, 5:]], 1)


class RifeBlock(nn.Module):
    """``IFBlock``, which adds up in float32 whatever its convolutions run in."""

    def __init__(self, block: IFBlock, scale: float) -> None:
        super().__init__()
        inputs = next(block.parameters()).shape[1]
        convolutions = nn.Sequential(block.conv0, block.convblock, block.lastconv)
        self.scale = scale
        self.smaller, self.larger = _resizing(1.0 / scale), _resizing(scale)
        self.convolutions = traced(convolutions, torch.zeros(1, inputs, 16, 24))

    def forward(self, seen: Tensor, flow: Tensor) -> Tensor:
        """What is to be added, (N, 5 and more, H, W) float32: 4 of flow, 1 of mask, the rest.

        Args:
            seen: (N, C, H, W) in the network's type.
            flow: (N, 4, H, W) float32 pixels; the first block, before which there is none, has (N, 0, H, W).
        """
        inputs = self.smaller(seen)
        if flow.shape[1] > 0:
            inputs = torch.cat([inputs, (self.smaller(flow) / self.scale).to(seen.dtype)], 1)
        found = self.larger(self.convolutions(inputs).float())
        return torch.cat([found[:, :4] * self.scale, found[:, 4:]], 1)


def _resizing(factor: float) -> nn.Module:
    # Traced, it is one operation. Compiled, it would bring all of torch's own function, with kinds of resizing that the
    # torch inside Nuke may not have.
    return nn.Identity() if factor == 1.0 else traced(Enlarged(factor, align_corners=False), torch.zeros(1, 1, 64, 64))
