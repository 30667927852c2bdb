"""Motion that was found on reduced frames, enlarged only where and when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.enlarged_mix import BlockFlows, enlarged_mix
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor


@dataclass(frozen=True)
class EnlargedMotion(Motion):
    """Flows over blocks of ``factor`` x ``factor`` pixels; those of a whole 16K frame would take 2.8 GB.

    Attributes:
        reduced: the motion in pixels of the reduced frame.
        factor: by how much a side was divided; whole blocks, the last ones filled up with edge pixels.
        height: of the frame, in its own pixels.
        width: of the frame.
    """

    reduced: FlowMotion
    factor: int
    height: int
    width: int

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.reduced.device

    def with_taps(self, taps: str) -> EnlargedMotion:
        """The same flows, sampled by other taps."""
        return replace(self, reduced=self.reduced.with_taps(taps))

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> EnlargedMotion:
        """See ``Motion.bent``; it is the motion of a whole frame."""
        assert top == left == 0
        flows = self.reduced
        height, width = flows.weight_0.shape[2:]
        by = (bend.on_blocks(height, width, self.factor) / self.factor).to(self.device)
        flows = replace(flows, flow_t_to_0=flows.flow_t_to_0 + by, flow_t_to_1=flows.flow_t_to_1 + by)
        return replace(self, reduced=flows)

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads (N, C, H, W) moved and mixed by the enlarged flows."""
        mixed = None
        if self.factor > 1 and self.reduced.taps == "cubic":
            flow = self.reduced
            blocks = BlockFlows(flow.flow_t_to_0, flow.flow_t_to_1, flow.weight_0, self.factor)
            mixed = enlarged_mix(payload_0, payload_1, blocks)
        return self.flow_form().apply(payload_0, payload_1) if mixed is None else mixed

    def flow_form(self) -> FlowMotion:
        """The flows of the whole frame."""
        return self._whole

    @cached_property
    def _whole(self) -> FlowMotion:
        return self.part(slice(0, self.height), slice(0, self.width))

    def part(self, rows: slice, columns: slice) -> FlowMotion:
        """The motion of these rows and columns of the frame, the same values as in ``flow_form``."""
        if self.factor == 1:
            return self.reduced.part(rows, columns)
        flows = (self.enlarged(flow, rows, columns) for flow in (self.reduced.flow_t_to_0, self.reduced.flow_t_to_1))
        first, second = (flow * self.factor for flow in flows)
        weight_0 = self.enlarged(self.reduced.weight_0, rows, columns)
        return FlowMotion(first, second, weight_0, taps=self.reduced.taps)

    def enlarged(self, values: Tensor, rows: slice, columns: slice) -> Tensor:
        """Values over the blocks, (N, C, h, w), over these rows and columns of the frame; flows keep their unit.

        Bilinear, from the blocks around: one more on each side is all that an enlarged pixel looks at.
        """
        if self.factor == 1:
            return values[..., rows, columns]
        first_row, first_column = (max(side.start // self.factor - 1, 0) for side in (rows, columns))
        last_row, last_column = (-(-side.stop // self.factor) + 1 for side in (rows, columns))
        around = values[..., first_row:last_row, first_column:last_column]
        enlarged = F.interpolate(around, scale_factor=self.factor, mode="bilinear", align_corners=False)
        top, left = first_row * self.factor, first_column * self.factor
        wanted = enlarged[..., rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        return wanted.contiguous()


class LaterMotion(Motion):
    """Motion of a whole frame that is found when somebody asks for it: not every way to make a frame does.

    Args:
        find: finds it.
        device: where payloads have to be.
    """

    def __init__(self, find: Callable[[], EnlargedMotion], device: torch.device) -> None:
        self._find, self._device = find, device

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self._device

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads (N, C, H, W) moved and mixed by it."""
        return self._found.apply(payload_0, payload_1)

    def flow_form(self) -> FlowMotion:
        """The flows of the whole frame."""
        return self._found.flow_form()

    def part(self, rows: slice, columns: slice) -> FlowMotion:
        """The motion of these rows and columns of the frame."""
        return self._found.part(rows, columns)

    @cached_property
    def _found(self) -> EnlargedMotion:
        return self._find()
