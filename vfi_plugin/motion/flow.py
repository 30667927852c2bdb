"""Motion as one flow to each source frame and a weight between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from vfi_plugin.kernels.warp import warp
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.motion import Motion


@dataclass(frozen=True)
class FlowMotion(Motion):
    """Backward flows from the frame at ``t`` to its two sources.

    Attributes:
        flow_t_to_0: (N, 2, H, W) pixels, x then y, y down: at p it says where in the earlier frame the content of p is.
        flow_t_to_1: the same for the later frame.
        weight_0: (N, 1, H, W) in [0, 1], the earlier frame's share; the later one has the rest.
        residual: (N, 3, H, W) that the network adds in guide space, or None; payloads never see it.
        taps: how sources are sampled, as in ``kernels.warp``.
    """

    flow_t_to_0: torch.Tensor
    flow_t_to_1: torch.Tensor
    weight_0: torch.Tensor
    residual: torch.Tensor | None = None
    taps: str = "linear"

    @classmethod
    def still(cls, like: torch.Tensor, t: float) -> FlowMotion:
        """No motion over the pixels of ``like`` (N, C, H, W), and the plain mix of both frames at ``t``."""
        flow = like.new_zeros((like.shape[0], 2, *like.shape[2:]))
        return cls(flow, flow, flow.new_full((like.shape[0], 1, *like.shape[2:]), 1.0 - t))

    def with_taps(self, taps: str) -> FlowMotion:
        """The same flows, sampled by other taps."""
        return replace(self, taps=taps)

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> FlowMotion:
        """See ``Motion.bent``: both flows begin beside the straight way."""
        height, width = self.weight_0.shape[2:]
        by = bend.over(slice(top, top + height), slice(left, left + width)).to(self.device)
        return replace(self, flow_t_to_0=self.flow_t_to_0 + by, flow_t_to_1=self.flow_t_to_1 + by)

    def moved(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both payloads (N, C, H, W) at the place they have at ``t``, not yet blended."""
        return warp(payload_0, self.flow_t_to_0, taps=self.taps), warp(payload_1, self.flow_t_to_1, taps=self.taps)

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.weight_0.device

    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        """Both payloads moved and mixed by weight; a source of weight 0 adds nothing, not even Inf or NaN."""
        return self.mix(*self.moved(payload_0, payload_1))

    def mix(self, moved_0: torch.Tensor, moved_1: torch.Tensor) -> torch.Tensor:
        """The weighted sum of two payloads (N, C, H, W) that ``moved`` has put in place."""
        both = torch.lerp(moved_1, moved_0, self.weight_0)
        both = torch.where(self.weight_0 >= 1.0, moved_0, both)
        return torch.where(self.weight_0 <= 0.0, moved_1, both)

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:
        """Guides moved and mixed, plus the residual."""
        frame = self.apply(guide_0, guide_1)
        return frame if self.residual is None else frame + self.residual

    def cropped(self, height: int, width: int) -> FlowMotion:
        """The motion of the top left ``height`` x ``width`` pixels: undoes padding at the bottom and right."""
        return self.part(slice(height), slice(width))

    def part(self, rows: slice, columns: slice) -> FlowMotion:
        """The motion of these rows and columns of the frame."""
        crop = (..., rows, columns)
        residual = None if self.residual is None else self.residual[crop]
        return FlowMotion(self.flow_t_to_0[crop], self.flow_t_to_1[crop], self.weight_0[crop], residual, self.taps)

    def flow_form(self) -> FlowMotion:
        """Itself."""
        return self

    def from_earlier(self) -> torch.Tensor:
        """(N, 1, H, W) bool: where picked channels come from the earlier frame; a tie goes to it."""
        return self.weight_0 >= 0.5

    def pick(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        """For each pixel the value of one source pixel: the nearest one, in the source of the larger weight.

        Args:
            payload_0: (N, C, H, W) of any type, integers included; values are copied, never computed with.
            payload_1: the same.

        Returns:
            (N, C, H, W) in the payload's type. All channels of a pixel come from the same place, in every call.
        """
        first, second = nearest(payload_0, self.flow_t_to_0), nearest(payload_1, self.flow_t_to_1)
        return torch.where(self.from_earlier(), first, second)


def nearest(payload: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
    """The pixel of ``payload`` (N, C, H, W), any type, nearest to where ``flow`` (N, 2, H, W) points, edge-clamped."""
    n, c, height, width = payload.shape
    columns = torch.arange(width, device=flow.device, dtype=torch.float32).view(1, 1, width)
    rows = torch.arange(height, device=flow.device, dtype=torch.float32).view(1, height, 1)
    column = (columns + flow[:, 0]).round().clamp(0, width - 1).long()
    row = (rows + flow[:, 1]).round().clamp(0, height - 1).long()
    index = (row * width + column).view(n, 1, -1).expand(n, c, -1)
    return payload.flatten(2).gather(2, index).view(n, c, height, width)
