"""The network of FIGAN: a flow and a mask refined over three scales, and a correction of the frame that they give.

van Amersfoort, Shi, Acosta, Massa, Totz, Wang, Caballero: "Frame Interpolation with Multi-Scale Deep Loss Functions and
Generative Adversarial Networks", arXiv 1711.06045. No weights or code of the authors are public; the code is ours.

From the paper: the three scales; four modules of six convolutions each, and what they look at; one map of three
channels (a flow and a mask) for both frames, bounded by tanh after each sum; synthesis at all scales; a last correction
that sees both frames and what was made of them. Chosen here, because we know no more of the paper: the unit of the flow
(``FLOW_UNIT_PX``), two residual modules with weights of their own, frames in [-1, 1], halving by the mean of 2 x 2 px,
doubling bilinearly, nothing bounding the corrected frame, and how weights begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

SCALES = (4, 2, 1)
"""Pixels of the frame in one of each level, coarse to fine."""

TRAINED_SIDE_PX = 128
"""Of the square crops that the paper trains on."""

FLOW_UNIT_PX = 0.5 * TRAINED_SIDE_PX
"""What 1 in the flow's channels is, in pixels of the full size: half of a training crop, which is what 1 means to a
spatial transformer (Jaderberg et al., NIPS 2015). A level of scale k takes 1/k of it in its own pixels: the same share
of the frame at all of them, so that an enlarged map needs no other factor. The modules together see 42 px far; the next
smaller power of two, 32 px, would not let them go there. It is a share of the crop and not of whatever frame comes:
convolutions see pixels and never the size of the frame, and would move a large one too far by as much as it is larger.
"""

_CHANNELS = 32
_LAST_GAIN = 0.01
"""Modules begin with answers of about a hundredth: the frame is the average of both nearly, and all layers learn."""


def shrunk(frames: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) -> (N, C, H / factor, W / factor), the mean of each block; H and W are multiples of it."""
    return F.avg_pool2d(frames, factor) if factor > 1 else frames


class SixConvolutions(nn.Module):
    """3 x 3 convolutions with ReLUs between them: the paper's template of all its modules."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        counts = [inputs, *[channels] * 5, 3]
        convs = [nn.Conv2d(fed, made, 3, padding=1) for fed, made in pairwise(counts)]
        for conv in convs:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
        convs[-1].weight.data *= _LAST_GAIN
        layers = [layer for conv in convs for layer in (conv, nn.ReLU(inplace=True))]
        self.layers = nn.Sequential(*layers[:-1])  # the last answers as it is

    def forward(self, *maps: Tensor) -> Tensor:
        """Several (N, c, h, w), put side by side -> (N, 3, h, w)."""
        made: Tensor = self.layers(torch.cat(maps, 1))
        return made


@dataclass(frozen=True)
class Level:
    """What is known at one scale.

    Attributes:
        before: (N, 3, h, w) in [-1, 1], the earlier frame at this scale.
        after: the same of the later one.
        gamma: (N, 3, h, w) float32 in [-1, 1]: the flow's x and y in units of ``FLOW_UNIT_PX``, and the mask.
        scale: pixels of the full size in one of these.
    """

    before: Tensor
    after: Tensor
    gamma: Tensor
    scale: int

    @property
    def flow(self) -> Tensor:
        """(N, 2, h, w) pixels of this scale: how far content moves in half the time between the frames."""
        return self.gamma[:, :2] * (FLOW_UNIT_PX / self.scale)

    @property
    def weight_0(self) -> Tensor:
        """(N, 1, h, w) in [0, 1], the earlier frame's share."""
        return 0.5 * (self.gamma[:, 2:] + 1.0)

    def moved(self) -> tuple[Tensor, Tensor]:
        """Both frames (N, 3, h, w) where they are in the middle."""
        return warp(self.before, -self.flow), warp(self.after, self.flow)

    def synthesised(self) -> Tensor:
        """(N, 3, h, w): both frames moved and mixed."""
        moved_0, moved_1 = self.moved()
        return torch.lerp(moved_1, moved_0, self.weight_0)


@dataclass(frozen=True)
class Middle:
    """What the network finds for a pair.

    Attributes:
        levels: coarse to fine, one for each of ``SCALES``.
        synthesised: (N, 3, H, W) in [-1, 1], of the finest level.
        residual: (N, 3, H, W), what the last module adds to it; nothing bounds the sum.
    """

    levels: Sequence[Level]
    synthesised: Tensor
    residual: Tensor


class FiganNet(nn.Module):
    """Four modules; ``width`` scales their numbers of channels, 1 is the published size."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = max(1, round(width * _CHANNELS))
        self.coarse = SixConvolutions(6, channels)
        self.finer = nn.ModuleList(SixConvolutions(9, channels) for _ in SCALES[1:])
        self.correction = SixConvolutions(9, channels)

    def forward(self, before: Tensor, after: Tensor) -> Middle:
        """Looks at two frames, (N, 3, H, W) float32 RGB in [-1, 1], H and W multiples of 4."""
        levels = self.pyramid(before, after)
        synthesised = levels[-1].synthesised()
        return Middle(levels, synthesised, self.correction(before, synthesised, after))

    def pyramid(self, before: Tensor, after: Tensor) -> list[Level]:
        """Flow and mask, found at the coarsest scale and refined at each finer one."""
        frames = [(shrunk(before, scale), shrunk(after, scale), scale) for scale in SCALES]
        first, second, scale = frames[0]
        # In float32 also where convolutions are not: with 10 bits a flow of 60 px is known to 1/32 px alone.
        levels = [Level(first, second, torch.tanh(self.coarse(first, second).float()), scale)]
        for module, (first, second, scale) in zip(self.finer, frames[1:], strict=True):
            enlarged = bilinear(levels[-1].gamma, 2)
            coarser = Level(first, second, enlarged, scale)
            change = module(*coarser.moved(), enlarged).float()
            levels.append(Level(first, second, torch.tanh(enlarged + change), scale))
        return levels
