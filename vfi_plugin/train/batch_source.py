"""Where the batches of a training come from."""

from __future__ import annotations

from typing import Protocol

from vfi_plugin.train.objective import Batch


class BatchSource(Protocol):
    """Gives the batch of any step: a pure function of its seed and the step.

    So a training that was stopped goes on with the very batches that it would have had, without replaying any.
    """

    def batch(self, step: int) -> Batch:
        """The batch of step 0, 1, 2 and so on, on the device of the training."""
