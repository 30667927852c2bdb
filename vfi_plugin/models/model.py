"""The interface that every network and every classic method stands behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

SMALLEST_SIDE_PX = 16
"""Frames smaller than this in height or width are refused: no published network is defined on them."""


NOT_PUBLISHED = "as a file of weights tells; none were published"
"""Licence and training data of networks whose weights everyone trains for themselves."""


@dataclass(frozen=True)
class ModelInfo:
    """The facts about a model that callers and users need.

    Attributes:
        name: what it is called by.
        title: its name for humans.
        paper: authors, title, venue.
        year: of publication.
        any_time: whether any ``t`` is predicted directly; otherwise 0.5 only, and other times by recursion.
        extrapolates: whether ``t`` outside [0, 1] makes sense.
        size_multiple: frames are padded to a multiple of this many pixels inside the model.
        reach_px: the largest motion it can follow from one frame to the other, in pixels; of networks of kernels, as
            their papers count it, from the frame in the middle to either. None where there is no fixed bound.
        parameters: number of trained ones.
        multiply_adds: convolutions' multiply-adds a pixel of the frame, for one frame between a pair, at the published
            width.
        licence: of the weights in use.
        training_data: what these weights were trained on.
        weights_sha256: of the weights file, or None where there are none.
        frames_at_once: where not ``any_time``: how many frames, evenly spaced between a pair, one run of it gives.
        paints: whether it makes pixels in guide space instead of motion; another motion then carries all but colour.
        overlap_px: how much a tile of a large frame has to show around itself, a multiple of ``size_multiple``; see
            ``docs/large-frames.md`` for how it was found. 0 where frames are not cut up for it.
    """

    name: str
    title: str
    paper: str
    year: int
    any_time: bool
    extrapolates: bool
    size_multiple: int
    reach_px: float | None
    parameters: int
    multiply_adds: int
    licence: str
    training_data: str
    weights_sha256: str | None
    frames_at_once: int = 1
    paints: bool = False
    overlap_px: int = 0

    def with_weights(self, weights: Weights) -> ModelInfo:
        """The facts with those that a file of weights tells; what it leaves out stays as it was."""
        return replace(
            self,
            parameters=weights.parameters,
            licence=weights.licence or self.licence,
            training_data=weights.training_data or self.training_data,
            weights_sha256=weights.sha256,
        )


class Pair(ABC):
    """Two guides that a model has looked at: work that does not depend on ``t`` is done once and kept here."""

    @abstractmethod
    def motion(self, t: float) -> Motion:
        """The motion for a frame at ``t``: 0 is the earlier frame, 1 the later."""

    def middle_flows(self) -> FlowMotion:
        """Flows at exactly 1/2, from which motion is carried on past the pair."""
        return self.motion(0.5).flow_form()


class Model(ABC):
    """Turns two guides and a time into a motion.

    Guides are (N, 3, H, W) float32 RGB in [0, 1], on the model's device, any H and W from 16.
    """

    info: ModelInfo
    device: torch.device

    @abstractmethod
    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> Pair:
        """Looks at a pair; ``before`` and ``after`` are guides of the same shape."""

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
