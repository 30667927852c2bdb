"""Motion as one flow to each source frame and a small filter a pixel that reads around where it leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import isqrt
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels import filter_warp
from vfi_plugin.kernels.reference import pixel_grid
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.flow import FlowMotion, nearest
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor

# A filter that adds up to less has no mean to speak of: dividing by its sum would blow rounding up.
_LEAST_SUM = 0.01


class Margins(NamedTuple):
    """By how many pixels a motion reaches beyond the frame it is for, on each side."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def add(self, frame: Tensor) -> Tensor:
        """(N, C, H, W) with its edges repeated around it."""
        return F.pad(frame, tuple(self), mode="replicate") if any(self) else frame

    def remove(self, frame: Tensor) -> Tensor:
        """The part of (N, C, H, W) that the frame itself takes."""
        height, width = frame.shape[2:]
        return frame[..., self.top : height - self.bottom, self.left : width - self.right]


_NO_MARGINS = Margins()


@dataclass(frozen=True)
class FilteredFlowMotion(Motion):
    """Backward flows, and k x k kernels of any sign and sum, read as ``kernels.filter_warp`` tells.

    The published frame takes the kernels as they are, since its residual was trained to mend what they do. Payloads
    get no residual, so for them a filter must be a mean: it is divided by its sum, bilinear shares included, and its
    result is held between the least and the greatest of the pixels that it read, channel by channel. A constant
    payload thus stays what it is, and no highlight rings, however far above 1 it is. Filters that cancel out have no
    mean and are replaced by a bilinear sample.

    Attributes:
        flow_t_to_0: (N, 2, H, W) pixels, x then y, y down: where in the earlier frame the content is.
        flow_t_to_1: the same for the later frame.
        kernels_0: (N, k k, H, W), row by row, k even, for the earlier frame.
        kernels_1: the same for the later frame.
        t: in [0, 1], the later frame's share in the blend.
        residual: (N, 3, H, W) that the network adds in guide space, or None; payloads never see it.
        margins: what the above reach beyond the payloads. They are kept, because which flows lead outside, and are
            then not followed, was decided on the larger frame.
    """

    flow_t_to_0: Tensor
    flow_t_to_1: Tensor
    kernels_0: Tensor
    kernels_1: Tensor
    t: float
    residual: Tensor | None = None
    margins: Margins = _NO_MARGINS

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.flow_t_to_0.device

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> FilteredFlowMotion:
        """See ``Motion.bent``; what lies in the margins is bent as well."""
        height, width = self.flow_t_to_0.shape[2:]
        top, left = top - self.margins.top, left - self.margins.left
        by = bend.over(slice(top, top + height), slice(left, left + width)).to(self.device)
        return replace(self, flow_t_to_0=self.flow_t_to_0 + by, flow_t_to_1=self.flow_t_to_1 + by)

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads moved and blended by time; at ``t`` = 0 or 1 the other adds nothing, not even Inf or NaN."""
        if self.t in (0.0, 1.0):
            return self._moved(payload_0, 0) if self.t == 0.0 else self._moved(payload_1, 1)
        return torch.lerp(self._moved(payload_0, 0), self._moved(payload_1, 1), self.t)

    def guide_frame(self, guide_0: Tensor, guide_1: Tensor) -> Tensor:
        """The published frame: guides filtered by the kernels as they are, blended, plus the residual."""
        guides = self.margins.add(guide_0), self.margins.add(guide_1)
        moved_0 = filter_warp(guides[0], self.flow_t_to_0, self.kernels_0)
        moved_1 = filter_warp(guides[1], self.flow_t_to_1, self.kernels_1)
        blend = (1.0 - self.t) * moved_0 + self.t * moved_1
        return self.margins.remove(blend if self.residual is None else self.residual + blend)

    def flow_form(self) -> FlowMotion:
        """Flows to the centroid of what each filter reads, held inside its window; shares by time."""
        return self._flow_form

    @cached_property
    def _means(self) -> tuple[Tensor, Tensor]:
        return as_means(self.kernels_0, self.flow_t_to_0), as_means(self.kernels_1, self.flow_t_to_1)

    @cached_property
    def _flow_form(self) -> FlowMotion:
        flows = map(centroid_flow, (self.flow_t_to_0, self.flow_t_to_1), self._means)
        first, second = (self.margins.remove(flow).contiguous() for flow in flows)
        return FlowMotion(first, second, torch.full_like(first[:, :1], 1.0 - self.t))

    def _moved(self, payload: Tensor, which: int) -> Tensor:
        flow = (self.flow_t_to_0, self.flow_t_to_1)[which]
        return self.margins.remove(filtered_mean(self.margins.add(payload), flow, self._means[which]))


def as_means(kernels: Tensor, flow: Tensor) -> Tensor:
    """Kernels (N, k k, H, W) over their sum, bilinear shares included; a bilinear sample where they cancel out."""
    total = filter_warp(torch.ones_like(kernels[:, :1]), flow, kernels)
    size = isqrt(kernels.shape[1])
    bilinear = kernels.new_zeros(size, size)
    bilinear[size // 2 - 1 : size // 2 + 1, size // 2 - 1 : size // 2 + 1] = 1.0
    cancelled = total.abs() < _LEAST_SUM
    return torch.where(cancelled, bilinear.view(1, -1, 1, 1), kernels / torch.where(cancelled, 1.0, total))


def filtered_mean(payload: Tensor, flow: Tensor, means: Tensor) -> Tensor:
    """``filter_warp`` by kernels from ``as_means``, (N, C, H, W), inside the range of the k x k pixels it read."""
    size = isqrt(means.shape[1])
    before, after = size // 2 - 1, size // 2
    around = F.pad(payload, (before, after, before, after), mode="replicate")
    whole = Landing.of(flow).whole_flow()
    least, greatest = (nearest(sign * F.max_pool2d(sign * around, size, 1), whole) for sign in (-1.0, 1.0))
    return torch.minimum(torch.maximum(filter_warp(payload, flow, means), least), greatest)


def centroid_flow(flow: Tensor, means: Tensor) -> Tensor:
    """Flow (N, 2, H, W) to the centroid of the pixels that kernels from ``as_means`` read, inside their window.

    Weights of both signs can put a centroid outside. Where a flow is not followed, it is 0.
    """
    landing, size = Landing.of(flow), isqrt(means.shape[1])
    n, _, height, width = means.shape
    weights = means.view(n, size, size, height, width)
    weights = weights * _shares(landing.part_x, size).unsqueeze(1) * _shares(landing.part_y, size).unsqueeze(2)
    first, last = 1 - size // 2, size // 2
    places = torch.arange(first, last + 1, device=flow.device, dtype=flow.dtype).view(1, size, 1, 1)
    centroid = torch.stack([(weights.sum(1) * places).sum(1), (weights.sum(2) * places).sum(1)], 1)
    return torch.where(landing.followed.unsqueeze(1), landing.whole_flow() + centroid.clamp(first, last), 0.0)


def _shares(part: Tensor, size: int) -> Tensor:
    """The bilinear share of each row or column of a window, (N, size, H, W); ``part`` is (N, H, W)."""
    half = size // 2
    return torch.stack([1.0 - part] * half + [part] * half, 1)


@dataclass(frozen=True)
class Landing:
    """Where a flow leads, as ``filter_warp`` sees it; all (N, H, W).

    Attributes:
        followed: whether it is: it leads inside and is shorter than half the frame. Otherwise it counts as 0.
        left, top: the pixel at whose right and bottom the place is, as a distance from where the flow begins.
        part_x, part_y: how far right and down of it, in [0, 1).
    """

    followed: Tensor
    left: Tensor
    top: Tensor
    part_x: Tensor
    part_y: Tensor

    @classmethod
    def of(cls, flow: Tensor) -> Landing:
        """For a flow (N, 2, H, W) in pixels."""
        height, width = flow.shape[2:]
        columns, rows = pixel_grid(flow)
        x, y = columns + flow[:, 0], rows + flow[:, 1]
        followed = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        followed &= (flow[:, 0].abs() < width / 2) & (flow[:, 1].abs() < height / 2)
        x, y = torch.where(followed, x, columns), torch.where(followed, y, rows)
        return cls(followed, x.floor() - columns, y.floor() - rows, x - x.floor(), y - y.floor())

    def whole_flow(self) -> Tensor:
        """(N, 2, H, W) to the pixel at the left and top of the place."""
        return torch.stack([self.left, self.top], 1)
