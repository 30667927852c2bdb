"""What the fused classics are trained to do: the frame is to be near the true one, measured as people measure it.

PSNR is the logarithm of the squared error, crop by crop; so is what is lowered here, and a crop that is nearly right
counts as much as one that is far off. Half as much counts the logarithm of the distance of Laplacian pyramids, which a
soft picture does not lower where a sharp one is right.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.fused.model import Mixer
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.fused.sources import Sources
from vfi_plugin.motion.mixed import MixedMotion
from vfi_plugin.train.full_precision import in_full_precision
from vfi_plugin.train.initial import he_normal
from vfi_plugin.train.losses import laplacian_of_each
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_LEAST_ERROR = 1.0 / (12.0 * 255.0**2)
"""The mean square of what rounding to 8 bits changes: below, nothing is to be gained."""

_LEAST_DISTANCE = 1e-3
"""Of pyramids of 5 levels, where that rounding makes about as much."""

_PYRAMID_SHARE = 0.5

_WISH_SHARE = 0.002
"""Of the mean square of what is wished for. Without it wishes run to their bound, where nothing is learnt any more: at
a rate of 1e-3, on a GPU, within 2,000 steps."""

_EDGE_PX = 16
"""Of a crop, on each side, that is not measured."""


_LEAST_CROP_PX = 64
"""Edges, and five levels of a pyramid between them."""


@torch.no_grad()
def start_even(net: FusedNet) -> None:
    """Weights by which nothing is asked for at first: the frame is then about the mean of what both classics make."""
    he_normal(net, 0.1)  # the slope of its leaky ReLUs
    nn.init.zeros_(net.head.weight)


class FusedObjective(Objective):
    """The frame at each time is to be the true one; both searches run on the CPU, on all cores."""

    net: FusedNet

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """Those of ``losses_of``, means over the times.

        Raises:
            UsageError: crops too small for what is measured inside their edges.
        """
        side = min(batch.before.shape[2:])
        if side < _LEAST_CROP_PX:
            raise UsageError(f"got crops of {side} px for fused; give --crop {_LEAST_CROP_PX} or more")
        pairs = self.searched(batch)
        found = []
        for n in range(batch.times.shape[1]):
            sources = self.sources(batch, pairs, batch.times[:, n].view(-1, 1, 1, 1))
            asked = Mixer(self.net).asked(sources)
            found.append(losses_of(mixed(sources, asked), batch.between[:, n], asked))
        return {name: torch.stack([terms[name] for terms in found]).mean() for name in found[0]}

    @torch.no_grad()
    def searched(self, batch: Batch) -> tuple[DisPair, FastPair]:
        """What both classics find in the pairs of a batch."""
        return DisPair(batch.before, batch.after, 1), FastPair(batch.before, batch.after, 1)

    @torch.no_grad()
    def sources(self, batch: Batch, pairs: tuple[DisPair, FastPair], times: Tensor) -> Sources:
        """What a frame at ``times``, (N, 1, 1, 1), is a mix of."""
        classic, fast = (pair.at_times(times) for pair in pairs)
        return Sources(classic, fast, (batch.before, batch.after), times, things=pairs[0].things)


def mixed(sources: Sources, asked: Tensor) -> Tensor:
    """The frames that these wishes make, (N, 3, H, W), sampled as payloads are."""
    return MixedMotion(sources.motions, sources.shares(asked)).with_taps("cubic").apply(*sources.guides)


@in_full_precision
def losses_of(made: Tensor, true: Tensor, asked: Tensor) -> dict[str, Tensor]:
    """What is lowered: scalars, means over crops.

    Args:
        made: (N, 3, H, W) frames.
        true: what they are to be.
        asked: the wishes that made them.

    Returns:
        "error", the logarithm of the squared error; "pyramid", half of that of the Laplacian distance; "wishes".
    """
    error = (inner(made) - inner(true)).square().mean((1, 2, 3)).clamp(min=_LEAST_ERROR).log()
    distance = laplacian_of_each(inner(made), inner(true)).clamp(min=_LEAST_DISTANCE).log()
    return {
        "error": error.mean(),
        "pyramid": _PYRAMID_SHARE * distance.mean(),
        "wishes": _WISH_SHARE * asked.square().mean(),
    }


def inner(frames: Tensor) -> Tensor:
    """Crops without their edges, where the search lacks what a whole frame shows."""
    return frames[..., _EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX]
