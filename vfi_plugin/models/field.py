"""How far models see, measured on the networks themselves: what ``info.overlap_px`` is chosen by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.model import Model
from vfi_plugin.models.part import Part
from vfi_plugin.models.rife.parts import Coarse

Tensor = torch.Tensor

CORE_PX = 32
"""The side of the square whose pixels are watched."""

_BEYOND_PX = 32  # of the frame, outside of what is kept
_PAN_PX = 6
_CELLS_PX = (6, 12, 24, 48, 96)


@dataclass(frozen=True)
class _Frames:
    """Guides that are in memory, as ``WholeFrames``."""

    pair: tuple[Tensor, Tensor]

    @property
    def height(self) -> int:
        return self.pair[0].shape[2]

    @property
    def width(self) -> int:
        return self.pair[0].shape[3]

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> Tensor:
        return self.pair[which][..., top : top + height, left : left + width].clone()


def change_from_outside(model: Model, around_px: int, side_px: int | None = None) -> float:
    """By how much 32 x 32 pixels change, in units of the guide, when all that lies further around is another picture.

    The pictures are noise of all scales that pans by 6 px; the frame is made at 1/2. What the model knows of the whole
    frame (``look_at_whole``) stays what it was: that is how parts of large frames are made.

    Args:
        model: the network with its weights.
        around_px: what is kept around the pixels that are watched.
        side_px: of the frame; None for as much as is needed, up to the model's multiple.
    """
    multiple = model.info.size_multiple
    least = CORE_PX + 2 * (around_px + _BEYOND_PX)
    side = (side_px or least) + -(side_px or least) % multiple
    pairs = [_panned(side, seed, model.device) for seed in (1, 2)]
    begin = (side - CORE_PX) // 2 - around_px
    kept = (..., slice(begin, begin + CORE_PX + 2 * around_px), slice(begin, begin + CORE_PX + 2 * around_px))
    for original, other in zip(*pairs, strict=True):
        other[kept] = original[kept]
    known = model.look_at_whole(_Frames(pairs[0]), 0.5)
    made = [_made(model, pair, known) for pair in pairs]
    first = begin + around_px
    core = (..., slice(first, first + CORE_PX), slice(first, first + CORE_PX))
    return float((made[0][core] - made[1][core]).abs().max())


def _made(model: Model, pair: tuple[Tensor, Tensor], known: object) -> Tensor:
    """The guide at 1/2, (1, 3, H, W)."""
    if model.info.paints:
        return model.interpolate(*pair, 0.5)
    if isinstance(known, Coarse):
        known = replace(known, frames=_Frames(pair))  # what fine blocks look at is the other picture
    height, width = pair[0].shape[2:]
    return model.prepare_part(*pair, Part(0, 0, height, width, known)).motion(0.5).guide_frame(*pair)


def _panned(side: int, seed: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Two frames (1, 3, side, side) in [0, 1]."""
    random = torch.Generator().manual_seed(seed)
    width = side + _PAN_PX
    total = torch.zeros(1, 3, side, width)
    for cell in _CELLS_PX:
        coarse = torch.rand(1, 3, side // cell + 2, width // cell + 2, generator=random)
        total += F.interpolate(coarse, (side, width), mode="bicubic", align_corners=False)
    total = 0.05 + 0.9 * (total - total.min()) / (total.max() - total.min())
    return total[..., _PAN_PX:].contiguous().to(device), total[..., :side].contiguous().to(device)
