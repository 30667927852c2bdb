"""A network's motion of a large frame, tile by tile, each where the motion of the whole frame leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, cast

import torch

from vfi_plugin.image.window import Window
from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.model import SMALLEST_SIDE_PX, Model
from vfi_plugin.models.part import Part
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.enlarged import EnlargedMotion, LaterMotion
from vfi_plugin.motion.filtered import FilteredFlowMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion
from vfi_plugin.render.alignment import Offset, Shifts
from vfi_plugin.render.appetite import SMALLEST_TILE_PX
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_guides import GuidesOnDevice, LargeGuides
from vfi_plugin.render.large_motion import LargeMotion, grid
from vfi_plugin.render.painted_whole import painted_pieces
from vfi_plugin.render.pieces import FADE_PX, Fade, Piece, flow_pieces

_Kind = TypeVar("_Kind", bound=Motion)


@dataclass
class TileSize:
    """The side of a network's tiles, which shrinks for good where memory runs out.

    Attributes:
        side_px: without what is seen around it; a power of two.
        on_less: told when it shrinks.
    """

    side_px: int
    on_less: Callable[[str], None] = field(default=lambda _: None)

    def halve(self) -> bool:
        """Whether it could be halved."""
        if self.side_px <= SMALLEST_TILE_PX:
            return False
        self.side_px //= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.on_less(f"memory ran out; tiles of {self.side_px} px are made from here on")
        return True


@dataclass(frozen=True)
class NetworkTiles(LargeMotion):
    """A pair that a network looks at tile by tile.

    Tiles lie on a grid that begins at the view's top left corner and whose steps are powers of two, so that neither
    chunks nor other frames move them. A network sees a tile with ``info.overlap_px`` around it. Where a tile moves
    further than the network can follow, it is shown both frames cut out that far apart, and its motion comes on top; a
    tile whose parts move apart is cut up.

    Attributes:
        motion: the classic's, at ``t``.
        model: the network.
        guides: of the pair.
        t: the time that is made.
        size: of the tiles.
        shifts: how far apart both frames are shown.
        taps: how flows sample the payload.
        bend: of the way of what moves; None where it is straight.
    """

    motion: LaterMotion | EnlargedMotion
    model: Model = field(kw_only=True)
    guides: LargeGuides = field(kw_only=True)
    t: float = field(kw_only=True)
    size: TileSize = field(kw_only=True)
    shifts: Shifts = field(kw_only=True)
    taps: str = field(kw_only=True)
    bend: Bend | None = field(kw_only=True, default=None)

    def takes_less(self) -> bool:
        """Halves the tiles."""
        return self.size.halve()

    def pieces(self) -> Iterator[Piece]:
        """Tiles that fade into each other."""
        made: list[Window] = []
        for tile in grid(self.window, self.size.side_px):
            made = [core for core in made if core.y_end + 2 * FADE_PX > tile.y]  # no later tile meets the others
            for core in self._cores(tile):
                around = core.expanded(2 * FADE_PX)
                before = tuple(other for other in made if _meet(around, other))
                made.append(core)
                yield from self._tile(core, Fade(core, before, self.window))

    def _cores(self, tile: Window) -> Iterator[Window]:
        """A tile, or the parts of it that are looked at one by one."""
        return self.shifts.alike(tile)

    def _tile(self, core: Window, fade: Fade) -> Iterator[Piece]:
        target = core.expanded(FADE_PX).intersection(self.window)
        seen = self._seen(core)
        for piece in self._made(target, seen, self.shifts.of(core)):
            yield replace(piece, core=piece.target.intersection(core), fade=fade)

    def _seen(self, core: Window) -> Window:
        """What the network is shown for a tile: from a multiple to a multiple of its coarsest pixels."""
        whole, (overlap, multiple) = self.window, (self.model.info.overlap_px, self.model.info.size_multiple)
        ends = []
        for start, end, first, last in (
            (core.x, core.x_end, whole.x, whole.x_end),
            (core.y, core.y_end, whole.y, whole.y_end),
        ):
            begin = first + max((start - overlap - first) // multiple * multiple, 0)
            stop = min(first - (first - end - overlap) // multiple * multiple, last)
            # Models take no less than this; what lies beyond the frame repeats its edge.
            ends.append((begin, max(stop - begin, SMALLEST_SIDE_PX)))
        (x, width), (y, height) = ends
        return Window(x, y, width, height)

    @cached_property
    def _known(self) -> Any:
        """What the model has to know of the whole frame, shown as its parts are: what they do apart it finds itself."""
        offsets = ((0, 0), (0, 0))
        if self.model.follows_in_whole:
            offsets, _ = offsets_of(self.shifts.of(self.window), self.t)
        return self.model.look_at_whole(GuidesOnDevice(self.guides, self.model.device, offsets), self.t)

    def _part(self, seen: Window) -> Part:
        whole = self.window
        return Part(seen.y - whole.y, seen.x - whole.x, whole.height, whole.width, self._known)

    def _made(self, target: Window, seen: Window, shift: Offset) -> Iterator[Piece]:
        offsets, lag = offsets_of(shift, self.t)
        guides = [self._guide(which, seen.moved(*offsets[which])) for which in (0, 1)]
        if self.model.info.paints:
            rows, columns = target.slices_in(seen)
            painted = self.model.interpolate(guides[0], guides[1], self.t)[..., rows, columns]
            flows = self.motion.part(*target.slices_in(self.window))
            yield from painted_pieces(painted, (flows, target), self.guides, self.window)
            return
        motion = self.model.prepare_part(guides[0], guides[1], self._part(seen)).motion(self.t).with_taps(self.taps)
        if isinstance(motion, FlowMotion):
            flows = set_back(moved_on(motion.part(*target.slices_in(seen)), offsets), lag)
            yield from flow_pieces(self._bent(flows, target), target, self.window)
            return
        bent = self._bent(_filters_set_back(motion, lag), seen)
        moved = ViewMotion(bent, seen, offsets=offsets, whole=self.window)
        yield Piece.alone(target, moved)

    def _bent(self, motion: _Kind, over: Window) -> _Kind:
        if self.bend is None:
            return motion
        return cast(_Kind, motion.bent(self.bend, over.y - self.window.y, over.x - self.window.x))

    def _guide(self, which: int, window: Window) -> torch.Tensor:
        place = window.x - self.window.x, window.y - self.window.y
        return GuidesOnDevice(self.guides, self.model.device).crop(which, place[1], place[0], *window.shape)


def _meet(first: Window, second: Window) -> bool:
    shared = first.intersection(second)
    return shared.width > 0 and shared.height > 0


def offsets_of(shift: Offset, t: float) -> tuple[tuple[Offset, Offset], tuple[float, float]]:
    """Where both frames are cut out for a frame at ``t``, in whole pixels, and by how much the first one missed it."""
    places = [-t * side for side in shift]
    first = round(places[0]), round(places[1])
    second = first[0] + shift[0], first[1] + shift[1]
    return (first, second), (first[0] - places[0], first[1] - places[1])


def moved_on(flows: FlowMotion, offsets: tuple[Offset, Offset]) -> FlowMotion:
    """Flows between frames that were cut out apart, as flows between the frames themselves."""
    first, second = (flows.weight_0.new_tensor(offset).view(1, 2, 1, 1) for offset in offsets)
    return FlowMotion(flows.flow_t_to_0 + first, flows.flow_t_to_1 + second, flows.weight_0, taps=flows.taps)


def set_back(flows: FlowMotion, lag: tuple[float, float]) -> FlowMotion:
    """The motion of a frame whose content came out ``lag`` pixels too far; less than one pixel."""
    if lag == (0.0, 0.0):
        return flows
    by = flows.weight_0.new_tensor(lag).view(1, 2, 1, 1)
    way = (-by).expand_as(flows.flow_t_to_0).contiguous()
    first, second, weight_0 = (
        warp(part.contiguous(), way) for part in (flows.flow_t_to_0, flows.flow_t_to_1, flows.weight_0)
    )
    return FlowMotion(first - by, second - by, weight_0, taps=flows.taps)


def _filters_set_back(motion: Motion, lag: tuple[float, float]) -> Motion:
    """The same for flows with filters; kernels come out right, since networks of kernels know few times."""
    if lag == (0.0, 0.0) or not isinstance(motion, FilteredFlowMotion):
        return motion
    by = motion.flow_t_to_0.new_tensor(lag).view(1, 2, 1, 1)
    return replace(motion, flow_t_to_0=motion.flow_t_to_0 - by, flow_t_to_1=motion.flow_t_to_1 - by)
