"""Pairs of frames as a network that follows the fast classic is shown them: moved onto each other, where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.following import SHOWN_BY
from vfi_plugin.motion.followed import Met
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

AROUND_PX = 32
"""On each side of a crop, that the search sees and the network does not: what moves out of a crop is no occlusion."""


@dataclass(frozen=True)
class MetPairs:
    """A source whose pairs have met: a ``BatchSource`` again.

    Attributes:
        source: of frames ``AROUND_PX`` larger on each side, with one true frame between those of a pair.
    """

    source: BatchSource

    def batch(self, step: int) -> Batch:
        """The source's batch of that step, without exact flow: of what has met nobody knows it."""
        return met(self.source.batch(step))


@torch.no_grad()
def met(batch: Batch) -> Batch:
    """A batch of larger frames with one true frame a pair, made to meet at its time, and cut to the crop."""
    guides = batch.before.clamp(0.0, 1.0), batch.after.clamp(0.0, 1.0)
    times = batch.times.view(-1, 1, 1, 1)
    flows = FastPair(*guides, factor=1).at_times(times).with_taps(SHOWN_BY)
    found = Met.of(flows, guides, times)
    inside = slice(AROUND_PX, -AROUND_PX)
    first, second = found.part(inside, inside).frames
    between = batch.between[..., inside, inside].contiguous()
    return Batch(first, second, between, batch.times)
