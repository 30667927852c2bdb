"""Phase-based interpolation as a model: frames at any time, painted without a single trained number."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch

from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.model import Model, ModelInfo, Pair
from vfi_plugin.models.phase.painter import PhaseSettings, painted_between
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

SETTINGS = PhaseSettings()

INFO = ModelInfo(
    name="phase",
    title="Phase-based (no weights)",
    paper="Meyer, Wang, Zimmer, Grosse, Sorkine-Hornung: Phase-Based Frame Interpolation for Video, CVPR 2015",
    year=2015,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    # The limit's share of half a coarsest wave, which is 2 * 2 ** (22 / 4) px long in large frames.
    reach_px=round(SETTINGS.limit * 2.0 ** ((SETTINGS.most_levels - 1) / 4), 1),
    parameters=0,
    multiply_adds=0,
    licence="Apache-2.0 (ours)",
    training_data="none",
    weights_sha256=None,
    paints=True,
    overlap_px=64,
)


class PhasePair(Pair):
    """Two guides.

    Each time is painted from the guides alone: what two times have in common takes 0.9 GB a channel to keep for an HD
    frame. The classic's motion is found once, when it is first asked for.
    """

    def __init__(self, before: torch.Tensor, after: torch.Tensor) -> None:
        self._guides = before, after

    def motion(self, t: float) -> PaintedMotion:
        """The painted frame at ``t`` in [0, 1], and the motion that carries what is not colour."""
        return PaintedMotion(self.painted(t), self._carrier.motion(t))

    def painted(self, t: float) -> torch.Tensor:
        """The frame at ``t`` alone, (N, 3, H, W) RGB, not clamped; the guides themselves at 0 and 1."""
        return self._guides[int(t)] if t in (0.0, 1.0) else painted_between(*self._guides, t, SETTINGS)

    def middle_flows(self) -> FlowMotion:
        """The classic's flows at 1/2; nothing is painted."""
        return self._carrier.motion(0.5)

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

    def interpolate(self, before: torch.Tensor, after: torch.Tensor, t: float = 0.5) -> torch.Tensor:
        """The painted frame, (N, 3, H, W) float32, not clamped; no motion is looked for."""
        self.check(before, after, t)
        return PhasePair(before, after).painted(t)


def load(weights: Weights | None, device: torch.device) -> PhaseModel:
    """The method on ``device``; it has no weights."""
    assert weights is None
    return PhaseModel(device)
