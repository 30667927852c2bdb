"""A large frame that a model paints as a whole; all that is not colour goes by the classic's motion, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch

from vfi_plugin.image.window import Window
from vfi_plugin.models.model import Model
from vfi_plugin.motion.enlarged import EnlargedMotion, LaterMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.alignment import Offset
from vfi_plugin.render.large_guides import GuidesOnDevice, LargeGuides
from vfi_plugin.render.large_motion import LargeMotion, block_grid
from vfi_plugin.render.painted_colour import PaintedColour
from vfi_plugin.render.pieces import Piece, flow_pieces


@dataclass(frozen=True)
class PaintedWhole(LargeMotion):
    """A pair whose frame is painted at once, in little memory, and put in place block by block.

    Attributes:
        motion: the classic's, at ``t``.
        model: one that paints, and has no overlap.
        guides: of the pair.
        t: the time that is made.
        offsets: how far right and down of the view both frames are shown.
        is_large: whether the frame is painted in little memory.
    """

    motion: LaterMotion | EnlargedMotion
    model: Model = field(kw_only=True)
    guides: LargeGuides = field(kw_only=True)
    t: float = field(kw_only=True)
    offsets: tuple[Offset, Offset] = ((0, 0), (0, 0))
    is_large: bool = True

    def pieces(self) -> Iterator[Piece]:
        """Blocks with hard edges, as of the classic."""
        for block in block_grid(self.window):
            flows = self.motion.part(*block.slices_in(self.window))
            yield from painted_pieces(self._crop(block), (flows, block), self.guides, self.window)

    def _crop(self, block: Window) -> torch.Tensor:
        """What is painted over a block, (1, 3, H, W)."""
        return self._painted[(..., *block.slices_in(self.window))]

    @cached_property
    def _painted(self) -> torch.Tensor:
        frames = GuidesOnDevice(self.guides, self.model.device, self.offsets)
        if self.is_large:
            return self.model.paint_whole(frames, self.t).cpu()
        before, after = (frames.crop(which, 0, 0, frames.height, frames.width) for which in (0, 1))
        return self.model.interpolate(before, after, self.t).cpu()


def painted_pieces(
    painted: torch.Tensor, carried: tuple[FlowMotion, Window], guides: LargeGuides, whole: Window
) -> Iterator[Piece]:
    """What was painted over a part of a view, (1, 3, H, W), on flows over that part, in pieces with hard edges."""
    flows, target = carried
    guide = painted[0].permute(1, 2, 0).float().cpu().numpy()
    for piece in flow_pieces(flows, target, whole):
        crop = np.ascontiguousarray(guide[piece.target.slices_in(target)])
        under = piece.target.padded_to(crop, piece.moved.window)
        yield replace(piece, moved=replace(piece.moved, painted=PaintedColour(under, guides.transform, guides.gain)))
