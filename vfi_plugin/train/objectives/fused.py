"""What the fused classics are trained to do: the frame is to be near the true one, measured as people measure it.

PSNR is the logarithm of the squared error, crop by crop; so is what is lowered here, and a crop that is nearly right
counts as much as one that is far off. Half as much counts the logarithm of the distance of Laplacian pyramids, which a
soft picture does not lower where a sharp one is right.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

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
_EDGE_PX = 16
"""Of a crop, on each side, that is not measured: there the search lacks what a whole frame shows."""


@torch.no_grad()
def start_even(net: FusedNet) -> None:
    """Weights by which nothing is asked for at first: the frame is then about the mean of what both classics make."""
    he_normal(net, 0.1)  # the slope of its leaky ReLUs
    nn.init.zeros_(net.head.weight)


class FusedObjective(Objective):
    """The frame at each time is to be the true one; both searches run on the CPU, on as many threads as there are."""

    net: FusedNet

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The terms "error" and "pyramid", means over crops and times."""
        pairs = self.searched(batch)
        errors, distances = [], []
        for n in range(batch.times.shape[1]):
            made = _inner(self.frame(batch, pairs, batch.times[:, n].view(-1, 1, 1, 1)))
            true = _inner(batch.between[:, n])
            errors.append(_log_error(made, true))
            distances.append(laplacian_of_each(made, true).clamp(min=_LEAST_DISTANCE).log())
        return {"error": torch.cat(errors).mean(), "pyramid": _PYRAMID_SHARE * torch.cat(distances).mean()}

    @torch.no_grad()
    def searched(self, batch: Batch) -> tuple[DisPair, FastPair]:
        """What both classics find in the pairs of a batch."""
        return DisPair(batch.before, batch.after, 1), FastPair(batch.before, batch.after, 1)

    def frame(self, batch: Batch, pairs: tuple[DisPair, FastPair], times: Tensor) -> Tensor:
        """The frames at ``times``, (N, 1, 1, 1), by what was found."""
        guides = batch.before, batch.after
        with torch.no_grad():
            classic, fast = (pair.at_times(times) for pair in pairs)
        sources = Sources(classic, fast, guides, times)
        shares = Mixer(self.net).shares(sources)
        return MixedMotion(sources.motions, shares).with_taps("cubic").apply(*guides)


def _inner(frames: Tensor) -> Tensor:
    return frames[..., _EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX]


@in_full_precision
def _log_error(made: Tensor, true: Tensor) -> Tensor:
    """The logarithm of each crop's mean squared error, (N,)."""
    return (made - true).square().mean((1, 2, 3)).clamp(min=_LEAST_ERROR).log()
