"""The network of BiPN: the ends of a gap seen by an encoder each, and every frame of the gap painted at once.

Chen, Wang, Wang, Li, Chen: "Long-Term Video Interpolation with Bidirectional Predictive Network", VCIP 2017. From its
figures: two encoders of equal shape with weights of their own, 3 -> 128 -> 256 -> 512 feature maps, joined to 1024 and
decoded 1024 -> 512 -> 256 -> 128 -> 3 L; at several scales, a coarser prediction cut into two halves in time, the
second of them reversed, of which each encoder sees one. Ours, because the paper's text was not to be had: sizes of the
convolutions, batch normalisation, what a finer scale adds to (the coarser prediction), and four scales by factors of 2.
The paper's optional noise input is left out: a retime must give the same frame twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.bipn.info import CHANNELS
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor


class Stage(nn.Module):
    """The network of one scale.

    Args:
        frames: L, to be painted between the ends.
        seen: frames of the coarser prediction that each encoder sees beside its end; 0 at the coarsest scale.
        channels: feature maps after each of the encoders' convolutions.
    """

    def __init__(self, frames: int, seen: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.forward_encoder = _encoder(3 + 3 * seen, channels)
        self.reverse_encoder = _encoder(3 + 3 * seen, channels)
        self.decoder = _decoder(channels, 3 * frames)

    def forward(self, start: Tensor, end: Tensor) -> Tensor:
        """(N, 3 + 3 seen, h, w) each, in [-1, 1] -> (N, 3 L, h, w) in [-1, 1]."""
        features = torch.cat([self.forward_encoder(start), self.reverse_encoder(end)], 1)
        painted: Tensor = self.decoder(features)
        return painted


def _encoder(inputs: int, channels: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(inputs, channels[0], 4, 2, 1), nn.ReLU()]
    for coarse, fine in pairwise(channels):
        layers += [nn.Conv2d(coarse, fine, 4, 2, 1, bias=False), nn.BatchNorm2d(fine), nn.ReLU()]
    return nn.Sequential(*layers)


def _decoder(channels: Sequence[int], outputs: int) -> nn.Sequential:
    deepest = channels[-1]
    layers: list[nn.Module] = [nn.Conv2d(2 * deepest, deepest, 3, 1, 1, bias=False), nn.BatchNorm2d(deepest), nn.ReLU()]
    upwards = list(reversed(channels))
    for coarse, fine in pairwise(upwards):
        layers += [nn.ConvTranspose2d(coarse, fine, 4, 2, 1, bias=False), nn.BatchNorm2d(fine), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels[0], outputs, 4, 2, 1), nn.Tanh())


class Bipn(nn.Module):
    """All frames between two, at one scale or coarse to fine.

    Args:
        width: scales the numbers of channels; 1 is the published size.
        frames: L, from 1 to 7.
        scales: 1, or ``MULTISCALE`` for frames of natural video; each has a network of its own.
    """

    def __init__(self, width: float = 1.0, frames: int = 3, scales: int = 1) -> None:
        super().__init__()
        self.frames = frames
        self.seen = (frames + 1) // 2  # halves of an odd number share the frame in the middle
        channels = [max(1, round(width * count)) for count in CHANNELS]
        self.stages = nn.ModuleList(Stage(frames, self.seen if scale else 0, channels) for scale in range(scales))

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """The frames between, (N, L, 3, H, W) in the order of time, in [-1, 1] but for what scales add up to.

        Args:
            before: (N, 3, H, W) float32 RGB in [-1, 1]; H and W are multiples of ``size_multiple``.
            after: the same.
        """
        return self.by_scale(before, after)[-1]

    def by_scale(self, before: Tensor, after: Tensor) -> list[Tensor]:
        """The prediction of each scale, coarse to fine, (N, L, 3, h, w); what the losses look at."""
        made: list[Tensor] = []
        for scale, stage in enumerate(self.stages):
            ends = [_reduced(frame, 2 ** (len(self.stages) - 1 - scale)) for frame in (before, after)]
            made.append(stage(*ends) if scale == 0 else self._refined(stage, ends, made[-1]))
        return [frames.unflatten(1, (self.frames, 3)) for frames in made]

    def _refined(self, stage: nn.Module, ends: list[Tensor], coarser: Tensor) -> Tensor:
        """What was painted at half the size, (N, 3 L, h, w), enlarged, with what this scale corrects."""
        enlarged = bilinear(coarser, 2)
        first = enlarged[:, : 3 * self.seen]
        last = enlarged.unflatten(1, (self.frames, 3))[:, -self.seen :].flip(1).flatten(1, 2)
        correction: Tensor = stage(torch.cat([ends[0], first], 1), torch.cat([ends[1], last], 1))
        return enlarged + correction


def _reduced(frame: Tensor, factor: int) -> Tensor:
    return frame if factor == 1 else F.avg_pool2d(frame, factor)
