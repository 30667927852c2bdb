"""Critics: networks that learn to tell made frames from true ones. They give logits, above 0 for "true".

What they lower, and what the makers of frames lower against them, is in ``train.losses``.
"""

from __future__ import annotations

import torch
from torch import nn

Tensor = torch.Tensor

_SLOPE = 0.2
"""Of the leaky ReLU below 0: that of DCGAN (Radford et al., ICLR 2016) and of most critics since."""


class FiganCritic(nn.Module):
    """The critic of FIGAN (van Amersfoort et al., arXiv 1711.06045): eight blocks on one frame.

    From the paper: 3 x 3 convolutions with batch normalisation and leaky ReLU, 32 channels in the first, strides 2 and
    1 in turns, twice the channels from one stride of 2 to the next. Ours, because we know no more of it: the slope, no
    normalisation in the first block (as in DCGAN: colours are to be judged as they are), and a head that takes the mean
    over all places, so that frames of any size are judged. ``width`` scales the numbers of channels.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for block, channels in enumerate((32, 32, 64, 64, 128, 128, 256, 256)):
            outputs = max(1, round(width * channels))
            layers += _block(nn.Conv2d(inputs, outputs, 3, 2 - block % 2, 1), normalised=block > 0)
            inputs = outputs
        self.blocks = nn.Sequential(*layers)
        self.head = nn.Linear(inputs, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N,), one logit a frame."""
        logits: Tensor = self.head(self.blocks(2.0 * frames - 1.0).mean((2, 3)))
        return logits[:, 0]


class StackCritic(nn.Module):
    """A critic of whole clips, in the manner of DCGAN: the frames of a clip, in order, are the channels that it sees.

    Four 4 x 4 convolutions of stride 2, with 64, 128, 256 and 512 channels, leaky ReLU and, from the second on, batch
    normalisation; then one logit for each place, whose window is 78 px wide. ``width`` scales the numbers of channels.

    Args:
        frames: how many there are in a clip, its two ends included.
    """

    def __init__(self, frames: int, width: float = 1.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3 * frames
        for block, channels in enumerate((64, 128, 256, 512)):
            outputs = max(1, round(width * channels))
            layers += _block(nn.Conv2d(inputs, outputs, 4, 2, 1), normalised=block > 0)
            inputs = outputs
        self.blocks = nn.Sequential(*layers)
        self.head = nn.Conv2d(inputs, 1, 3, padding=1)

    def forward(self, clips: Tensor) -> Tensor:
        """(N, frames, 3, H, W) RGB in [0, 1], each side at least 16 px -> (N, 1, H // 16, W // 16), logits."""
        logits: Tensor = self.head(self.blocks(2.0 * clips.flatten(1, 2) - 1.0))
        return logits


def _block(conv: nn.Conv2d, *, normalised: bool) -> list[nn.Module]:
    nn.init.kaiming_normal_(conv.weight, _SLOPE)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return [conv, *([nn.BatchNorm2d(conv.out_channels)] if normalised else []), nn.LeakyReLU(_SLOPE, inplace=True)]
