"""What Super SloMo is trained to do.

Jiang et al., "Super SloMo", CVPR 2018; weights as the repository trains them whose weights are in use
(github.com/avinashpaliwal/Super-SloMo), divided by 204, its weight of the frame: 0.8 for colour and 0.4 for warping on
a scale of 255, 0.005 for features, 1 for smoothness.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.models.superslomo.net import MEAN, SuperSlomo, published_warp, seen_from
from vfi_plugin.train.losses import absolute, roughness
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.perceptual import Perceptual

Tensor = torch.Tensor

_WARPING, _FEATURES, _SMOOTHNESS = 0.5, 0.005 / 204.0, 1.0 / 204.0


class SuperSlomoObjective(Objective):
    """The frame at each time is to be the true one, and flow is to lead from frame to frame, smoothly.

    Args:
        net: both networks; sides of frames are multiples of 32.
        perceptual: the published one is the mean squared distance of VGG-16's conv4_3; None leaves it out.
    """

    net: SuperSlomo

    def __init__(self, net: SuperSlomo, *, perceptual: Perceptual | None = None) -> None:
        super().__init__(net)
        self.perceptual = perceptual

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The terms "frame", "warping", "smoothness" and, where it is wanted, "features"; all times of the batch."""
        mean = batch.before.new_tensor(MEAN).view(1, 3, 1, 1)
        frames = batch.before - mean, batch.after - mean
        flows = self.net.flows(*frames)
        made = [self._at(frames, flows, batch.times[:, n].view(-1, 1, 1, 1)) for n in range(batch.times.shape[1])]
        found, true = torch.stack(made, 1), batch.between - mean
        forward, backward = flows
        ends = absolute(published_warp(frames[0], backward), frames[1])
        ends = ends + absolute(published_warp(frames[1], forward), frames[0])
        terms = {
            "frame": absolute(found, true),
            "warping": _WARPING * (ends + self._warped(frames, flows, batch, true)),
            "smoothness": _SMOOTHNESS * (roughness(forward) + roughness(backward)),
        }
        if self.perceptual is not None:
            seen, wanted = (found + mean).flatten(0, 1), batch.between.flatten(0, 1)
            terms["features"] = _FEATURES * self.perceptual(seen, wanted)
        return terms

    def _at(self, frames: tuple[Tensor, Tensor], flows: tuple[Tensor, Tensor], t: Tensor) -> Tensor:
        found = self.net.at_time(frames, flows, t)
        weight_0 = torch.sigmoid(found.log_odds + torch.log((1.0 - t) / t))
        moved = published_warp(frames[0], found.flow_t_to_0), published_warp(frames[1], found.flow_t_to_1)
        return torch.lerp(moved[1], moved[0], weight_0)

    def _warped(
        self, frames: tuple[Tensor, Tensor], flows: tuple[Tensor, Tensor], batch: Batch, true: Tensor
    ) -> Tensor:
        """Both ends, led to each time by the flows before they are refined, against the true frames."""
        total = true.new_zeros(())
        times = batch.times.shape[1]
        for n in range(times):
            rough = seen_from(flows, batch.times[:, n].view(-1, 1, 1, 1))
            for frame, flow in zip(frames, rough, strict=True):
                total = total + absolute(published_warp(frame, flow), true[:, n])
        return total / times
