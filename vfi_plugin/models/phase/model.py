"""Phase-based interpolation as a model: frames at any time, painted without a single trained number."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch

from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.part import WholeFrames
from vfi_plugin.models.phase.info import INFO
from vfi_plugin.models.phase.painter import PhaseSettings, painted_between, painted_whole
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

SETTINGS = PhaseSettings()


class PhasePair(Pair):
    """Two guides.

    Each time is painted from the guides alone: what two times have in common takes 0.9 GB a channel to keep for an HD
    frame. The classic's motion is found once, when it is first asked for.
    """

    def __init__(self, before: torch.Tensor, after: torch.Tensor) -> None:
        self._guides = before, after

    def motion(self, t: float) -> PaintedMotion:
        """The painted frame at ``t`` in [0, 1], and the motion that carries what is not colour."""
        return PaintedMotion(self.painted(t), self._carrier.motion(t).flow_form())

    def painted(self, t: float) -> torch.Tensor:
        """The frame at ``t`` alone, (N, 3, H, W) RGB, not clamped; the guides themselves at 0 and 1."""
        return self._guides[int(t)] if t in (0.0, 1.0) else painted_between(*self._guides, t, SETTINGS)

    def middle_flows(self) -> FlowMotion:
        """The classic's flows at 1/2; nothing is painted."""
        return self._carrier.motion(0.5).flow_form()

    def velocity(self, t: float) -> torch.Tensor:
        """The classic's; nothing is painted."""
        return self._carrier.velocity(t)

    @cached_property
    def _carrier(self) -> DisPair:
        return DisPair(*self._guides)


class PhaseModel(Model):
    """Waves of both frames, and waves between them, on any device."""

    info = INFO

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> PhasePair:
        """Guides are (N, 3, H, W) float32 in [0, 1]."""
        return PhasePair(before, after)

    def paint_whole(self, frames: WholeFrames, t: float) -> torch.Tensor:
        """All of the frame, channel by channel."""
        return painted_whole(frames, t, SETTINGS)

    def interpolate(self, before: torch.Tensor, after: torch.Tensor, t: float = 0.5) -> torch.Tensor:
        """The painted frame, (N, 3, H, W) float32, not clamped; no motion is looked for."""
        self.check(before, after, t)
        return PhasePair(before, after).painted(t)


def load(weights: Weights | None, device: torch.device) -> PhaseModel:
    """The method on ``device``; it has no weights."""
    assert weights is None
    return PhaseModel(device)
