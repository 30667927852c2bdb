"""The pieces that several of DAIN's networks are made of."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

Tensor = torch.Tensor

_FEWEST_CHANNELS = 4


def scaled(channels: int, width: float) -> int:
    """A published number of channels, made narrower or wider."""
    return max(_FEWEST_CHANNELS, round(channels * width))


def same_size(channels_in: int, channels_out: int, size: int = 3, *, dilation: int = 1, bias: bool = True) -> nn.Conv2d:
    """A convolution of an odd ``size`` that keeps height and width, zeros around the border."""
    reach = dilation * (size // 2)
    return nn.Conv2d(channels_in, channels_out, size, padding=reach, dilation=dilation, bias=bias)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions without bias, the first one dilated, on top of their input (He et al., CVPR 2016)."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = same_size(channels, channels, dilation=dilation, bias=False)
        self.second = same_size(channels, channels, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape, >= 0."""
        return F.relu(self.second(F.relu(self.first(features))) + features)
