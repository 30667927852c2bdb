"""Large frames of which a network is shown what has met: see ``models.following``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.image.window import Window
from vfi_plugin.models.following import SHOWN_BY
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.followed import MET_AROUND_PX, FollowedMotion, Met
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_guides import GuidesOnDevice, LargeGuides
from vfi_plugin.render.large_motion import FlowBlocks
from vfi_plugin.render.network_tiles import NetworkTiles
from vfi_plugin.render.painted_whole import PaintedWhole, painted_pieces
from vfi_plugin.render.pieces import Piece, cut_in_four, fitted, flow_pieces, is_small, reads_too_much

Tensor = torch.Tensor


@dataclass(frozen=True)
class MetFrames:
    """Both guides where the fast classic moves them, as models look at large frames: see ``WholeFrames``.

    Attributes:
        flows: the classic's over the view, at ``t``.
        guides: of the pair.
        t: in (0, 1).
    """

    flows: EnlargedMotion
    guides: LargeGuides
    t: float

    @property
    def height(self) -> int:
        """Of the view."""
        return self.guides.window.height

    @property
    def width(self) -> int:
        """Of the view."""
        return self.guides.window.width

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> Tensor:
        """(1, 3, height, width) of the earlier (0) or later (1) guide, moved; edges are repeated outside."""
        whole = self.guides.window
        window = Window(whole.x + left, whole.y + top, width, height)
        inside = window.nearest_inside(whole)
        return padded(self.met(inside).frames[which], inside, window)

    def met(self, window: Window) -> Met:
        """All of it over a part of the view: the same values for a pixel in every part."""
        around = window.expanded(MET_AROUND_PX).intersection(self.guides.window)
        moved = self.moved(around)
        if reads_too_much(moved, around) and not is_small(window):
            return _joined([self.met(part) for part in cut_in_four(window)], window)
        flows = moved.motion.flow_form().with_taps(SHOWN_BY)
        inside = (..., slice(around.height), slice(around.width))
        first, second = (guide[inside] for guide in flows.moved(self._read(0, moved), self._read(1, moved)))
        met = Met.moved((first, second), flows.cropped(*around.shape), self.t)
        return met.part(*window.slices_in(around))

    def moved(self, window: Window) -> ViewMotion:
        """The classic's motion over a part of the view, fitted to what it reads."""
        return fitted(self.flows.part(*window.slices_in(self.guides.window)), window, self.guides.window)

    def _read(self, which: int, moved: ViewMotion) -> Tensor:
        window, whole = moved.source_window(which), self.guides.window
        frames = GuidesOnDevice(self.guides, self.flows.device)
        return frames.crop(which, window.y - whole.y, window.x - whole.x, *window.shape)


def padded(values: Tensor, window: Window, wider: Window) -> Tensor:
    """(1, C, H, W) over a window as over a wider one, its edges repeated."""
    sides = window.x - wider.x, wider.x_end - window.x_end, window.y - wider.y, wider.y_end - window.y_end
    return F.pad(values, sides, mode="replicate") if any(sides) else values


def _joined(quarters: list[Met], window: Window) -> Met:
    """Parts as ``cut_in_four`` gives them, put together."""
    a_row = 2 if sum(part.doubt.shape[3] for part in quarters[:2]) == window.width else 1

    def whole(parts: list[Tensor]) -> Tensor:
        return torch.cat([torch.cat(parts[at : at + a_row], 3) for at in range(0, len(parts), a_row)], 2)

    frames = [whole([part.frames[which] for part in quarters]) for which in (0, 1)]
    return Met(
        (frames[0], frames[1]), whole([part.sure for part in quarters]), whole([part.doubt for part in quarters])
    )


@dataclass(frozen=True)
class FollowedTiles(NetworkTiles):
    """Tiles of a network that follows the fast classic.

    Attributes:
        motion: the fast classic's, at ``t``.
    """

    motion: EnlargedMotion

    def for_exposure(self) -> FlowBlocks:
        """The classic's."""
        return FlowBlocks(self.motion, self.window)

    def _cores(self, tile: Window) -> Iterator[Window]:
        """A tile, or quarters of it, and quarters of these, where what it sees comes from places far apart."""
        seen = self._seen(tile).intersection(self.window)
        if is_small(tile) or not reads_too_much(self._frames.moved(seen), seen):
            yield tile
            return
        for part in cut_in_four(tile):
            yield from self._cores(part)

    @cached_property
    def _frames(self) -> MetFrames:
        return MetFrames(self.motion, self.guides, self.t)

    @cached_property
    def _known(self) -> Any:
        return self.model.look_at_whole(self._frames, self.t)

    def _made(self, target: Window, seen: Window, shift: tuple[int, int]) -> Iterator[Piece]:  # noqa: ARG002
        inside = seen.intersection(self.window)
        met = self._frames.met(inside)
        if not bool(met.doubt.any()):
            # The classic's; of a network that paints, moved colour, as it would be painted.
            yield from flow_pieces(self.motion.part(*target.slices_in(self.window)), target, self.window)
            return
        frames = [padded(frame, inside, seen) for frame in met.frames]
        if self.model.info.paints:
            rows, columns = target.slices_in(inside)
            painted = met.over(
                self.model.interpolate(frames[0], frames[1], self.t)[..., : inside.height, : inside.width]
            )
            flows = self.motion.part(*target.slices_in(self.window))
            yield from painted_pieces(painted[..., rows, columns], (flows, target), self.guides, self.window)
            return
        then = self.model.prepare_part(frames[0], frames[1], self._part(seen)).motion(self.t).with_taps(self.taps)
        moved = self._frames.moved(inside)
        followed = FollowedMotion(moved.motion.flow_form().with_taps(self.taps), then, met.doubt, self.t)
        yield Piece.alone(target, replace(moved, motion=followed))


@dataclass(frozen=True)
class FollowedWhole(PaintedWhole):
    """A large frame that is painted as a whole, of frames that have met."""

    motion: EnlargedMotion

    def _crop(self, block: Window) -> Tensor:
        painted = self._painted[(..., *block.slices_in(self.window))]
        return self._frames.met(block).over(painted.to(self.motion.device))

    @cached_property
    def _frames(self) -> MetFrames:
        return MetFrames(self.motion, self.guides, self.t)

    @cached_property
    def _painted(self) -> Tensor:
        return self.model.paint_whole(self._frames, self.t).cpu()
