"""The network of Niklaus, Mai and Liu, "Video Frame Interpolation via Adaptive Separable Convolution", ICCV 2017.

An encoder and decoder over both frames, and four heads that predict a kernel for each pixel. Own code, by the paper.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from vfi_plugin.models.part import Part
from vfi_plugin.models.resizing import Enlarged, Stretch

TAPS = 51
"""Length of the kernels: they reach 25 px in every direction."""

SIZE_MULTIPLE = 32
"""Both sides of a frame must be divisible by it: five times the size is halved."""

_CHANNELS = (32, 64, 128, 256, 512)


def _conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, padding=1)


def _three_convs(*channels: int) -> nn.Sequential:
    """Three convolutions with ReLU; ``channels`` are those before, between and after them."""
    layers = [(_conv(a, b), nn.ReLU(inplace=True)) for a, b in pairwise(channels)]
    return nn.Sequential(*(layer for pair in layers for layer in pair))


def _enlarge() -> Enlarged:
    # The released weights were trained with corners aligned; torch's default today would shift every level.
    return Enlarged(2, align_corners=True)


def _head(channels: int) -> nn.Sequential:
    """From half size to a kernel for each pixel; neither activation nor softmax at its end."""
    return nn.Sequential(*_three_convs(channels, channels, channels, TAPS), _enlarge(), _conv(TAPS, TAPS))


class SepConvNet(nn.Module):
    """Two frames to their kernels.

    Args:
        width: factor on the numbers of channels; 1 is the published size, 21,675,452 parameters.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        c = [max(1, round(channels * width)) for channels in _CHANNELS]
        self.encoder = nn.ModuleList(_three_convs(a, b, b, b) for a, b in pairwise([6, *c]))
        self.halve = nn.AvgPool2d(2)
        down = [c[4], *c[:0:-1]]
        self.decoder = nn.ModuleList(_three_convs(a, b, b, b) for a, b in pairwise(down))
        self.enlarge = nn.ModuleList(
            nn.Sequential(_enlarge(), _conv(channels, channels), nn.ReLU(inplace=True)) for channels in down[1:]
        )
        self.vertical_0 = _head(c[1])
        self.horizontal_0 = _head(c[1])
        self.vertical_1 = _head(c[1])
        self.horizontal_1 = _head(c[1])

    def forward(
        self, before: torch.Tensor, after: torch.Tensor, part: Part | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Kernels for every pixel.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 **BGR** in [0, 1], sides multiples of ``SIZE_MULTIPLE``.
            after: the later one.
            part: where they lie in larger frames, padded ones; None where they are whole.

        Returns:
            vertical and horizontal kernel of the earlier frame, then of the later one, each (N, 51, H, W).
        """
        stretch = None if part is None else Stretch(part, before.shape[2], before.shape[3])
        x = torch.cat([before, after], 1)
        levels = []
        for convs in self.encoder:
            levels.append(convs(x))
            x = self.halve(levels[-1])
        for convs, enlarge, level in zip(self.decoder, self.enlarge, reversed(levels[1:]), strict=True):
            x = _through(enlarge, convs(x), stretch) + level
        heads = (self.vertical_0, self.horizontal_0, self.vertical_1, self.horizontal_1)
        vertical_0, horizontal_0, vertical_1, horizontal_1 = (_through(head, x, stretch) for head in heads)
        return vertical_0, horizontal_0, vertical_1, horizontal_1


def _through(layers: nn.Module, x: torch.Tensor, stretch: Stretch | None) -> torch.Tensor:
    """Layers one after another; those that enlarge know where in the frame they are."""
    if stretch is None:
        made: torch.Tensor = layers(x)
        return made
    for layer in layers.children():
        x = layer(x, stretch) if isinstance(layer, Enlarged) else layer(x)
    return x
