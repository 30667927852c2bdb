"""What DAIN is trained to do: Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019.

Charbonnier with 1e-6 on the frame that it shows. The authors start from trained networks for flow and depth, and train
those at a hundredth and a thousandth of the rate. Without such a start flow has to be learnt on the way: from frames,
where the mix of both moved frames counts too (their own code has a weight for it, which they leave at 0), and from
made-up pairs whose flow is known, as Sun et al., "PWC-Net", CVPR 2018, train it: its error's length at every level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.dain.filters import TAPS
from vfi_plugin.models.dain.net import Dain
from vfi_plugin.models.dain.optical_flow import FLOW_SCALE_PX, LEAKY_SLOPE, Estimator
from vfi_plugin.train.initial import he_normal, quieten
from vfi_plugin.train.losses import charbonnier
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_EPSILON = 1e-6

_FLOW_SHARES = (1.0, 1.0, 1.0, 2.0, 4.0)
"""What the mean error of each level counts, the coarsest first: PWC-Net's 0.32, 0.08, 0.02, 0.01 and 0.005 are for sums
over a level's pixels, four times as many on each finer one."""

_BILINEAR_TAPS = (5, 6, 9, 10)
"""Of four rows of four: those that a bilinear warp reads, each with its quadrant's share."""


@torch.no_grad()
def start_as_average(net: Dain) -> None:
    """Weights by which nothing moves at first, filters are a plain warp, and nothing is corrected.

    The frame is then the mean of both, and flow learns from there. As torch draws it, features die away in the pyramid,
    so that there is nothing to match; and flow begins at random lengths: where it leads out of the frame it has no
    gradient, and grows for ever.
    """
    flow = net.optical_flow
    he_normal(flow, LEAKY_SLOPE)
    estimators = [cast(Estimator, estimator) for estimator in flow.estimators]
    for layer in (*(estimator.flow for estimator in estimators), flow.last, net.rectify.last):
        quieten(layer)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    for head in net.filters.heads:
        last = cast(nn.Conv2d, cast(nn.Sequential, head)[-1])
        quieten(last)
        assert last.bias is not None
        last.bias.copy_(torch.tensor([float(tap in _BILINEAR_TAPS) for tap in range(TAPS)]))


class DainObjective(Objective):
    """The frame at each time is to be the true one.

    Args:
        net: sides of frames are multiples of 64.
        blend_weight: of the mix of both moved frames, before the correction; 0 as published, for trained flow.

    Pairs that come with their flow teach flow alone: that takes an eighth of the time of a whole step, and flow is what
    needs the most pairs.
    """

    net: Dain

    def __init__(self, net: Dain, *, blend_weight: float = 0.0) -> None:
        super().__init__(net)
        self.blend_weight = blend_weight

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The term "flow" where it is known; else "frame", and "blend" where it has a weight, means over the times."""
        if batch.flows is not None:
            return {"flow": flow_error(self.net.optical_flow.levels(batch.before, batch.after), batch.flows)}
        seen = self.net.look(batch.before, batch.after)
        frames, blends = [], []
        for n in range(batch.times.shape[1]):
            made = self.net.at(seen, batch.times[:, n].view(-1, 1, 1, 1))
            frames.append(charbonnier(made.frame, batch.between[:, n], _EPSILON))
            blends.append(charbonnier(made.blend, batch.between[:, n], _EPSILON))
        terms = {"frame": torch.stack(frames).mean()}
        if self.blend_weight:
            terms["blend"] = self.blend_weight * torch.stack(blends).mean()
        return terms


def flow_error(levels: Sequence[Tensor], true: Tensor) -> Tensor:
    """The mean length of the error in ``FLOW_SCALE_PX`` pixels, over levels by ``_FLOW_SHARES``, both ways.

    Args:
        levels: as ``FlowNet.levels`` gives them, each (2 N, 2, H / k, W / k).
        true: (N, 2, 2, H, W) px, ``Batch.flows``.
    """
    wanted = torch.cat(true.unbind(1)) / FLOW_SCALE_PX
    total = true.new_zeros(())
    for flow, share in zip(levels, _FLOW_SHARES, strict=True):
        apart = flow - F.avg_pool2d(wanted, wanted.shape[-1] // flow.shape[-1])
        total = total + share * (apart.square().sum(1) + _EPSILON).sqrt().mean()
    return total / sum(_FLOW_SHARES)
