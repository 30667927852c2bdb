"""Moving shapes as a source of batches, without a file."""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.uploads import uploaded


class ShapesSource:
    """Batches of moving shapes: step k has the clips ``k size`` to ``k size + size - 1``.

    Args:
        shapes: which.
        size: clips in a batch.
        device: where batches go.
    """

    def __init__(self, shapes: MovingShapes, size: int, device: torch.device) -> None:
        if size < 1:
            raise UsageError(f"got a batch of {size} clips; give 1 or more")
        self._shapes = shapes
        self._size = size
        self._device = device

    def batch(self, step: int) -> Batch:
        """``size`` clips, the same whenever the step is asked for."""
        made = self._shapes.batch(range(step * self._size, (step + 1) * self._size))
        parts = (made.before, made.after, made.between, made.times)
        return Batch(*uploaded(self._device, *(part.numpy() for part in parts)))
