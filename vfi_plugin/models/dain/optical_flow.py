"""The flow estimation network.

Sun, Yang, Liu, Kautz: "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018; the form
with densely connected estimators.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.kernels import correlation, warp
from vfi_plugin.models.dain.layers import same_size, scaled

Tensor = torch.Tensor

FLOW_SCALE_PX = 20.0
"""What the network's output is multiplied by to be pixels of the full frame."""

LEAKY_SLOPE = 0.1
"""Of the activations below 0."""

_PYRAMID = (16, 32, 64, 96, 128, 196)  # channels at a half, a quarter, ... 1/64 of the frame's sides
_ESTIMATOR = (128, 128, 96, 64, 32)
_REFINEMENT = ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1))  # channels and dilation
_RADIUS_PX = 4
_COSTS = (2 * _RADIUS_PX + 1) ** 2
_INSIDE = 0.9999  # share of a warped pixel that must lie in the frame


def _leaky(features: Tensor) -> Tensor:
    return F.leaky_relu(features, LEAKY_SLOPE)


def _enlarging(channels_in: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels_in, 2, 4, stride=2, padding=1)


class Estimator(nn.Module):
    """Flow at one level; each layer sees everything before it (Huang et al., CVPR 2017)."""

    def __init__(self, channels_in: int, width: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for channels in (scaled(channels, width) for channels in _ESTIMATOR):
            self.layers.append(same_size(channels_in, channels))
            channels_in += channels
        self.flow = same_size(channels_in, 2)
        self.channels_out = channels_in

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, H, W) -> flow (N, 2, H, W) and all features (N, channels_out, H, W), the newest in front."""
        for layer in self.layers:
            features = torch.cat([_leaky(layer(features)), features], 1)
        return self.flow(features), features


class Enlarger(nn.Module):
    """Hands flow and two channels of features on to the next finer level."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.flow = _enlarging(2)
        self.features = _enlarging(channels_in)

    def forward(self, flow: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """Both become (N, 2, 2 H, 2 W)."""
        return self.flow(flow), self.features(features)


class FlowNet(nn.Module):
    """Flow from coarse to fine: warp the second frame's features by what is known, compare, estimate anew."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        levels = [scaled(channels, width) for channels in _PYRAMID]
        self.pyramid = nn.ModuleList()
        for channels_in, channels in zip([3, *levels[:-1]], levels, strict=True):
            first = nn.Conv2d(channels_in, channels, 3, stride=2, padding=1)
            self.pyramid.append(nn.ModuleList([first, same_size(channels, channels), same_size(channels, channels)]))
        estimator = Estimator(_COSTS, width)
        self.estimators = nn.ModuleList([estimator])
        self.enlargers = nn.ModuleList()
        for channels in levels[-2:0:-1]:  # flow ends at a quarter of the sides; the finest level is but passed through
            self.enlargers.append(Enlarger(estimator.channels_out))
            estimator = Estimator(_COSTS + channels + 4, width)
            self.estimators.append(estimator)
        self.unused = _enlarging(2)  # published files hold it, and nothing reads it
        self.refinement = nn.ModuleList()
        channels_in = estimator.channels_out
        for channels, dilation in _REFINEMENT:
            self.refinement.append(same_size(channels_in, scaled(channels, width), dilation=dilation))
            channels_in = scaled(channels, width)
        self.last = same_size(channels_in, 2)

    def forward(self, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
        """Flow both ways.

        Args:
            before: (N, 3, H, W) float32 RGB in [0, 1]; sides are multiples of 64.
            after: the same.

        Returns:
            From ``before`` to ``after`` and back, (N, 2, H / 4, W / 4), x then y; times ``FLOW_SCALE_PX`` they are
            pixels of the full frame.
        """
        forward, backward = self.levels(before, after)[-1].chunk(2)
        return forward, backward

    def levels(self, before: Tensor, after: Tensor) -> list[Tensor]:
        """Flow at 1/64, 1/32 ... 1/4 of the frames' sides, as each level leaves it; frames and units as in ``forward``.

        Each is (2 N, 2, H / k, W / k), from ``before`` first; the finest is the refined one.
        """
        features = self._describe(torch.cat([before, after]))
        return self._match(features, [torch.cat(level.chunk(2)[::-1]) for level in features])

    def _describe(self, frames: Tensor) -> list[Tensor]:
        """The features of every level but the finest, the coarsest first."""
        found = []
        for level in self.pyramid:
            for convolution in level:  # type: ignore[attr-defined]
                frames = _leaky(convolution(frames))
            found.append(frames)
        return found[:0:-1]

    def _match(self, first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
        costs = _leaky(correlation(first[0], second[0], radius=_RADIUS_PX))
        flow, known = self.estimators[0](costs)
        found = [flow]
        for step, enlarge in enumerate(self.enlargers, 1):
            flow, handed_on = enlarge(flow, known)
            # A level's flow is in twentieths of full-size pixels; its own pixels are 32, 16, 8, 4 times as large.
            moved = _moved(second[step], flow * (FLOW_SCALE_PX / 2 ** (6 - step)))
            costs = _leaky(correlation(first[step], moved, radius=_RADIUS_PX))
            flow, known = self.estimators[step](torch.cat([costs, first[step], flow, handed_on], 1))
            found.append(flow)
        for convolution in self.refinement:
            known = _leaky(convolution(known))
        found[-1] = flow + self.last(known)
        return found


def _moved(features: Tensor, flow: Tensor) -> Tensor:
    """Features (N, C, H, W) where the flow (N, 2, H, W) px leads; 0 where that is not wholly inside.

    The published code normalises coordinates so that -1 and 1 are the centres of the outermost pixels, which was all
    that grid_sample knew in its day (``align_corners=True`` now); in pixels that is a plain shift.
    """
    inside = warp(torch.ones_like(features[:, :1]), flow, border="zero") >= _INSIDE
    return warp(features, flow, border="zero") * inside
