"""The network of Niklaus, Mai and Wang, "Revisiting Adaptive Convolutions for Video Frame Interpolation", WACV 2021.

A grid of residual blocks over five scales, and four heads that predict a kernel for each pixel. Own code, by the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from vfi_plugin.models.part import WholeFrames
from vfi_plugin.models.resizing import Enlarged

TAPS = 51
"""Length of the kernels: they reach 25 px in every direction."""

SIZE_MULTIPLE = 2
"""Both sides of a frame must be divisible by it: kernels are predicted from half size."""

_STEM_CHANNELS = 16
_CHANNELS = (64, 128, 256, 512)  # at 1/2 to 1/16 of the size
_STD_FLOOR = 1e-7
_BAND_ROWS = 128


def _conv(channels_in: int, channels_out: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=1)


def _enlarge() -> Enlarged:
    return Enlarged(2, align_corners=False)  # unlike in SepConv


def _reducing(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.PReLU(), _conv(channels_in, channels_out, stride=2), nn.PReLU(), _conv(channels_out, channels_out)
    )


def _residual(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.PReLU(), _conv(channels, channels), nn.PReLU(), _conv(channels, channels))


def _enlarging(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.PReLU(), _enlarge(), _conv(channels_in, channels_out), nn.PReLU(), _conv(channels_out, channels_out)
    )


def _head(channels: int) -> nn.Sequential:
    """From half size to a kernel for each pixel; neither activation nor softmax at its end."""
    return nn.Sequential(_enlarge(), _conv(channels, channels), nn.PReLU(), _conv(channels, TAPS))


class SepConvPlusNet(nn.Module):
    """Two frames to their kernels.

    Args:
        width: factor on the numbers of channels; 1 is the published size, 13,560,102 parameters.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        stem, *c = (max(1, round(channels * width)) for channels in (_STEM_CHANNELS, *_CHANNELS))
        self.stem = _conv(3, stem)
        self.encoder = nn.ModuleList(_reducing(a, b) for a, b in pairwise([2 * stem, *c]))
        rows = c[::-1]
        self.refine = nn.ModuleList(_residual(channels) for channels in rows)
        self.enlarge = nn.ModuleList(_enlarging(a, b) for a, b in pairwise(rows))
        self.vertical_0 = _head(c[0])
        self.horizontal_0 = _head(c[0])
        self.vertical_1 = _head(c[0])
        self.horizontal_1 = _head(c[0])

    def forward(
        self, before: torch.Tensor, after: torch.Tensor, statistics: Statistics | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Kernels for every pixel.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 **BGR** in [0, 1], sides even.
            after: the later one.
            statistics: of the frames that these are parts of; None where they are whole.

        Returns:
            vertical and horizontal kernel of the earlier frame, then of the later one, each (N, 51, H, W).
        """
        x = self.decode(self.encode(*standardised(before, after, statistics)))
        return self.vertical_0(x), self.horizontal_0(x), self.vertical_1(x), self.horizontal_1(x)

    def encode(self, before: torch.Tensor, after: torch.Tensor) -> list[torch.Tensor]:
        """Both frames, standardised, to features at 1/2, 1/4, 1/8 and 1/16 of the size."""
        x = torch.cat([self.stem(before), self.stem(after)], 1)
        levels: list[torch.Tensor] = []
        for reduce in self.encoder:
            x = reduce(x)
            levels.append(x)
        return levels

    def decode(self, levels: list[torch.Tensor]) -> torch.Tensor:
        """Features of all scales to those at half size that the heads take."""
        rows: list[torch.Tensor] = [
            level + refine(level) for level, refine in zip(reversed(levels), self.refine, strict=True)
        ]
        x = rows[0]
        for row, enlarge in zip(rows[1:], self.enlarge, strict=True):
            # Halving rounds up, so doubling may overshoot by a pixel.
            x = row + enlarge(x)[..., : row.shape[2], : row.shape[3]]
        return x


@dataclass(frozen=True)
class Statistics:
    """Mean and deviation of a pair of frames over all channels, for parts of them."""

    mean: float
    deviation: float

    @classmethod
    def of_frames(cls, frames: WholeFrames, multiple: int) -> Statistics:
        """Of large frames, padded to a multiple, band by band; in float64, as a frame has 1e8 values."""
        height, width = (side + -side % multiple for side in (frames.height, frames.width))
        total, squares = 0.0, 0.0
        for which in (0, 1):
            for top in range(0, height, _BAND_ROWS):
                band = frames.crop(which, top, 0, min(_BAND_ROWS, height - top), width).double()
                total, squares = total + float(band.sum()), squares + float(band.square().sum())
        count = 2 * 3 * height * width
        mean = total / count
        return cls(mean, max(squares / count - mean * mean, 0.0) ** 0.5)


def standardised(
    before: torch.Tensor, after: torch.Tensor, statistics: Statistics | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both frames less their common mean and by their common deviation, over all channels; per pair of the batch."""
    if statistics is not None:
        deviated = statistics.deviation + _STD_FLOOR
        return (before - statistics.mean) / deviated, (after - statistics.mean) / deviated
    both = torch.stack([before, after], 1)
    variance, mean = torch.var_mean(both, dim=(1, 2, 3, 4), correction=0)
    deviation = variance.sqrt().view(-1, 1, 1, 1) + _STD_FLOOR
    return (before - mean.view(-1, 1, 1, 1)) / deviation, (after - mean.view(-1, 1, 1, 1)) / deviation
