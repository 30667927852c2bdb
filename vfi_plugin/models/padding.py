"""Frames padded to the sizes that networks take, and cropped again."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

Tensor = torch.Tensor


@dataclass(frozen=True)
class Padding:
    """Pixels added on each side of a frame."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def to_multiple(cls, height: int, width: int, multiple: int) -> Padding:
        """Right and bottom only, up to the next multiple."""
        return cls(0, 0, -width % multiple, -height % multiple)

    def add(self, frame: Tensor, mode: str = "replicate") -> Tensor:
        """(N, C, H, W) with its edges repeated ("replicate") or zeros ("constant") around it."""
        sides = (self.left, self.right, self.top, self.bottom)
        return F.pad(frame, sides, mode=mode) if any(sides) else frame

    def remove(self, frame: Tensor) -> Tensor:
        """The part of (..., H, W) that was there before."""
        height, width = frame.shape[-2:]
        return frame[..., self.top : height - self.bottom, self.left : width - self.right]
