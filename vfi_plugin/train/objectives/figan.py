"""What FIGAN is trained to do: van Amersfoort et al., arXiv 1711.06045, equations 12 to 16.

Weights are the paper's. Ours, because we know no more of the paper: all norms are means, over frames in [0, 1]; truth
is made smaller by the mean of blocks, as the network does it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.models.figan.net import SCALES, FiganNet, Middle, shrunk
from vfi_plugin.train.critic import FiganCritic
from vfi_plugin.train.losses import absolute, being_found_out, telling_apart
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.perceptual import Perceptual

Tensor = torch.Tensor

WEIGHTS = {4: 0.5, 2: 0.5, 1: 1.0}
"""Scale of a synthesised frame -> its share of the loss, equation 12; the refined frame has 1."""

PERCEPTUAL_WEIGHT = 1e-3
"""Of the features' distance beside the pixels', equation 13; for VGG-19's conv5_4."""

ADVERSARIAL_WEIGHT = 1e-4
"""Of the critic's opinion beside all else, equation 12."""


class FiganObjective(Objective):
    """Frames synthesised at three scales and the refined one are to be like the true middle, and to pass for it.

    Args:
        net: to be trained.
        perceptual: the distance of features; the paper's is ``Perceptual.of_vgg19(path)``.
        critic: None leaves the adversarial part out. Train without it first: a network that still makes ghosts is
            found out by any critic, and learns nothing from that.
    """

    net: FiganNet
    critic: FiganCritic | None

    def __init__(self, net: FiganNet, perceptual: Perceptual, critic: FiganCritic | None = None) -> None:
        super().__init__(net, critic)
        self.perceptual = perceptual

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The terms "x4", "x2", "x1" (synthesised), "refined" and, with a critic, "adversarial".

        Sides of the batch's frames are multiples of 4, and no less than 64 px: VGG-19's conv5_4 needs 16 at a quarter.
        """
        found, true = self._found(batch), batch.middle()
        terms: dict[str, Tensor] = {
            f"x{level.scale}": WEIGHTS[level.scale] * self.difference(_seen(made), shrunk(true, level.scale))
            for level, made in zip(found.levels, _synthesised(found), strict=True)
        }
        refined = _refined(found)
        terms["refined"] = self.difference(refined, true)
        if self.critic is not None:
            terms["adversarial"] = ADVERSARIAL_WEIGHT * being_found_out(self.critic(refined))
        return terms

    def critic_loss(self, batch: Batch) -> Tensor:
        """-mean log D(true) - mean log(1 - D(refined)), equation 16 with its sign changed."""
        if self.critic is None:
            return super().critic_loss(batch)
        with torch.no_grad():
            made = _refined(self._found(batch))
        return telling_apart(self.critic(batch.middle()), self.critic(made))

    def difference(self, made: Tensor, true: Tensor) -> Tensor:
        """Equation 13: mean |made - true| + 1e-3 times the features' distance, of (N, 3, h, w) RGB in [0, 1]."""
        features: Tensor = self.perceptual(made, true)
        return absolute(made, true) + PERCEPTUAL_WEIGHT * features

    def _found(self, batch: Batch) -> Middle:
        height, width = batch.before.shape[2:]
        if height % SCALES[0] or width % SCALES[0]:
            raise UsageError(f"got frames of {width}x{height} px; crop them to multiples of {SCALES[0]} px")
        found: Middle = self.net(2.0 * batch.before - 1.0, 2.0 * batch.after - 1.0)
        return found


def _synthesised(found: Middle) -> list[Tensor]:
    """(N, 3, h, w) in [-1, 1] of each level; the finest was made already."""
    return [*(level.synthesised() for level in found.levels[:-1]), found.synthesised]


def _refined(found: Middle) -> Tensor:
    """(N, 3, H, W) in [0, 1], or beyond where the network errs."""
    return _seen(found.synthesised + found.residual)


def _seen(frames: Tensor) -> Tensor:
    """[-1, 1] -> [0, 1]."""
    return 0.5 * (frames + 1.0)
