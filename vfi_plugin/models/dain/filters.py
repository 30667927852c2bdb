"""The kernel estimation network: a 4 x 4 filter for every pixel of both frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.dain.layers import same_size, scaled
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

TAPS = 16
"""Values of one filter: 4 rows of 4, row by row."""

_LEVELS = (32, 64, 128, 256, 512)  # channels at full size, a half, ... a sixteenth


class FilterNet(nn.Module):
    """A U-Net whose skips are added; it sees both frames at once and ends in one head for each of them."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        levels = [scaled(channels, width) for channels in _LEVELS]
        outermost = scaled(16, width)
        self.first = same_size(6, outermost)
        self.down = nn.ModuleList(map(same_size, [outermost, *levels[:-1]], levels))
        self.bottom = same_size(levels[-1], levels[-1])
        self.up = nn.ModuleList(map(same_size, levels[::-1], [*levels[-2::-1], outermost]))
        self.heads = nn.ModuleList(
            nn.Sequential(same_size(outermost, outermost), nn.ReLU(), same_size(outermost, TAPS)) for _ in range(2)
        )

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Filters for both frames.

        Args:
            before: (N, 3, H, W) float32 RGB in [0, 1]; sides are multiples of 32.
            after: the same.

        Returns:
            Twice (N, 16, H, W), row by row; of any sign, and not normalised: the last layer has no activation.
        """
        features = F.relu(self.first(torch.cat([before, after], 1)))
        skips = []
        for convolution in self.down:
            features = F.relu(convolution(features))
            skips.append(features)
            features = F.max_pool2d(features, 2)
        features = F.relu(self.bottom(features))
        for convolution in self.up:
            enlarged = bilinear(features, 2)
            features = F.relu(convolution(enlarged + skips.pop()))
        return self.heads[0](features), self.heads[1](features)
