"""What PhaseNet is trained to lower: the error of the frame, and that of its waves' phases.

Meyer, Djelouah, McWilliams, Sorkine-Hornung, Gross, Schroers: "PhaseNet for Video Frame Interpolation", CVPR 2018.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from vfi_plugin.models.phasenet.net import Given, PhaseNet, pyramid_of
from vfi_plugin.models.phasenet.planes import planes_from_rgb
from vfi_plugin.models.steerable_pyramid import Decomposition
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

PHASE_WEIGHT = 0.1
"""As those who rebuilt the network have it for sums over all coefficients, which the paper writes; with it the phases'
term is some twenty times the frame's at first. Sums are divided by the number of pixels, so that what they mean does
not depend on the size of the crop or the batch; to Adam, which ignores the scale of a loss, that is all the same."""

_ALL_LEVELS_FROM = 0.5
"""The progress from which every level is predicted: the second half is for the frame as it will be used."""


class PhaseNetObjective(Objective):
    """Mean absolute error of the frame, plus that of phases, summed over levels and orientations.

    The channels of L*a*b* are pictures of their own. The true frame is not shorn of its finest detail where the network
    paints none: there the error is nearly a constant.

    Attributes:
        levels: how many levels the network predicts, the low-pass first, then the coarsest bands; finer ones are the
            true frame's. None for all, or for what the progress of the training says.
        by_progress: whether training begins with the low-pass alone and takes in one level after another, as the paper
            does; the plan's first half is shared out evenly, ours, and the second has them all.
        phase_weight: of the second term.
    """

    net: PhaseNet

    def __init__(
        self, net: PhaseNet, levels: int | None = None, phase_weight: float = PHASE_WEIGHT, *, by_progress: bool = False
    ) -> None:
        super().__init__(net)
        if levels is not None and levels < 1:
            raise ValueError(f"got {levels} levels to predict; give 1 or more, or None for all")
        self.levels = levels
        self.phase_weight = phase_weight
        self.by_progress = by_progress
        self._progress = 0.0

    def begin_step(self, progress: float) -> None:
        """Takes in more levels as training goes on."""
        self._progress = progress

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """``image`` and ``phase``."""
        # Channels come first, then pairs: a batch of three times as many pictures.
        frames = (batch.before, batch.after, batch.middle())
        before, after, between = (planes_from_rgb(frame).transpose(0, 1).flatten(0, 1) for frame in frames)
        truth = pyramid_of(between).analyse(between)
        levels = self._learnt(len(truth.bands) + 1)
        given = None if levels is None else Given(truth, levels)
        painted = self.net(before, after, given)
        phase = _phase_error(truth, painted.phases) / between.numel()
        return {"image": (painted.plane - between).abs().mean(), "phase": self.phase_weight * phase}

    def _learnt(self, count: int) -> int | None:
        """How many of ``count`` levels are predicted now; None for all."""
        if self.levels is not None or not self.by_progress or self._progress >= _ALL_LEVELS_FROM:
            return self.levels
        return 1 + int(self._progress / _ALL_LEVELS_FROM * count)


def _phase_error(truth: Decomposition, phases: tuple[Tensor, ...]) -> Tensor:
    """The sum of all predicted phases' errors, the short way round, in radians; coarsest level first."""
    total = truth.low_pass.new_zeros(())
    for band, found in zip(reversed(truth.bands), phases, strict=False):
        apart = band.angle() - found
        total = total + (apart - 2.0 * math.pi * torch.round(apart / (2.0 * math.pi))).abs().sum()
    return total
