"""Several sources of batches as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vfi_plugin.errors import UsageError
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch


@dataclass(frozen=True)
class Mixture:
    """Each step's batch comes whole from one of several sources, drawn by their shares: a ``BatchSource``.

    The batches of a source are taken in order, none left out: its step 0, 1, 2 and so on, whichever steps of the
    mixture fall to it, so that what a source promises of its own order holds.

    Attributes:
        sources: at least one.
        shares: as many numbers above 0; their sum does not matter.
        seed: of which step is whose.
    """

    sources: Sequence[BatchSource]
    shares: Sequence[float]
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.sources or len(self.sources) != len(self.shares) or min(self.shares) <= 0:
            raise UsageError(
                f"got {len(self.sources)} sources and shares {tuple(self.shares)}; give a share above 0 to each source"
            )

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        which, own_step = self.drawn(step)
        return self.sources[which].batch(own_step)

    def drawn(self, step: int) -> tuple[int, int]:
        """Which source a step falls to, and which of that source's steps it is.

        Steps fall to sources in blocks that keep the shares as nearly as whole numbers can, each block in an order of
        its own: so a step's place is known without counting through those before it.
        """
        if step < 0:
            raise UsageError(f"got step {step}; steps are numbered from 0")
        counts = self._in_a_block()
        block, at = divmod(step, int(counts.sum()))
        order = np.random.default_rng((self.seed, block)).permutation(np.repeat(np.arange(len(counts)), counts))
        which = int(order[at])
        return which, block * int(counts[which]) + int((order[:at] == which).sum())

    def _in_a_block(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """How many of a block's steps are each source's; the block grows until the rarest source has a step."""
        shares = np.asarray(self.shares, np.float64) / float(np.sum(self.shares))
        length = max(_BLOCK_STEPS, int(np.ceil(1.0 / shares.min())))
        ends = np.rint(np.cumsum(shares) * length).astype(np.int64)
        counts: np.ndarray[tuple[int], np.dtype[np.int64]] = np.diff(ends, prepend=0)
        return np.maximum(counts, 1)


_BLOCK_STEPS = 100
"""Steps in which the shares are kept exactly: to a hundredth."""
