"""What DAIN is trained to do: Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019.

Charbonnier with 1e-6 on the frame that it shows. The authors start from trained networks for flow and depth, and train
those at a hundredth and a thousandth of the rate; without such a start, flow has to learn from the frame alone, so the
mix of both moved frames counts too (their own code has a weight for it, which they leave at 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import nn

from vfi_plugin.models.dain.filters import TAPS
from vfi_plugin.models.dain.net import Dain
from vfi_plugin.models.dain.optical_flow import Estimator
from vfi_plugin.train.initial import quieten
from vfi_plugin.train.losses import charbonnier
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_EPSILON = 1e-6

_BILINEAR_TAPS = (5, 6, 9, 10)
"""Of four rows of four: those that a bilinear warp reads, each with its quadrant's share."""


@torch.no_grad()
def start_as_average(net: Dain) -> None:
    """Quiets what torch drew, so that nothing moves at first, filters are a plain warp, and nothing is corrected.

    The frame is then the mean of both, and flow learns from there. As torch draws it, flow begins at random lengths;
    where it leads out of the frame it has no gradient, and grows for ever.
    """
    flow = net.optical_flow
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
    """

    net: Dain

    def __init__(self, net: Dain, *, blend_weight: float = 0.0) -> None:
        super().__init__(net)
        self.blend_weight = blend_weight

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The term "frame", and "blend" where it has a weight; the mean over the batch's times."""
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
