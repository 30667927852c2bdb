"""The context extraction network: what each pixel is surrounded by, for the synthesis to know."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.dain.layers import ResidualBlock, same_size, scaled

Tensor = torch.Tensor


class ContextNet(nn.Module):
    """A wide first look, then two residual blocks of growing reach; everything they give is kept, as is the frame."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = scaled(64, width)
        self.first = same_size(3, channels, 7, bias=False)
        self.blocks = nn.ModuleList(ResidualBlock(channels, dilation) for dilation in (4, 8))
        self.channels_out = 3 + channels * (1 + len(self.blocks))

    def forward(self, frame: Tensor) -> Tensor:
        """(N, 3, H, W) float32 RGB in [0, 1] -> (N, channels_out, H, W), the frame itself in front."""
        return torch.cat(self.kept(frame), 1)

    def kept(self, frame: Tensor) -> list[Tensor]:
        """The same in pieces, for callers that put more behind them."""
        kept = [frame, F.relu(self.first(frame))]
        for block in self.blocks:
            kept.append(block(kept[-1]))
        return kept
