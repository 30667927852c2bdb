"""The motion of a frame that is too large to be made at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from vfi_plugin.image.window import Window
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.pieces import Piece, flow_pieces

BLOCK_PX = 1024
"""The side of the blocks that flows are applied in: RGBA and what is made of it take 0.2 GB."""


class LargeMotion(ViewMotion):
    """A ``ViewMotion`` that comes in pieces; its ``motion`` is the classic's over the whole frame."""

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """The pieces that cover the window, from top to bottom."""

    def takes_less(self) -> bool:
        """Makes smaller pieces from now on; whether it could."""
        return False


@dataclass(frozen=True)
class FlowBlocks(LargeMotion):
    """Flows that are known for the whole frame, applied block by block.

    Blocks lie on a fixed grid: the same ones on every machine, under every memory cap and in every chunk.

    Attributes:
        motion: over the whole window.
    """

    motion: EnlargedMotion | FlowMotion

    @classmethod
    def still(cls, window: Window, t: float) -> FlowBlocks:
        """No motion, and the plain mix of both frames at ``t``."""
        flow = torch.zeros(1, 1, 1, 1).expand(1, 2, *window.shape)
        weight = torch.full((1, 1, 1, 1), 1.0 - t).expand(1, 1, *window.shape)
        return cls(FlowMotion(flow, flow, weight), window)

    def pieces(self) -> Iterator[Piece]:
        """Blocks with hard edges; where what they read is far apart they are cut up."""
        for block in block_grid(self.window):
            rows, columns = block.slices_in(self.window)
            yield from flow_pieces(self.motion.part(rows, columns), block, self.window)


def block_grid(window: Window) -> Iterator[Window]:
    """The blocks that flows are applied in."""
    return grid(window, BLOCK_PX)


def grid(window: Window, side: int) -> Iterator[Window]:
    """Squares of ``side`` pixels from the window's top left corner on, row by row; cut off at its right and bottom."""
    for y in range(window.y, window.y_end, side):
        for x in range(window.x, window.x_end, side):
            yield Window(x, y, min(side, window.x_end - x), min(side, window.y_end - y))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that the machine or the device has no memory left; torch has no type of its own for the first."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
