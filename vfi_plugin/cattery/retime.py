"""The module that Nuke's Inference node runs: one tensor in, one tensor out, knobs as attributes."""

from __future__ import annotations

import torch
from torch import nn

from vfi_plugin.cattery.guide import Guide
from vfi_plugin.cattery.sampling import mixed, moved

CHANNELS_IN = 8
"""Frame A's rgba, then frame B's."""

CHANNELS_OUT = 5
"""Always, because a .cat file fixes their number: rgba and the mask, or two flows and the mask."""


class CatteryRetime(nn.Module):
    """Two frames in, the frame between them out.

    Pixels are moved, never painted: the network sees guides and says how content moves, and the scene values themselves
    go along, premultiplied colour and alpha alike.

    In half precision (``halfPrecision`` of the node, which calls ``half()``) the network's convolutions run in float16.
    Guides, coordinates, flow as it is added up, and the moving of pixels are float32 whatever comes in, and only the
    result is rounded. Flow that is handed out in float16 is within 1/32 px up to 64 px.

    Attributes:
        timestep: the moment between the frames, 0 at A and 1 at B; at either end, and beyond it, the frame itself.
        output_mode: 0 for the moved rgba, 1 for flow; it has not the plain name because nodes have knobs called output.
        exposure: stops by which the network sees the frames brighter; see ``Guide``.
    """

    def __init__(self, motion: nn.Module) -> None:
        super().__init__()
        self.timestep: float = 0.5
        self.output_mode: int = 0
        self.exposure: float = 0.0
        self.guide = Guide()
        self.motion = motion

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """The frame at ``timestep``, or how to get there.

        Args:
            frames: (1, 8, H, W) float32 or float16, of any size: A's rgba, B's rgba; scene-linear, unbounded.

        Returns:
            (1, 5, H, W) in the same type. Mode 0: rgba, and the mask. Mode 1: the flow to A and that to B, each x
            then y in pixels with y down, and the mask. The mask is A's share, from 0 to 1.
        """
        before, after = frames[:, :4].float(), frames[:, 4:8].float()
        found = self.found(before, after, frames.dtype)
        if self.output_mode == 1:
            return found.to(frames.dtype)
        mask = found[:, 4:5]
        rgba = mixed(moved(before, found[:, 0:2]), moved(after, found[:, 2:4]), mask)
        return torch.cat([rgba, mask], 1).to(frames.dtype)

    def found(self, before: torch.Tensor, after: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Both flows and the mask, (1, 5, H, W) float32; ``dtype`` is the network's."""
        if self.timestep <= 0.0 or self.timestep >= 1.0:
            still = torch.zeros_like(before[:, :1]).expand(-1, 4, -1, -1)
            return torch.cat([still, torch.full_like(before[:, :1], 1.0 if self.timestep <= 0.0 else 0.0)], 1)
        guides = self.guide(before[:, :3], self.exposure), self.guide(after[:, :3], self.exposure)
        flows_and_mask: torch.Tensor = self.motion(guides[0].to(dtype), guides[1].to(dtype), self.timestep)
        return flows_and_mask
