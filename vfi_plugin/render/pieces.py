"""A large frame in pieces: each a part of it that is made alone, from no more of its sources than its motion reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.image.window import Window
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.group_work import ViewMotion

Offset = tuple[int, int]
"""Pixels right and down."""

# What a cubic tap reads beside the pixel that a flow leads to, and one for rounding.
_TAPS_PX = 3
# A piece may read this many times its own pixels; where motions differ so much that it would be more, it is cut up.
_MOST_READ = 3.0
# Pieces of fewer pixels a side are not cut up any more: there the share that is read twice only grows.
_SMALLEST_SIDE_PX = 64


FADE_PX = 16
"""On each side of a tile's edge it fades into its neighbour: 32 px in all, so that what they differ by is no step."""


@dataclass(frozen=True)
class Fade:
    """How a tile comes in over those that are there already.

    All tiles of a frame weigh 1 together at every pixel, and each the same whatever the order they come in.

    Attributes:
        core: the pixels of the tile that are in no other's core.
        before: cores of the tiles nearby that came before it.
        whole: the view, at whose edges nothing fades.
    """

    core: Window
    before: tuple[Window, ...]
    whole: Window

    def share(self, target: Window) -> npt.NDArray[np.float32]:
        """(H, W) over ``target``, in [0, 1]: how far the tile covers what is there already."""
        own = self._weight(self.core, target)
        total = own.copy()
        for core in self.before:
            total += self._weight(core, target)
        return np.divide(own, total, out=np.zeros_like(own), where=total > 0)

    def _weight(self, core: Window, target: Window) -> npt.NDArray[np.float32]:
        whole = self.whole
        along_x = _weights((target.x, target.x_end), (core.x, core.x_end), (whole.x, whole.x_end))
        along_y = _weights((target.y, target.y_end), (core.y, core.y_end), (whole.y, whole.y_end))
        return along_y[:, np.newaxis] * along_x


@dataclass(frozen=True)
class Piece:
    """A part of a view's frame.

    Attributes:
        target: the pixels that are made; part of ``moved.window``.
        core: those of them that no other piece makes too.
        moved: the motion over them.
        fade: into its neighbours; None for hard edges.
    """

    target: Window
    core: Window
    moved: ViewMotion
    fade: Fade | None = None

    @classmethod
    def alone(cls, target: Window, moved: ViewMotion) -> Piece:
        """One with hard edges, which agrees with its neighbours to rounding."""
        return cls(target, target, moved)


def _weights(target: tuple[int, int], core: tuple[int, int], whole: tuple[int, int]) -> npt.NDArray[np.float32]:
    """What a tile weighs along one axis: 1 inside, falling to 0 around its ends but for those of the frame."""
    places = np.arange(*target, dtype=np.float32) + 0.5
    weights = np.ones(len(places), np.float32)
    if core[0] > whole[0]:
        weights *= _risen(places - core[0])
    if core[1] < whole[1]:
        weights *= _risen(core[1] - places)
    return weights


def _risen(inside_px: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From 0 to 1 over both sides of an edge, level at both ends, so that no step and no kink shows."""
    share = np.clip((inside_px + FADE_PX) / (2 * FADE_PX), 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)


def fitted(flows: FlowMotion, target: Window, whole: Window) -> ViewMotion:
    """A motion over ``target`` as one over just the pixels of both frames that it reads.

    Both frames are cut out where the motion leads, and what is left of the flows is short. A flow that leads outside
    of ``whole`` finds its edge there, as in the whole frame.
    """
    inside = [held_inside(flow, target, whole) for flow in (flows.flow_t_to_0, flows.flow_t_to_1)]
    read = [read_by(flow, target, whole) for flow in inside]
    width, height = max(target.width, *(w.width for w in read)), max(target.height, *(w.height for w in read))
    offsets = offset_of(read[0], target), offset_of(read[1], target)
    window = Window(target.x, target.y, width, height)
    motion = laid_over(replace(flows, flow_t_to_0=inside[0], flow_t_to_1=inside[1]), offsets, window)
    return ViewMotion(motion, window, offsets=offsets, whole=whole)


def offset_of(read: Window, target: Window) -> Offset:
    """How far right and down of a target what it reads begins."""
    return read.x - target.x, read.y - target.y


def laid_over(flows: FlowMotion, offsets: tuple[Offset, Offset], window: Window) -> FlowMotion:
    """Flows to frames that are cut out so far right and down, over a window that begins where theirs does."""
    height, width = flows.weight_0.shape[2:]
    rest = (0, window.width - width, 0, window.height - height)
    first, second = (
        F.pad(flow - flow.new_tensor(offset).view(1, 2, 1, 1), rest, mode="replicate")
        for flow, offset in zip((flows.flow_t_to_0, flows.flow_t_to_1), offsets, strict=True)
    )
    return FlowMotion(first, second, F.pad(flows.weight_0, rest, mode="replicate"), taps=flows.taps)


def flow_pieces(flows: FlowMotion, target: Window, whole: Window) -> Iterator[Piece]:
    """The motion over ``target`` as pieces with hard edges, cut where its parts lead far apart."""
    moved = fitted(flows, target, whole)
    if is_small(target) or not reads_too_much(moved, target):
        yield Piece.alone(target, moved)
        return
    for part in cut_in_four(target):
        crop = part.slices_in(target)
        yield from flow_pieces(flows.part(*crop), part, whole)


def reads_too_much(moved: ViewMotion, target: Window) -> bool:
    """Whether what a motion over ``target`` reads is so far apart that ``target`` had better be cut up."""
    read = moved.window.width * moved.window.height
    return read > _MOST_READ * target.width * target.height + _SMALLEST_SIDE_PX**2


def is_small(target: Window) -> bool:
    """Whether it is not worth being cut up."""
    return max(target.width, target.height) <= _SMALLEST_SIDE_PX


def cut_in_four(window: Window) -> list[Window]:
    """Its quarters; halves where it is one pixel thin."""
    width, height = math.ceil(window.width / 2), math.ceil(window.height / 2)
    lefts = range(window.x, window.x_end, width)
    tops = range(window.y, window.y_end, height)
    return [Window(x, y, min(width, window.x_end - x), min(height, window.y_end - y)) for y in tops for x in lefts]


def held_inside(flow: torch.Tensor, target: Window, whole: Window) -> torch.Tensor:
    """A flow (1, 2, H, W) over ``target`` that leads to the nearest edge where it led outside of ``whole``."""
    held = []
    for axis, along, limits in (
        (0, _columns(flow, target), (whole.x, whole.x_end - 1)),
        (1, _rows(flow, target), (whole.y, whole.y_end - 1)),
    ):
        places = flow[:, axis] + along
        is_inside = (places >= limits[0]) & (places <= limits[1])
        # Only what is outside is computed anew: a sum and its difference are rounded.
        held.append(torch.where(is_inside | places.isnan(), flow[:, axis], places.clamp(*limits) - along))
    return torch.stack(held, 1)


def _columns(flow: torch.Tensor, target: Window) -> torch.Tensor:
    return torch.arange(target.x, target.x_end, device=flow.device, dtype=torch.float32)


def _rows(flow: torch.Tensor, target: Window) -> torch.Tensor:
    return torch.arange(target.y, target.y_end, device=flow.device, dtype=torch.float32).unsqueeze(1)


def read_by(flow: torch.Tensor, target: Window, whole: Window) -> Window:
    """The window that a flow (1, 2, H, W) over ``target`` leads into, with all that taps read."""
    first_x, last_x = _ends(flow[:, 0] + _columns(flow, target), whole.x)
    first_y, last_y = _ends(flow[:, 1] + _rows(flow, target), whole.y)
    return Window(first_x, first_y, last_x - first_x, last_y - first_y)


def _ends(places: torch.Tensor, origin: int) -> tuple[int, int]:
    known = places.nan_to_num(float(origin))
    first = math.floor(known.min().item()) - _TAPS_PX
    # Even steps from the frame's edge: a place halfway between two pixels is rounded to the even one.
    return first - (first - origin) % 2, math.floor(known.max().item()) + _TAPS_PX + 1
