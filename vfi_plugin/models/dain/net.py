"""DAIN put together from its networks.

Bao, Lai, Ma, Zhang, Gao, Yang: "Depth-Aware Video Frame Interpolation", CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import nn

from vfi_plugin.kernels import filter_warp, project_flow
from vfi_plugin.models.dain.context import ContextNet
from vfi_plugin.models.dain.depth import DepthNet
from vfi_plugin.models.dain.filters import TAPS, FilterNet
from vfi_plugin.models.dain.optical_flow import FLOW_SCALE_PX, FlowNet
from vfi_plugin.models.dain.rectify import RectifyNet
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor
Both = tuple[Tensor, Tensor]
"""One tensor for the earlier frame and one for the later."""


@dataclass(frozen=True)
class Seen:
    """What two frames say before a time is named; each entry for the earlier frame, then the later.

    Attributes:
        frames: (N, 3, H, W) RGB in [0, 1].
        flows: (N, 2, H / 4, W / 4) to the other frame, in twentieths of a full-size pixel.
        log_depths: (N, 1, H, W).
        kernels: (N, 16, H, W), 4 x 4 row by row.
        contexts: (N, C, H, W), the logarithm of depth last.
    """

    frames: Both
    flows: Both
    log_depths: Both
    kernels: Both
    contexts: Both


@dataclass(frozen=True)
class Between:
    """A frame at ``t`` and how it came about, (N, ..., H, W).

    Attributes:
        flows: 2 channels, pixels, from ``t`` to the earlier and to the later frame.
        blend: both moved frames mixed by time.
        residual: what the synthesis network adds.
    """

    flows: Both
    blend: Tensor
    residual: Tensor

    @property
    def frame(self) -> Tensor:
        """The published result, (N, 3, H, W) RGB, not clamped."""
        return self.residual + self.blend


class Dain(nn.Module):
    """Flow and depth are estimated once for a pair; each ``t`` then projects, moves, blends and corrects."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.filters = FilterNet(width)
        self.context = ContextNet(width)
        self.depth = DepthNet(width)
        self.optical_flow = FlowNet(width)
        # Blend, both moved frames, both flows, both frames' kernels, both moved contexts with their depth.
        evidence = 3 * 3 + 2 * 2 + 2 * TAPS + 2 * (self.context.channels_out + 1)
        self.rectify = RectifyNet(evidence, width)

    def forward(self, before: Tensor, after: Tensor, t: float | Tensor = 0.5) -> Tensor:
        """The frame at ``t``, (N, 3, H, W) float32 RGB as published, not clamped.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]; H and W are multiples of 64.
            after: the later one, the same size.
            t: in [0, 1], a number or (N, 1, 1, 1).
        """
        return self.at(self.look(before, after), t).frame

    def look(self, before: Tensor, after: Tensor) -> Seen:
        """Everything that does not depend on the time; frames as in ``forward``."""
        # One frame after the other takes half the memory; a training's normalisation has to see both at once.
        if torch.is_grad_enabled():
            log_depths = halves(self.depth(torch.cat([before, after])))
        else:
            log_depths = self.depth(before), self.depth(after)
        flows, kernels = self.optical_flow(before, after), self.filters(before, after)
        first, second = (
            torch.cat([*self.context.kept(frame), log_depth.detach()], 1)
            for frame, log_depth in zip((before, after), log_depths, strict=True)
        )
        return Seen(
            frames=(before, after),
            flows=flows,
            log_depths=log_depths,
            kernels=kernels,
            contexts=(first, second),
        )

    def at(self, seen: Seen, t: float | Tensor) -> Between:
        """The frame at ``t`` in [0, 1]."""
        flows = (
            projected(seen.flows[0], seen.log_depths[0], t),
            projected(seen.flows[1], seen.log_depths[1], 1.0 - t),
        )
        return self.compose(seen, flows, t)

    def compose(self, seen: Seen, flows: Both, t: float | Tensor) -> Between:
        """The frame at ``t``, given the flows from there to both frames, (N, 2, H, W) in pixels."""
        moved = moved_both(seen.frames, flows, seen.kernels)
        blend = (1.0 - t) * moved[0] + t * moved[1]
        small = torch.cat([blend, *moved, *flows, *seen.kernels], 1)
        return Between(flows, blend, self.rectify(chain([small], moved_contexts(seen, flows))))


def projected(flow: Tensor, log_depth: Tensor, share: float | Tensor) -> Tensor:
    """The flow from the frame at ``t`` back to a source, (N, 2, H, W) in pixels.

    Args:
        flow: the network's, (N, 2, H / 4, W / 4), from that source to the other.
        log_depth: of that source, (N, 1, H, W).
        share: how far along the flow the frame lies.
    """
    flow = full_size(flow, share)
    # Holes are filled as published: not while flow learns, since what is filled in has no gradient.
    return project_flow(flow, inverse_depth(log_depth), fill_holes=not flow.requires_grad)


def full_size(flow: Tensor, share: float | Tensor) -> Tensor:
    """``share`` of the network's flow (N, 2, H / 4, W / 4) in pixels of the full frame, (N, 2, H, W)."""
    return bilinear(FLOW_SCALE_PX * share * flow, 4)


def inverse_depth(log_depth: Tensor) -> Tensor:
    """How much a pixel counts where several land in one place, > 0: near ones hide far ones."""
    return 1e-6 + 1.0 / torch.exp(log_depth)


def moved_both(payloads: Both, flows: Both, kernels: Both) -> Both:
    """Both payloads (N, C, H, W) at the place they have at ``t``, filtered; see ``kernels.filter_warp``.

    Where a flow leads outside, the pixel of the same place is copied. The published source speaks of zeros there and
    does this.
    """
    first, second = map(filter_warp, payloads, flows, kernels)
    return first, second


def moved_contexts(seen: Seen, flows: Both) -> Iterator[Tensor]:
    """Both contexts moved, one after the other; they teach neither flow nor kernels."""
    for context, flow, kernels in zip(seen.contexts, flows, seen.kernels, strict=True):
        yield filter_warp(context, flow.detach(), kernels.detach())


def halves(batch: Tensor) -> Both:
    """The first and the second half of the items."""
    first, second = batch.chunk(2)
    return first, second


def build(variant: str = "", width: float = 1.0) -> nn.Module:
    """The network at a size; it has one variant."""
    assert not variant
    return Dain(width)
