"""Enlarging, bilinear, whose gradient is made of matrix products on a GPU; and reducing, by means over blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.part import Part

Tensor = torch.Tensor


def bilinear(values: Tensor, factor: float, *, align_corners: bool = False) -> Tensor:
    """(N, C, H, W) to (N, C, factor H, factor W) by ``F.interpolate``, to the last bit.

    Torch's own gradient adds up with atomic operations, all of a patch into one number: of networks that enlarge a
    coarse flow it took most of a step. A resize is linear along each axis, so here two matrix products take its place.
    """
    if values.is_cuda and values.requires_grad and torch.is_grad_enabled():
        resized: Tensor = _Resized.apply(values, factor, align_corners)  # type: ignore[no-untyped-call]
        return resized
    return F.interpolate(values, scale_factor=factor, mode="bilinear", align_corners=align_corners)


def averaged(values: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) averaged over blocks of ``factor`` pixels a side; edges are repeated up to whole blocks first."""
    if factor == 1:
        return values
    missing = [-side % factor for side in values.shape[2:]]
    if any(missing):
        values = F.pad(values, (0, missing[1], 0, missing[0]), mode="replicate")
    return F.avg_pool2d(values, factor)


def peaks(values: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) -> (N, 1, h, w): the largest value, of any channel, in each block that ``averaged`` takes."""
    largest = values.amax(1, keepdim=True)
    return F.max_pool2d(largest, factor, ceil_mode=True) if factor > 1 else largest


@dataclass(frozen=True)
class Stretch:
    """How a part of a frame is enlarged with corners aligned, so that it comes out as in the whole frame.

    With corners aligned a frame is stretched: at its left a pixel reads a quarter of a coarse one further right than at
    its right. A part that took its own corners for the frame's would be stretched anew, and not meet its neighbours.

    Attributes:
        part: where it lies, at full size; all sides are multiples of every level's pixels.
        height, width: of the part, at full size.
    """

    part: Part
    height: int
    width: int

    def doubled(self, values: Tensor) -> Tensor:
        """(N, C, h, w) at any level -> (N, C, 2 h, 2 w)."""
        part = self.part
        rows = _doubled_axis(values, 2, self.height, part.top, part.height)
        return _doubled_axis(rows, 3, self.width, part.left, part.width)


def _doubled_axis(values: Tensor, axis: int, seen: int, start: int, whole: int) -> Tensor:
    """Twice as many along one axis; ``seen``, ``start`` and ``whole`` are of the full size."""
    side = values.shape[axis]
    step = seen // side
    count, first = whole // step, start // step
    # In float64: places are shares of the whole frame, and must not depend on where the part begins.
    places = torch.arange(2 * first, 2 * (first + side), dtype=torch.float64) * (count - 1) / (2 * count - 1) - first
    return at_places(values, axis, places)


def at_places(values: Tensor, axis: int, places: Tensor) -> Tensor:
    """Values (N, C, H, W) at places (P,) along one axis, float64 px: linear between neighbours, edges repeated."""
    last = values.shape[axis] - 1
    places = places.clamp(0, last)
    lower = places.floor().long()
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    share = (places - lower).to(values.device, values.dtype).view(shape)
    lower = lower.to(values.device)
    return torch.lerp(values.index_select(axis, lower), values.index_select(axis, (lower + 1).clamp(max=last)), share)


class Enlarged(torch.nn.Module):
    """``bilinear`` as a layer.

    Args:
        factor: of both sides.
        align_corners: whether the outermost pixels' centres stay where they are.
    """

    def __init__(self, factor: float, *, align_corners: bool) -> None:
        super().__init__()
        self.factor = factor
        self.align_corners = align_corners

    def forward(self, values: Tensor, stretch: Stretch | None = None) -> Tensor:
        """(N, C, H, W) -> (N, C, factor H, factor W); ``stretch`` where they are a part of a frame."""
        if stretch is not None and self.align_corners:
            return stretch.doubled(values)
        return bilinear(values, self.factor, align_corners=self.align_corners)


class _Resized(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, factor: float, align_corners: bool) -> Tensor:
        ctx.sides, ctx.how = values.shape[2:], (factor, align_corners)
        return F.interpolate(values, scale_factor=factor, mode="bilinear", align_corners=align_corners)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return resize_gradient(gradient, ctx.sides, *ctx.how), None, None


def resize_gradient(gradient: Tensor, sides: tuple[int, int], factor: float, align_corners: bool) -> Tensor:
    """The gradient (N, C, H, W) of what was resized, out of that of the result; ``sides`` are H and W."""
    down, across = (_shares(side, factor, align_corners, gradient.dtype, gradient.device) for side in sides)
    return down @ (gradient @ across.t())


@lru_cache(maxsize=64)
def _shares(side: int, factor: float, align_corners: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(before, after): how much each element takes part in each one after resizing along one axis."""
    each = torch.eye(side, dtype=torch.float64).unsqueeze(0)
    taken = F.interpolate(each, scale_factor=factor, mode="linear", align_corners=align_corners)[0]
    return taken.to(device, dtype)
