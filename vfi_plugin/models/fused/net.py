"""A network that says how much of each of some pictures makes a frame: moved ones, unmoved ones and softened ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.fused.sources import COUNT, SEEN
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

SIZE_MULTIPLE = 16
"""Half size, and three halvings from there."""

_CHANNELS = (32, 48, 64, 96)  # at 1/2, 1/4, 1/8, 1/16 of the frame
_SLOPE = 0.1
_FINE = 2  # side of the squares of pixels that are looked at as one, and get shares of their own all the same

_MOST = 4.0
"""The logarithm of how many times more or less of a picture it may ask for, 55. With no bound, a share that is next to
nothing by time, right beside a source frame, could be made all of it."""


class Level(nn.Module):
    """Two convolutions at one size, the first of which may halve it."""

    def __init__(self, inputs: int, outputs: int, side: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, side, stride, (side - 1) // 2)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C', h / stride, w / stride)."""
        return _leaky(self.second(_leaky(self.first(features))))


class FusedNet(nn.Module):
    """An hourglass that begins at half the size; ``width`` scales the numbers of channels."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = [max(4, round(width * count)) for count in _CHANNELS]
        pairs = list(pairwise(channels))
        self.entry = Level(SEEN, channels[0], 3 * _FINE, _FINE)
        self.down = nn.ModuleList(Level(fine, coarse, stride=2) for fine, coarse in pairs)
        self.up = nn.ModuleList(Level(coarse + fine, fine) for fine, coarse in reversed(pairs))
        self.head = nn.Conv2d(channels[0], COUNT * _FINE**2, 3, 1, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """How much more of each picture there is to be, as a logarithm within +-4.

        Args:
            seen: (N, 24, H, W) float32, H and W multiples of 16.

        Returns:
            (N, COUNT, H, W) float32.
        """
        levels: list[Tensor] = [self.entry(seen)]
        for down in self.down:
            levels.append(down(levels[-1]))
        features = _joined(levels, self.up)
        asked = F.pixel_shuffle(self.head(features).float(), _FINE)
        return _MOST * torch.tanh(asked / _MOST)


def _joined(levels: Sequence[Tensor], up: nn.ModuleList) -> Tensor:
    features = levels[-1]
    for enlarging, fine in zip(up, reversed(levels[:-1]), strict=True):
        features = enlarging(torch.cat([bilinear(features, 2), fine], 1))
    return features


def _leaky(values: Tensor) -> Tensor:
    return F.leaky_relu(values, _SLOPE)
