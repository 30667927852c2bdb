"""The networks of Super SloMo: flow between two frames, then flow and visibility as seen from any time between them.

Jiang, Sun, Jampani, Yang, Learned-Miller, Kautz: "Super SloMo: High Quality Estimation of Multiple Intermediate Frames
for Video Interpolation", CVPR 2018. Layers, their order and the sampling positions are those of the trained weights
that Paliwal published under MIT; the code is ours.

Frames here are (N, 3, H, W) float32 RGB in [0, 1] minus ``MEAN``, H and W multiples of 32. Flows are (N, 2, H, W), x
then y, in the pixels of the published warp (see ``pixel_flow``).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.kernels.reference import pixel_grid
from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.part import Part
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

SIZE_MULTIPLE = 32
"""Five halvings."""

MEAN = (0.429, 0.431, 0.397)
"""Average colour of the training frames, RGB."""

_CHANNELS = (32, 64, 128, 256, 512, 512)  # at full size, 1/2, 1/4, 1/8, 1/16, 1/32
_KERNELS = (7, 5, 3, 3, 3, 3)  # large ones at the fine levels, to catch long motion early


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


def _leaky(values: Tensor) -> Tensor:
    return F.leaky_relu(values, 0.1)


class Convolutions(nn.Module):
    """Two convolutions at one level."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, kernel)
        self.second = _conv(outputs, outputs, kernel)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C', h, w)."""
        return _leaky(self.second(_leaky(self.first(features))))


class Enlarging(nn.Module):
    """To twice the size, and joined with what the encoder had at that size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, 3)
        self.second = _conv(2 * outputs, outputs, 3)

    def forward(self, features: Tensor, encoded: Tensor) -> Tensor:
        """(N, C, h, w) and (N, C', 2h, 2w) -> (N, C', 2h, 2w)."""
        enlarged = bilinear(features, 2)
        return _leaky(self.second(torch.cat([_leaky(self.first(enlarged)), encoded], 1)))


class UNet(nn.Module):
    """An hourglass of six levels with skip connections; every layer is leaky, the last one too."""

    def __init__(self, inputs: int, outputs: int, width: float = 1.0) -> None:
        super().__init__()
        channels = [max(1, round(width * count)) for count in _CHANNELS]
        pairs = list(pairwise(channels))
        self.entry = Convolutions(inputs, channels[0], _KERNELS[0])
        self.down = nn.ModuleList(
            Convolutions(fine, coarse, kernel) for (fine, coarse), kernel in zip(pairs, _KERNELS[1:], strict=True)
        )
        self.up = nn.ModuleList(Enlarging(coarse, fine) for fine, coarse in reversed(pairs))
        self.head = _conv(channels[0], outputs, 3)

    def forward(self, images: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        levels = [self.entry(images)]
        for down in self.down:
            levels.append(down(F.avg_pool2d(levels[-1], 2)))
        features = levels.pop()
        for up in self.up:
            features = up(features, levels.pop())
        return _leaky(self.head(features))


@dataclass(frozen=True)
class AtTime:
    """What is seen from the frame at ``t``.

    Attributes:
        flow_t_to_0: (N, 2, H, W), to the earlier frame.
        flow_t_to_1: the same to the later one.
        log_odds: (N, 1, H, W), the logarithm of how much more visible the earlier frame's content is: V0 / V1.
    """

    flow_t_to_0: Tensor
    flow_t_to_1: Tensor
    log_odds: Tensor

    @property
    def visibility_0(self) -> Tensor:
        """V0, (N, 1, H, W) in [0, 1]; V1 is the rest."""
        return self.log_odds.sigmoid()


class SuperSlomo(nn.Module):
    """Both networks; ``width`` scales the numbers of channels, 1 is the published size."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.flow = UNet(6, 4, width)
        self.interpolation = UNet(20, 5, width)

    def forward(self, before: Tensor, after: Tensor, t: Tensor) -> Tensor:
        """The frame at ``t``, (N, 3, H, W) float32 RGB as published, not clamped.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]; H and W are multiples of 32. Unlike in the
                other methods, nothing is subtracted from it.
            after: the later one, the same size.
            t: (N, 1, 1, 1), 0 < t < 1; at either end take the frame itself.
        """
        mean = before.new_tensor(MEAN).view(1, 3, 1, 1)
        frames = before - mean, after - mean
        found = self.at_time(frames, self.flows(*frames), t)
        weight_0 = torch.sigmoid(found.log_odds + torch.log((1.0 - t) / t))
        moved = published_warp(frames[0], found.flow_t_to_0), published_warp(frames[1], found.flow_t_to_1)
        return torch.lerp(moved[1], moved[0], weight_0) + mean

    def flows(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Flow from the earlier frame to the later one and back."""
        forward, backward = self.flow(torch.cat([before, after], 1)).split(2, 1)
        return forward, backward

    def at_time(
        self, frames: tuple[Tensor, Tensor], flows: tuple[Tensor, Tensor], t: float | Tensor, part: Part | None = None
    ) -> AtTime:
        """Refines the flows as they would be seen from ``t``, 0 < t < 1, and finds what each frame hides.

        ``part`` says where the frames lie in larger ones, padded ones; None where they are whole.
        """
        rough_0, rough_1 = seen_from(flows, t)
        moved_0, moved_1 = published_warp(frames[0], rough_0, part), published_warp(frames[1], rough_1, part)
        # The later frame's comes first: the order the weights were trained with.
        seen = torch.cat([*frames, *flows, rough_1, rough_0, moved_1, moved_0], 1)
        change_0, change_1, log_odds = self.interpolation(seen).split([2, 2, 1], 1)
        return AtTime(rough_0 + change_0, rough_1 + change_1, log_odds)


def seen_from(flows: tuple[Tensor, Tensor], t: float | Tensor) -> tuple[Tensor, Tensor]:
    """Flows from ``t`` to the earlier and the later frame, if motion were the same all around a pixel.

    Equation 4 of the paper: the nearer frame's flow counts for more.
    """
    forward, backward = flows
    to_0 = t * t * backward - (1.0 - t) * t * forward
    to_1 = (1.0 - t) * (1.0 - t) * forward - t * (1.0 - t) * backward
    return to_0, to_1


def pixel_flow(flow: Tensor, part: Part | None = None) -> Tensor:
    """The flow (N, 2, H, W) in real pixels of one that the network speaks of.

    The published warp divides positions by W where it should divide by W - 1, so that x + u really reads at
    (x + u)(W - 1)/W. The weights were trained with that, so it belongs to the model. Over the frame it adds up to one
    pixel: a part of a frame has to know its place, or it would be shifted against its neighbours.
    """
    columns, rows = pixel_grid(flow)
    height, width = flow.shape[2:]
    if part is not None:
        columns, rows, height, width = columns + part.left, rows + part.top, part.height, part.width
    x = flow[:, 0] - (columns + flow[:, 0]) / width
    y = flow[:, 1] - (rows + flow[:, 1]) / height
    return torch.stack([x, y], 1)


def published_warp(frame: Tensor, flow: Tensor, part: Part | None = None) -> Tensor:
    """The frame (N, C, H, W) read where a flow of the network leads; 0, the mean colour, outside."""
    return warp(frame, pixel_flow(flow, part), border="zero")
