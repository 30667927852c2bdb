"""The classic's motion, refined by a network, as a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.hybrid.net import LAYOUT, build, start_from, state_of
from vfi_plugin.models.model import ModelInfo, Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.rife.net import IFNet, last
from vfi_plugin.models.variant import Variant
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

INFO = ModelInfo(
    name="hybrid",
    title="Hybrid (dense inverse search, refined by IFNet's blocks)",
    paper="ours; the parts: Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016;"
    " Huang, Zhang, Heng, Shi, Zhou: Real-Time Intermediate Flow Estimation for Video Frame Interpolation, ECCV 2022",
    year=2026,
    any_time=True,
    extrapolates=False,
    size_multiple=LAYOUT.size_multiple,
    reach_px=None,
    parameters=4_673_492,
    multiply_adds=48_665,
    licence="Apache-2.0 (ours)",
    training_data="as a file of weights tells",
    weights_sha256=None,
)

VARIANTS = (Variant("", "the hybrid's own weights", build, str),)


class HybridPair(Pair):
    """Both flows of a pair, and what the network sees in both guides."""

    def __init__(self, net: IFNet, before: torch.Tensor, after: torch.Tensor) -> None:
        self._net = net
        self._classic = DisPair(before, after)
        self._padding = Padding.to_multiple(before.shape[2], before.shape[3], LAYOUT.size_multiple)
        with torch.no_grad():
            self._seen = [net.look(self._padding.add(guide, "replicate")) for guide in (before, after)]

    @torch.no_grad()
    def motion(self, t: float) -> FlowMotion:
        """The classic's motion at ``t``, refined."""
        before, after = self._seen
        start = self._padding.add(start_from(self._classic.motion(t)), "replicate")
        time = before.new_full((before.shape[0], 1, 1, 1), t)
        state = last(self._net.states(before, after, time, start=state_of(start)))
        flow = self._padding.remove(state.flow)
        share = torch.sigmoid(self._padding.remove(state.mask))
        return FlowMotion(flow[:, :2].contiguous(), flow[:, 2:].contiguous(), share)


class HybridModel(NetworkModel):
    """Dense inverse search on the CPU, the network where it is put.

    Args:
        weights: the network's.
        device: where it runs.

    Raises:
        WeightsError: they do not fit.
    """

    channels_last = False

    def __init__(self, weights: Weights, device: torch.device) -> None:
        super().__init__(INFO, build, weights, device)

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> HybridPair:
        """Flow in both directions, and features; guides are (N, 3, H, W) float32 in [0, 1]."""
        return HybridPair(cast(IFNet, self.net), before, after)


def load(weights: Weights | None, device: torch.device) -> HybridModel:
    """The hybrid on ``device``."""
    assert weights is not None
    return HybridModel(weights, device)
