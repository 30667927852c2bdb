"""What BiPN lowers: pixels, features, and a critic of whole clips.

Chen et al., "Long-Term Video Interpolation with Bidirectional Predictive Network", VCIP 2017, trains by a loss in the
image, one in a feature space and an adversarial one. Its weights and norms were not to be had; ours are: mean absolute
difference with weight 1; mean squared difference of VGG features (relu3_3) with 0.01; the adversarial term with 0.05,
that of Mathieu, Couprie and LeCun, "Deep Multi-Scale Video Prediction beyond Mean Square Error", ICLR 2016, whose
scales the multi-scale form follows too: the image term is taken at every scale, the others at the full size.

The form of one frame at one scale starts as the mean of both frames where it is wide enough. Its batch normalisation
then is a scale and an offset that are learnt, with means and variances held at 0 and 1: those of a batch hang on what
else is in it, and would undo that start.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.bipn.model import BipnFrames
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.train.critic import StackCritic
from vfi_plugin.train.losses import absolute, not_passing, telling_apart
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.objectives.bipn_start import can_start_as_average
from vfi_plugin.train.perceptual import Perceptual

Tensor = torch.Tensor

_FEATURES, _ADVERSARIAL = 0.01, 0.05


class BipnObjective(Objective):
    """BiPN together with its losses; batches have as many frames between, evenly spaced, as the network paints.

    Args:
        net: what is trained.
        perceptual: by which features, or None to leave that term out.
        adversarial: whether a critic looks at whole clips, ends included.
        critic_width: scales its numbers of channels.
    """

    net: Bipn

    def __init__(
        self, net: Bipn, *, perceptual: Perceptual | None = None, adversarial: bool = False, critic_width: float = 1.0
    ) -> None:
        super().__init__(net, StackCritic(net.frames + 2, critic_width) if adversarial else None)
        self.perceptual = perceptual
        self._starts_as_average = can_start_as_average(net)

    def train(self, mode: bool = True) -> BipnObjective:
        """As of any module, but for the normalisation of a network that started as a mean of both frames."""
        super().train(mode)
        for layer in self.net.modules():
            if self._starts_as_average and isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """``image``, and ``features`` and ``adversarial`` where they are wanted.

        Raises:
            ValueError: the batch has another number of frames between than the network paints.
        """
        if batch.between.shape[1] != self.net.frames:
            raise ValueError(
                f"got {batch.between.shape[1]} frames between for a network that paints {self.net.frames}; give as many"
            )
        scales = [0.5 * (made + 1.0) for made in self.net.by_scale(2.0 * batch.before - 1.0, 2.0 * batch.after - 1.0)]
        terms = {"image": torch.stack([absolute(made, _reduced(batch.between, made)) for made in scales]).mean()}
        made = scales[-1]
        if self.perceptual is not None:
            terms["features"] = _FEATURES * self.perceptual(made.flatten(0, 1), batch.between.flatten(0, 1))
        if self.critic is not None:
            terms["adversarial"] = _ADVERSARIAL * not_passing(self.critic(_clip(batch, made)))
        return terms

    def critic_loss(self, batch: Batch) -> Tensor:
        """How badly the critic tells painted clips from true ones."""
        if self.critic is None:
            return super().critic_loss(batch)
        with torch.no_grad():
            made = BipnFrames(self.net)(batch.before, batch.after)
        return telling_apart(self.critic(_clip(batch, batch.between)), self.critic(_clip(batch, made)))


def _clip(batch: Batch, between: Tensor) -> Tensor:
    """(N, L + 2, 3, H, W) in the order of time."""
    return torch.cat([batch.before[:, None], between, batch.after[:, None]], 1)


def _reduced(true: Tensor, made: Tensor) -> Tensor:
    """True frames (N, L, 3, H, W) averaged to the size of what was made at a scale."""
    factor = true.shape[-1] // made.shape[-1]
    reduced = F.avg_pool2d(true.flatten(0, 1), factor)
    return reduced.view(*true.shape[:3], *reduced.shape[2:])
