"""Batches with the classic's motion in them, for networks that begin with one."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from vfi_plugin.models.dis.flow import search
from vfi_plugin.models.dis.model import Seen
from vfi_plugin.models.hybrid.net import start_from
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor


def _threads() -> ThreadPoolExecutor:
    # Searches leave Python's lock alone while they run; all but one core, which launches the training's work.
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), "search")


@dataclass(frozen=True)
class Begun:
    """A source whose batches know the classic's motion at each of their times: a ``BatchSource`` again.

    Attributes:
        source: where the batches come from.
    """

    source: BatchSource
    pool: ThreadPoolExecutor = field(default_factory=_threads, repr=False, compare=False)

    def batch(self, step: int) -> Batch:
        """The source's batch of that step, with its ``start``."""
        batch = self.source.batch(step)
        return replace(batch, start=self._start(batch))

    @torch.no_grad()
    def _start(self, batch: Batch) -> Tensor:
        seen = Seen.of(batch.before, batch.after, *self._flows(batch))
        times = batch.times.shape[1]
        motions = [seen.motion(batch.times[:, n].view(-1, 1, 1, 1)) for n in range(times)]
        return torch.stack([start_from(motion) for motion in motions], 1)

    def _flows(self, batch: Batch) -> list[Tensor]:
        """From the earlier frames to the later and back, (N, 2, H, W) px each."""
        luma = batch.before.new_tensor([0.2126, 0.7152, 0.0722])
        grey = torch.einsum("enchw,c->enhw", torch.stack([batch.before, batch.after]), luma)
        codes = (grey.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).cpu().numpy()
        ways = [(codes[0], codes[1]), (codes[1], codes[0])]
        found = [self.pool.map(search, first, second) for first, second in ways]
        stacked = [np.ascontiguousarray(np.stack(list(flows)).transpose(0, 3, 1, 2)) for flows in found]
        return uploaded(batch.before.device, *stacked)
