"""The depth estimation network: a nested hourglass of inception blocks.

Chen, Fu, Yang, Deng: "Single-Image Depth Perception in the Wild", NIPS 2016 (the architecture); Li, Snavely:
"MegaDepth: Learning Single-View Depth Prediction from Internet Photos", CVPR 2018 (the training DAIN began from).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.dain.layers import same_size, scaled

Tensor = torch.Tensor

_NEAR, _FAR = (3, 5, 7), (3, 7, 11)  # sizes of an inception block's three larger windows


@dataclass(frozen=True)
class InceptionPlan:
    """Channels that a block gives in all and that its larger windows see, and the sizes of those windows."""

    channels_out: int
    inner: int
    windows: tuple[int, int, int] = _NEAR


@dataclass(frozen=True)
class LevelPlan:
    """The blocks of one level: at its own size, at half of it before the next level, and after that."""

    here: tuple[InceptionPlan, ...]
    enter: tuple[InceptionPlan, ...]
    leave: tuple[InceptionPlan, ...]
    averages: bool


_Plan = InceptionPlan
PLAN = (
    LevelPlan((_Plan(64, 64, _FAR),), (_Plan(128, 32),) * 2, (_Plan(128, 64), _Plan(64, 32, _FAR)), averages=False),
    LevelPlan(
        (_Plan(128, 32), _Plan(128, 64, _FAR)),
        (_Plan(128, 32), _Plan(256, 32)),
        (_Plan(256, 32), _Plan(128, 32)),
        averages=False,
    ),
    LevelPlan(
        (_Plan(256, 32), _Plan(256, 64, _FAR)),
        (_Plan(256, 32),) * 2,
        (_Plan(256, 32), _Plan(256, 64, _FAR)),
        averages=True,
    ),
    LevelPlan((_Plan(256, 32),) * 2, (_Plan(256, 32),) * 3, (), averages=True),
)
"""The published levels, the outermost first."""


class PlainNorm(nn.BatchNorm2d):
    """Batch normalisation with nothing learnt; with a scale of 1 written out cuDNN does it, three times as fast."""

    one: Tensor
    zero: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=False)
        self.register_buffer("one", torch.ones(channels), persistent=False)
        self.register_buffer("zero", torch.zeros(channels), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W), normalised; by the batch in training, by what was seen there otherwise."""
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        stored = self.running_mean, self.running_var
        return F.batch_norm(features, *stored, self.one, self.zero, self.training, self.momentum or 0.0, self.eps)


def _normalised(channels_in: int, channels_out: int, size: int) -> tuple[nn.Module, ...]:
    return same_size(channels_in, channels_out, size), PlainNorm(channels_out), nn.ReLU(inplace=True)


class Inception(nn.Module):
    """Four windows of different sizes side by side, a quarter of the channels from each."""

    def __init__(self, channels_in: int, plan: InceptionPlan, width: float) -> None:
        super().__init__()
        quarter, inner = scaled(plan.channels_out // 4, width), scaled(plan.inner, width)
        self.branches = nn.ModuleList([nn.Sequential(*_normalised(channels_in, quarter, 1))])
        for size in plan.windows:
            narrowed = _normalised(channels_in, inner, 1)
            self.branches.append(nn.Sequential(*narrowed, *_normalised(inner, quarter, size)))
        self.channels_out = 4 * quarter

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, channels_out, H, W), >= 0."""
        return torch.cat([branch(features) for branch in self.branches], 1)


def _blocks(channels_in: int, plans: tuple[InceptionPlan, ...], width: float) -> tuple[nn.Sequential, int]:
    """Blocks in a row, and the channels that come out."""
    blocks = nn.Sequential()
    for plan in plans:
        block = Inception(channels_in, plan, width)
        blocks.append(block)
        channels_in = block.channels_out
    return blocks, channels_in


class Hourglass(nn.Module):
    """One level: a path at its own size plus one at half the size, in the middle of which lies the next level."""

    channels_out: int

    def __init__(self, channels_in: int, plans: tuple[LevelPlan, ...], width: float) -> None:
        super().__init__()
        plan, *deeper = plans
        self.averages = plan.averages
        self.here, _ = _blocks(channels_in, plan.here, width)
        self.enter, channels = _blocks(channels_in, plan.enter, width)
        self.inner: Hourglass | nn.Identity = nn.Identity()
        if deeper:
            self.inner = Hourglass(channels, tuple(deeper), width)
            channels = self.inner.channels_out
        self.leave, self.channels_out = _blocks(channels, plan.leave, width)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) with even sides at every level -> (N, channels_out, H, W)."""
        halved = F.avg_pool2d(features, 2) if self.averages else F.max_pool2d(features, 2)
        coarse = self.leave(self.inner(self.enter(halved)))
        enlarged = F.interpolate(coarse, scale_factor=2, mode="nearest")
        both: Tensor = enlarged + self.here(features)
        return both


class DepthNet(nn.Module):
    """Depth from one frame alone."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        channels = scaled(128, width)
        self.first = same_size(3, channels, 7)
        self.norm = nn.BatchNorm2d(channels)
        self.hourglass = Hourglass(channels, PLAN, width)
        self.last = same_size(self.hourglass.channels_out, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """(N, 3, H, W) float32 RGB in [0, 1], sides multiples of 16 -> (N, 1, H, W), the logarithm of depth."""
        log_depth: Tensor = self.last(self.hourglass(F.relu(self.norm(self.first(frame)))))
        return log_depth
