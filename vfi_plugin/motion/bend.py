"""How far what moves lies beside the straight way between two frames."""

from __future__ import annotations

from dataclasses import dataclass

import torch

Tensor = torch.Tensor


@dataclass(frozen=True)
class Bend:
    """What is added to the flows of a frame, since its content passes beside the straight line between its sources.

    Attributes:
        field: (1, 2, h, w) float32, pixels of the frame, x then y, y down, over blocks; linear between their middles,
            and the nearest block's beyond them.
        factor: pixels of a block's side.
        origin: x and y of the pixels' own corner, in pixels right and down of the corner of the first block.
    """

    field: Tensor
    factor: int
    origin: tuple[int, int] = (0, 0)

    def over(self, rows: slice, columns: slice) -> Tensor:
        """(1, 2, H, W) for these rows and columns of the frame; the same values for a pixel in every part."""
        return self._sampled(_middles(rows.start, rows.stop, 1), _middles(columns.start, columns.stop, 1))

    def on_blocks(self, height: int, width: int, side: int) -> Tensor:
        """(1, 2, height, width) in the middles of so many blocks of ``side`` pixels."""
        return self._sampled(_middles(0, height, side), _middles(0, width, side))

    def _sampled(self, y: Tensor, x: Tensor) -> Tensor:
        right, down = self.origin
        return _between(_between(self.field, (y + down) / self.factor, 2), (x + right) / self.factor, 3)


def _middles(first: int, end: int, side: int) -> Tensor:
    return (torch.arange(first, end, dtype=torch.float32) + 0.5) * side


def _between(values: Tensor, places: Tensor, axis: int) -> Tensor:
    """Linear between the blocks along one axis; ``places`` in blocks, whose middles are at halves."""
    last = values.shape[axis] - 1
    inside = (places.to(values.device) - 0.5).clamp(0, last)
    before = inside.floor().long()
    share = inside - before
    shape = [1] * values.ndim
    shape[axis] = -1
    first, second = values.index_select(axis, before), values.index_select(axis, (before + 1).clamp(max=last))
    return torch.lerp(first, second, share.view(shape))
