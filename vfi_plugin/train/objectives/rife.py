"""What IFNet is trained to do: Huang et al., "Real-Time Intermediate Flow Estimation", ECCV 2022.

The published loss is the Laplacian distance of the student's and a teacher's frame and a distillation from one to the
other. The teacher is a block that exists in training alone and sees the true frame; the authors' later networks, which
are the ones here, have it no more. In its place every block's frame counts, coarse ones less, so that each block has
to be right by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.rife.net import IFNet, State
from vfi_plugin.train.losses import laplacian
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_BLOCK_SHARE = 0.8
"""Each block counts this much of the next finer one: the last one most, the first still 0.4 of it."""


class RifeObjective(Objective):
    """The frame at each time is to be the true one, after every block.

    Args:
        net: sides of frames are multiples of its layout's size multiple.
    """

    net: IFNet

    def __init__(self, net: IFNet) -> None:
        super().__init__(net)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """One term a block, "block0" the coarsest; the mean over the batch's times."""
        before, after = self.net.look(batch.before), self.net.look(batch.after)
        times = batch.times.shape[1]
        terms: dict[str, Tensor] = {}
        for n in range(times):
            states = list(self.net.states(before, after, batch.times[:, n].view(-1, 1, 1, 1)))
            for index, state in enumerate(states):
                share = _BLOCK_SHARE ** (len(states) - 1 - index) / times
                term = share * laplacian(_frame(batch, state), batch.between[:, n])
                terms[f"block{index}"] = terms.get(f"block{index}", 0.0) + term
        return terms


def _frame(batch: Batch, state: State) -> Tensor:
    moved = warp(batch.before, state.flow[:, :2]), warp(batch.after, state.flow[:, 2:])
    return torch.lerp(moved[1], moved[0], torch.sigmoid(state.mask))
