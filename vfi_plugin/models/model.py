"""The interface that every network and every classic method stands behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.part import Part, WholeFrames
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

SMALLEST_SIDE_PX = 16
"""Frames smaller than this in height or width are refused: no published network is defined on them."""


class Pair(ABC):
    """Two guides that a model has looked at: work that does not depend on ``t`` is done once and kept here."""

    @abstractmethod
    def motion(self, t: float) -> Motion:
        """The motion for a frame at ``t``: 0 is the earlier frame, 1 the later."""

    def middle_flows(self) -> FlowMotion:
        """Flows at exactly 1/2, from which motion is carried on past the pair."""
        return self.motion(0.5).flow_form()

    def velocity(self, t: float) -> torch.Tensor:
        """How far what is seen at ``t`` in [0, 1] moves from the earlier frame to the later.

        Returns:
            (N, 2, H, W) float32 pixels, x then y, y down; motion within the pair is taken to be straight and even.
        """
        flows = self.motion(t).flow_form()
        return flows.flow_t_to_1 - flows.flow_t_to_0


class Model(ABC):
    """Turns two guides and a time into a motion.

    Guides are (N, 3, H, W) float32 RGB in [0, 1], on the model's device, any H and W from 16.
    """

    info: ModelInfo
    device: torch.device
    follows_in_whole: bool = False
    """Whether ``look_at_whole`` finds motion of any size, so that parts need not be cut out where motion leads."""

    def with_detail(self, detail: float) -> Model:
        """The same model, looking for motion at a part of the frame's size, one of ``DETAILS``.

        Raises:
            UsageError: it finds something else than flow, or there is no such detail.
        """
        self.info.at_detail(detail)
        raise NotImplementedError(f"{type(self).__name__} finds flow, and has to say how it is found on smaller frames")

    @abstractmethod
    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> Pair:
        """Looks at a pair; ``before`` and ``after`` are guides of the same shape."""

    def look_at_whole(self, frames: WholeFrames, t: float) -> Any:  # noqa: ARG002
        """What has to be known of large frames as wholes before parts of them are looked at; here nothing."""
        return None

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> Pair:  # noqa: ARG002
        """Looks at guides that are a part of a pair of frames, so that its inner pixels come out as in the whole.

        Its top left corner lies on multiples of ``info.size_multiple`` in the frame, and so do its other ends but for
        the frame's own.
        """
        return self.prepare(before, after)

    def paint_whole(self, frames: WholeFrames, t: float) -> torch.Tensor:
        """The frame at ``t`` (1, 3, H, W) of large frames, of a model that paints and has no ``info.overlap_px``."""
        raise NotImplementedError

    def estimate(self, before: torch.Tensor, after: torch.Tensor, t: float = 0.5) -> Motion:
        """The motion of the pair at ``t``, to be applied to any payload over the same pixels.

        Raises:
            UsageError: guides of another shape or type, or a ``t`` that this model does not know.
        """
        self.check(before, after, t)
        return self.prepare(before, after).motion(t)

    def interpolate(self, before: torch.Tensor, after: torch.Tensor, t: float = 0.5) -> torch.Tensor:
        """The frame at ``t``, (N, 3, H, W) float32, exactly as published: not clamped to [0, 1]."""
        return self.estimate(before, after, t).guide_frame(before, after)

    def check(self, before: torch.Tensor, after: torch.Tensor, t: float) -> None:
        """Raises UsageError where the inputs are not what ``estimate`` takes."""
        if before.shape != after.shape or before.ndim != 4 or before.shape[1] != 3:
            raise UsageError(
                f"got frames of shape {tuple(before.shape)} and {tuple(after.shape)}; both must be (N, 3, H, W)"
            )
        if before.dtype != torch.float32 or after.dtype != torch.float32:
            raise UsageError(f"got frames of type {before.dtype} and {after.dtype}; convert both to float32")
        if min(before.shape[2:]) < SMALLEST_SIDE_PX:
            raise UsageError(f"got frames of {before.shape[3]}x{before.shape[2]} px; each side must be at least 16 px")
        if not (0.0 <= t <= 1.0 or self.info.extrapolates):
            raise UsageError(f"got t={t}; {self.info.name} interpolates only, so t must lie in [0, 1]")
