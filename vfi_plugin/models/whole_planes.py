"""Channels of large frames as wholes, for models that transform frames and cannot look at parts of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.part import WholeFrames

Tensor = torch.Tensor

BAND_ROWS = 128
"""Rows at once of what is computed pixel by pixel: 6 MB a channel at UHD."""


def channel_pair(frames: WholeFrames, channel: int, from_rgb: Callable[[Tensor], Tensor]) -> Tensor:
    """One channel of what ``from_rgb`` makes of both guides, pixel by pixel: (2, H, W)."""
    pair: Tensor | None = None
    for which in (0, 1):
        for top in range(0, frames.height, BAND_ROWS):
            rows = min(BAND_ROWS, frames.height - top)
            made = from_rgb(frames.crop(which, top, 0, rows, frames.width))[0, channel]
            pair = made.new_empty(2, frames.height, frames.width) if pair is None else pair
            pair[which, top : top + rows] = made
    assert pair is not None  # no frame is empty
    return pair


def converted(planes: Tensor, to_rgb: Callable[[Tensor], Tensor]) -> Tensor:
    """(N, 3, H, W), of which each pixel is made anew in its place."""
    for top in range(0, planes.shape[2], BAND_ROWS):
        rows = slice(top, top + BAND_ROWS)
        planes[:, :, rows] = to_rgb(planes[:, :, rows])
    return planes


@dataclass(frozen=True)
class MadeFrames:
    """One of a pair of large guides, and a frame that was made between them.

    Attributes:
        frames: the pair.
        made: (1, 3, H, W).
        takes_later: whether the pair is that frame and the later guide; otherwise the earlier guide and that frame.
    """

    frames: WholeFrames
    made: Tensor
    takes_later: bool

    @property
    def height(self) -> int:
        """Of both."""
        return self.frames.height

    @property
    def width(self) -> int:
        """Of both."""
        return self.frames.width

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> Tensor:
        """As ``WholeFrames`` tells."""
        if (which == 0) != self.takes_later:
            return self.frames.crop(which, top, left, height, width)
        inside = self.made[..., max(top, 0) : top + height, max(left, 0) : left + width]
        sides = (
            max(-left, 0),
            max(left + width - self.width, 0),
            max(-top, 0),
            max(top + height - self.height, 0),
        )
        return F.pad(inside, sides, mode="replicate") if any(sides) else inside.clone()
