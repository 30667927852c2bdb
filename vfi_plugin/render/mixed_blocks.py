"""A large frame that is a mix of several motions, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vfi_plugin.image.window import Window
from vfi_plugin.models.fused.model import FusedMotion
from vfi_plugin.motion.mixed import SOFT_REACH_PX, MixedMotion
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_motion import FlowBlocks, LargeMotion, block_grid
from vfi_plugin.render.pieces import (
    Piece,
    cut_in_four,
    held_inside,
    is_small,
    laid_over,
    offset_of,
    read_by,
    reads_too_much,
)


@dataclass(frozen=True)
class MixedBlocks(LargeMotion):
    """As ``FlowBlocks``, of a motion that reads around each pixel by several flows.

    Attributes:
        motion: over the whole window.
    """

    motion: FusedMotion

    def for_exposure(self) -> FlowBlocks:
        """The classic's, in the same blocks."""
        return FlowBlocks(self.motion.classic, self.window)

    def pieces(self) -> Iterator[Piece]:
        """Blocks with hard edges; where what they read is far apart they are cut up."""
        for block in block_grid(self.window):
            yield from self._cut(block)

    def _cut(self, target: Window) -> Iterator[Piece]:
        around = target.expanded(SOFT_REACH_PX * self.motion.factor).intersection(self.window)
        mix = self.motion.part(*around.slices_in(self.window)).without_idle()
        moved = fitted_mix(mix, around, self.window)
        if is_small(target) or not reads_too_much(moved, around):
            yield Piece.alone(target, moved)
            return
        for part in cut_in_four(target):
            yield from self._cut(part)


def fitted_mix(mix: MixedMotion, target: Window, whole: Window) -> ViewMotion:
    """As ``pieces.fitted``, of a mix: over just the pixels of both frames that any of its flows reads."""
    flows = [
        [held_inside(flow, target, whole) for flow in (each.flow_t_to_0, each.flow_t_to_1)] for each in mix.motions
    ]
    read = [_union([read_by(both[which], target, whole) for both in flows]) for which in (0, 1)]
    width, height = max(target.width, *(w.width for w in read)), max(target.height, *(w.height for w in read))
    window = Window(target.x, target.y, width, height)
    offsets = offset_of(read[0], target), offset_of(read[1], target)
    motions = tuple(
        laid_over(replace(each, flow_t_to_0=both[0], flow_t_to_1=both[1]), offsets, window)
        for each, both in zip(mix.motions, flows, strict=True)
    )
    return ViewMotion(replace(mix, motions=motions), window, offsets=offsets, whole=whole)


def _union(windows: list[Window]) -> Window:
    """The least that holds them all. Along each axis it begins where one of them does: an even number of pixels from
    the edge, as ``read_by`` begins, so that halves are rounded alike everywhere."""
    made = windows[0]
    for window in windows[1:]:
        made = made.union(window)
    return made
