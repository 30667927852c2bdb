"""IFNet of RIFE 4.x: flow and blending mask of a pair, refined block by block from coarse to fine.

Huang, Zhang, Heng, Shi, Zhou: "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", ECCV 2022. The
4.x networks are later ones by the same authors (https://github.com/hzwer/Practical-RIFE, MIT). Written from the facts
about them; names of modules are theirs, so that published tensors keep their names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.errors import WeightsError
from vfi_plugin.kernels.checking import flow_under_autocast
from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

_SLOPE = 0.2  # of every LeakyReLU
_BODY_CONVOLUTIONS = 8


@dataclass(frozen=True)
class Layout:
    """What tells the published networks apart.

    Attributes:
        channels: of each block, coarse to fine.
        scales: by how much each block's input is reduced.
        encoder: hidden and final channels of the encoder of each frame; None where there is none.
        features: channels that a block hands on to the next one.
        unused: channels that a block puts out and nothing reads.
        adds_mask: whether a block's mask is added to what there was; otherwise it takes its place.
        size_multiple: frames must be padded to a multiple of this many pixels.
    """

    channels: tuple[int, ...]
    scales: tuple[int, ...]
    encoder: tuple[int, int] | None
    features: int
    unused: int
    adds_mask: bool
    size_multiple: int


LAYOUTS = {
    "4.6": Layout((192, 128, 96, 64), (8, 4, 2, 1), None, 0, 1, True, 32),
    "4.25": Layout((192, 128, 96, 64, 32), (16, 8, 4, 2, 1), (16, 4), 8, 0, False, 64),
}


class State(NamedTuple):
    """What is known after a block.

    Attributes:
        flow: (N, 4, H, W) pixels of the full resolution: x, y from ``t`` to the earlier frame, x, y to the later one.
        mask: (N, 1, H, W) logits of the earlier frame's share.
        features: (N, F, H, W) for the next block; F is 0 in 4.6.
    """

    flow: Tensor
    mask: Tensor
    features: Tensor


def _activated(convolution: nn.Module) -> nn.Sequential:
    return nn.Sequential(convolution, nn.LeakyReLU(_SLOPE))


class ResConv(nn.Module):
    """A convolution that adds to its input, by a learned factor a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.beta = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        return F.leaky_relu(self.conv(x) * self.beta + x, _SLOPE)


class IFBlock(nn.Module):
    """One step of refinement, at a reduced size."""

    def __init__(self, inputs: int, channels: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(
            _activated(nn.Conv2d(inputs, channels // 2, 3, 2, 1)),
            _activated(nn.Conv2d(channels // 2, channels, 3, 2, 1)),
        )
        self.convblock = nn.Sequential(*[ResConv(channels) for _ in range(_BODY_CONVOLUTIONS)])
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(channels, 4 * outputs, 4, 2, 1), nn.PixelShuffle(2))

    def forward(self, seen: Tensor, flow: Tensor | None, scale: float) -> Tensor:
        """What is to be added to the flow, the mask and further channels.

        Args:
            seen: (N, C, H, W) at full resolution.
            flow: (N, 4, H, W) in its pixels, or None in the first block.
            scale: by how much to reduce.

        Returns:
            (N, 5 and more, H, W): 4 of flow, 1 of mask, the rest.
        """
        found = _resized(self.found(self.inputs(seen, flow, scale)), scale)
        return torch.cat([found[:, :4] * scale, found[:, 4:]], 1)

    def inputs(self, seen: Tensor, flow: Tensor | None, scale: float) -> Tensor:
        """What the block's convolutions see, (N, C, H / scale, W / scale); arguments as in ``forward``."""
        inputs = _resized(seen, 1 / scale)
        if flow is not None:
            inputs = torch.cat([inputs, _resized(flow, 1 / scale) / scale], 1)
        return inputs

    def found(self, inputs: Tensor) -> Tensor:
        """What they make of it at the same size, (N, 5 and more, h, w), flow in pixels of that size."""
        # In half precision flow would be a quarter of a pixel off: what is found is added up in float32.
        found: Tensor = flow_under_autocast(self.lastconv(self.convblock(self.conv0(inputs))))
        return found

    def multiply_adds(self, scale: float) -> float:
        """Of its convolutions, for each pixel of the full resolution."""
        # The first one puts out a quarter of the pixels; all others read or put out a sixteenth.
        first, *rest = _kernel_sizes(self)
        return (first / 4 + sum(rest) / 16) / scale**2


class Encoder(nn.Module):
    """Features of one frame at its full resolution."""

    def __init__(self, hidden: int, outputs: int) -> None:
        super().__init__()
        self.cnn0 = nn.Conv2d(3, hidden, 3, 2, 1)
        self.cnn1 = nn.Conv2d(hidden, hidden, 3, 1, 1)
        self.cnn2 = nn.Conv2d(hidden, hidden, 3, 1, 1)
        self.cnn3 = nn.ConvTranspose2d(hidden, outputs, 4, 2, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, outputs, H, W)."""
        x = frame
        for layer in (self.cnn0, self.cnn1, self.cnn2):
            x = F.leaky_relu(layer(x), _SLOPE)
        found: Tensor = self.cnn3(x)
        return found

    def multiply_adds(self) -> float:
        """Of its convolutions for one frame, for each pixel: all of them run at a quarter of the pixels."""
        return sum(_kernel_sizes(self)) / 4


class IFNet(nn.Module):
    """The network.

    Args:
        layout: which of the published ones.
        width: factor on the channels inside blocks and encoder; 1 is the published size.
    """

    def __init__(self, layout: Layout, width: float = 1.0) -> None:
        super().__init__()
        self.layout = layout
        encoded = layout.encoder[1] if layout.encoder else 0
        pair = 2 * (3 + encoded) + 1  # both frames with their features, and the plane of t
        outputs = 4 + 1 + layout.features + layout.unused
        for index, published in enumerate(layout.channels):
            inputs = pair if index == 0 else pair + 1 + layout.features + 4
            # Named as published: block0.conv0..., not blocks.0.conv0...
            self.add_module(f"block{index}", IFBlock(inputs, _scaled(published, width), outputs))
        if layout.encoder:
            self.encode = Encoder(_scaled(layout.encoder[0], width), encoded)

    def look(self, frame: Tensor) -> Tensor:
        """A frame (N, 3, H, W) with its features behind it, (N, 3 or more, H, W); work that does not depend on t.

        Values are clamped to [0, 1] because the published network does so itself.
        """
        frame = frame.clamp(0.0, 1.0)
        return torch.cat([frame, self.encode(frame)], 1) if self.layout.encoder else frame

    def states(self, before: Tensor, after: Tensor, t: Tensor, reduction: float = 1.0) -> Iterator[State]:
        """What is known after each block.

        Args:
            before: what ``look`` made of the earlier frame; sides are multiples of ``size_multiple * reduction``.
            after: the same of the later frame.
            t: (N, 1, 1, 1) in [0, 1].
            reduction: 2 looks for motion at half the size.
        """
        time = t.expand(-1, 1, before.shape[2], before.shape[3])
        state: State | None = None
        for index, scale in enumerate(self.layout.scales):
            block = self.block(index)
            if state is None:
                found = block(together(before, after, time), None, scale * reduction)
            else:
                moved = warp(before, state.flow[:, :2]), warp(after, state.flow[:, 2:])
                seen = together(*moved, time, state.mask, state.features)
                found = block(seen, state.flow, scale * reduction)
            state = self.advanced(state, found)
            yield state

    def advanced(self, state: State | None, found: Tensor) -> State:
        """The state after one more block; ``found`` is what that one gives."""
        flow, mask, features = found[:, :4], found[:, 4:5], found[:, 5 : 5 + self.layout.features]
        if state is None:
            return State(flow, mask, features)
        return State(state.flow + flow, state.mask + mask if self.layout.adds_mask else mask, features)

    def forward(self, before: Tensor, after: Tensor, t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The frame at ``t`` and how it was made.

        Args:
            before: (N, 3, H, W) float32 RGB; H and W are multiples of ``layout.size_multiple``.
            after: the same.
            t: (N, 1, 1, 1) in [0, 1].

        Returns:
            The frame (N, 3, H, W); the flow (N, 4, H, W) as in ``State``; the earlier frame's share (N, 1, H, W).
        """
        state = last(self.states(self.look(before), self.look(after), t))
        share = torch.sigmoid(state.mask)
        moved_0 = warp(before.clamp(0.0, 1.0), state.flow[:, :2])
        moved_1 = warp(after.clamp(0.0, 1.0), state.flow[:, 2:])
        return share * moved_0 + (1 - share) * moved_1, state.flow, share

    def multiply_adds(self) -> int:
        """Of the convolutions, for each pixel of a frame made between a pair."""
        total = sum(self.block(index).multiply_adds(scale) for index, scale in enumerate(self.layout.scales))
        return round(total + (2 * self.encode.multiply_adds() if self.layout.encoder else 0))

    def block(self, index: int) -> IFBlock:
        """The one of that number, coarse to fine."""
        return cast(IFBlock, self.get_submodule(f"block{index}"))


def last(states: Iterator[State]) -> State:
    """The state after the last block; those before are let go."""
    return deque(states, maxlen=1).pop()


def together(before: Tensor, after: Tensor, *rest: Tensor) -> Tensor:
    """What a block sees, in the published order: both frames, the features of both, the rest."""
    return torch.cat([before[:, :3], after[:, :3], before[:, 3:], after[:, 3:], *rest], 1)


def _kernel_sizes(part: nn.Module) -> list[int]:
    """Numbers in the kernel of each convolution, in their order."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return [layer.weight.numel() for layer in part.modules() if isinstance(layer, kinds)]


def _resized(x: Tensor, factor: float) -> Tensor:
    """Plain bilinear between pixel centres, without a filter against aliasing, as published."""
    return x if factor == 1 else bilinear(x, factor)


def _scaled(channels: int, width: float) -> int:
    """At least 8 and a multiple of 8, which is what fast convolutions want."""
    return channels if width == 1 else max(8, 8 * round(channels * width / 8))


def build(variant: str = "4.25", width: float = 1.0) -> IFNet:
    """The network of a variant with untrained weights.

    Args:
        variant: "4.6", or "4.25", which is the architecture of 4.26 too.
        width: factor on the published numbers of channels.

    Raises:
        WeightsError: there is no such variant.
    """
    if variant not in LAYOUTS:
        raise WeightsError(f"RIFE has no variant {variant!r} here; weights must be of {' or '.join(LAYOUTS)}")
    return IFNet(LAYOUTS[variant], width)
