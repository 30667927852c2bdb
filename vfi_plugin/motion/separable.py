"""Motion as a vertical and a horizontal kernel for each pixel and source frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.separable_conv import separable_conv
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor

# SepConv++ divides a guide by the kernels' total unless that is nearer to 0 than this.
_PUBLISHED_LEAST_TOTAL = 0.01

# Trained kernels total about 1. Under a tenth of that their taps cancel each other, and dividing by it would show
# nothing but that noise: a payload then goes by the flow form.
_LEAST_TOTAL = 0.1

# A centroid divides by the taps' sum, held at this share of the sum of their sizes at least.
_LEAST_AGREEMENT = 0.25


@dataclass(frozen=True)
class SeparableMotion(Motion):
    """Each pixel is a sum over K x K pixels of both sources around it, weighted by the products of two kernels each.

    Attributes:
        vertical_0: (N, K, H, W) float32, K odd: taps of the earlier frame's column, top to bottom; any sign, any sum.
        horizontal_0: the same along its row, left to right.
        vertical_1: the same for the later frame.
        horizontal_1: the same for the later frame.
        normalised: whether the published network divides its frame by the kernels' total (SepConv++) or not (SepConv).
    """

    vertical_0: Tensor
    horizontal_0: Tensor
    vertical_1: Tensor
    horizontal_1: Tensor
    normalised: bool = field(kw_only=True)

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.vertical_0.device

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Weighted means of source pixels, (N, C, H, W) float32, any C and range; frames repeat their edges.

        Two things differ from ``guide_frame``, which is what was published, good or bad:

        - The sum is divided by the kernels' total, which is near 1 but not 1, so that exposure does not flicker: a
          constant stays the same constant. Where the total is under a tenth, the payload goes by the flow form.
        - The mean is held between the least and the greatest of the source pixels under the kernels, in both frames and
          channel by channel. Taps are negative in part, and a light of 3000 would else have a black or negative ring.

        Inf and NaN of a source reach as far as its kernels do.
        """
        total = self._totals[0] + self._totals[1]
        usable = total >= _LEAST_TOTAL
        padded_0, padded_1 = self._padded(payload_0), self._padded(payload_1)
        mean = self._sum(padded_0, padded_1) / torch.where(usable, total, 1.0)
        if not bool(usable.all()):
            mean = torch.where(usable, mean, self.flow_form().apply(payload_0, payload_1))
        taps = self.vertical_0.shape[1]
        greatest = window_maximum(torch.maximum(padded_0, padded_1), taps)
        least = -window_maximum(-torch.minimum(padded_0, padded_1), taps)
        return mean.clamp(least, greatest)

    def guide_frame(self, guide_0: Tensor, guide_1: Tensor) -> Tensor:
        """The frame as published: the plain sum, or divided by the total where ``normalised``; never held in a range.

        The published code pads the guides first. It repeats their edges, as this does: the pixels are the same ones.
        """
        frame = self._sum(self._padded(guide_0), self._padded(guide_1))
        if not self.normalised:
            return frame
        total = self._totals[0] + self._totals[1]
        return frame / torch.where(total.abs() < _PUBLISHED_LEAST_TOTAL, 1.0, total)

    def flow_form(self) -> FlowMotion:
        """Each frame's flow is its kernels' centroid, and its share that of its kernels' total; below 0 counts as 0.

        Taps count with their sign: where the kernels put a ramp of coordinates is just the signed centroid, whereas
        with sizes alone the small taps of both signs all over a kernel, which cancel, would pull every flow to 0.
        """
        return self._flow_form

    @cached_property
    def _flow_form(self) -> FlowMotion:
        flow_t_to_0 = torch.cat([_centroid(self.horizontal_0), _centroid(self.vertical_0)], 1)
        flow_t_to_1 = torch.cat([_centroid(self.horizontal_1), _centroid(self.vertical_1)], 1)
        first, second = (total.clamp(min=0.0) for total in self._totals)
        both = first + second
        weight_0 = torch.where(both > 0, first / both.clamp(min=torch.finfo(both.dtype).tiny), 0.5)
        return FlowMotion(flow_t_to_0, flow_t_to_1, weight_0)

    @cached_property
    def _totals(self) -> tuple[Tensor, Tensor]:
        """Sum over each frame's K x K weights, (N, 1, H, W): what a frame of ones would give."""
        return (
            self.vertical_0.sum(1, keepdim=True) * self.horizontal_0.sum(1, keepdim=True),
            self.vertical_1.sum(1, keepdim=True) * self.horizontal_1.sum(1, keepdim=True),
        )

    def _sum(self, padded_0: Tensor, padded_1: Tensor) -> Tensor:
        first = separable_conv(padded_0, self.vertical_0, self.horizontal_0)
        return first + separable_conv(padded_1, self.vertical_1, self.horizontal_1)

    def _padded(self, frame: Tensor) -> Tensor:
        reach = self.vertical_0.shape[1] // 2
        return F.pad(frame, (reach, reach, reach, reach), mode="replicate")


def window_maximum(values: Tensor, taps: int) -> Tensor:
    """The greatest of each ``taps`` x ``taps`` pixels: (N, C, H + taps - 1, W + taps - 1) to (N, C, H, W).

    Windows grow by doubling, so that 51 taps take 6 comparisons an axis; NaN wins.
    """
    for axis in (2, 3):
        grown = 1
        while grown < taps:
            step = min(grown, taps - grown)
            rest = values.shape[axis] - step
            values = torch.maximum(values.narrow(axis, 0, rest), values.narrow(axis, step, rest))
            grown += step
    return values


def _centroid(kernel: Tensor) -> Tensor:
    """Where the taps (N, K, H, W) of one axis point to, (N, 1, H, W) px from the middle, at most K // 2.

    Where taps nearly cancel, the place shrinks to 0 instead of running away; such a frame has next to no share.
    """
    reach = kernel.shape[1] // 2
    # Tap by tap: a product with all offsets at once would be a second copy of the kernels, 1.7 GB at UHD.
    moment = torch.zeros_like(kernel[:, 0])
    for offset, tap in enumerate(kernel.unbind(1), start=-reach):
        moment.add_(tap, alpha=offset)
    total = kernel.sum(1)
    floor = _LEAST_AGREEMENT * torch.linalg.vector_norm(kernel, ord=1, dim=1)
    divisor = torch.copysign(torch.maximum(total.abs(), floor.clamp(min=torch.finfo(kernel.dtype).tiny)), total)
    return (moment / divisor).clamp(-reach, reach).unsqueeze(1)
