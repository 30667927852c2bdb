"""What the hybrid's network is trained to do: the Laplacian distance of its frame after every block, as IFNet's.

A block that leaves the classic's motion as it is has the classic's loss, so all that is learned is what is better.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.models.hybrid.net import state_of
from vfi_plugin.models.rife.net import IFNet
from vfi_plugin.train.losses import laplacian
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.objectives.rife import BLOCK_SHARE, frame_of

Tensor = torch.Tensor


class HybridObjective(Objective):
    """The frame at each time is to be the true one, after every block.

    Args:
        net: sides of frames are multiples of 32.
    """

    net: IFNet

    def __init__(self, net: IFNet) -> None:
        super().__init__(net)

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """One term a block, "block0" the coarsest; the mean over the batch's times.

        Raises:
            ValueError: the batch has no motion to begin with.
        """
        if batch.start is None:
            raise ValueError("got pairs without a motion to begin with; take them from train.begun.Begun")
        before, after = self.net.look(batch.before), self.net.look(batch.after)
        times = batch.times.shape[1]
        terms: dict[str, Tensor] = {}
        for n in range(times):
            t = batch.times[:, n].view(-1, 1, 1, 1)
            states = list(self.net.states(before, after, t, start=state_of(batch.start[:, n])))
            for index, state in enumerate(states):
                share = BLOCK_SHARE ** (len(states) - 1 - index) / times
                term = share * laplacian(frame_of(batch, state), batch.between[:, n])
                terms[f"block{index}"] = terms.get(f"block{index}", 0.0) + term
        return terms
