"""Parts of a large frame, for models whose answer depends on where in the frame a part lies, or on all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch

Tensor = torch.Tensor


class WholeFrames(Protocol):
    """A pair of guides that is too large to be in memory at once.

    Attributes:
        height, width: of both.
    """

    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> Tensor:
        """(1, 3, height, width) float32 of the earlier (0) or later (1) guide; its edges are repeated outside."""


@dataclass(frozen=True)
class Part:
    """Where guides that are cut out of a frame lie in it.

    Attributes:
        top, left: of their first row and column, in those of the frame.
        height, width: of the frame.
        known: what the model's ``look_at_whole`` found in all of the frame.
    """

    top: int
    left: int
    height: int
    width: int
    known: Any = None

    def padded(self, multiple: int) -> Part:
        """The same in a frame that is padded to a multiple at its right and bottom."""
        height, width = (side + -side % multiple for side in (self.height, self.width))
        return Part(self.top, self.left, height, width, self.known)
