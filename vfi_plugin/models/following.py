"""Networks that are shown both frames where the fast classic moves them, and have only the rest to find.

Kernels reach 20 or 25 px, and weights of a few minutes find motion of a few pixels well. Between frames that have met
no more is left, and there a network mends what the classic could not decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch

from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.followed import FollowedMotion, Met
from vfi_plugin.motion.motion import Motion
from vfi_plugin.motion.painted import PaintedMotion

Tensor = torch.Tensor

SHOWN_BY = "cubic"
"""The taps that the frames are sampled by which a network is shown: linear ones soften what it is to tell apart."""


@dataclass(frozen=True)
class FollowingMotion(Motion):
    """The fast classic's flows, and what a network finds from there on once somebody applies them: they may be bent.

    Attributes:
        network: that looks.
        flows: the classic's, at ``t``.
        guides: (N, 3, H, W) each.
        t: in (0, 1).
    """

    network: Model
    flows: FlowMotion
    guides: tuple[Tensor, Tensor]
    t: float

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.flows.device

    @property
    def runs_network(self) -> bool:
        """Whether each ``apply`` does."""
        return self._followed.runs_network

    def with_taps(self, taps: str) -> FollowingMotion:
        """The same, payloads sampled by other taps."""
        return replace(self, flows=self.flows.with_taps(taps))

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> FollowingMotion:
        """See ``Motion.bent``: the frames meet beside the straight way."""
        return replace(self, flows=self.flows.bent(bend, top, left))

    def for_exposure(self) -> FlowMotion:
        """The classic's."""
        return self.flows

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads moved and mixed; (N, C, H, W)."""
        return self._followed.apply(payload_0, payload_1)

    def flow_form(self) -> FlowMotion:
        """The classic's."""
        return self.flows

    @cached_property
    def _followed(self) -> FollowedMotion:
        met = Met.of(self.flows.with_taps(SHOWN_BY), self.guides, self.t)
        # Of what nobody doubts the network is not asked at all.
        then = self.network.prepare(*met.frames).motion(self.t) if bool(met.doubt.any()) else self.flows
        return FollowedMotion(self.flows, then.with_taps(self.flows.taps), met.doubt, self.t)


class FollowingPair(Pair):
    """A pair that the fast classic has looked at; at each time a network looks at what has met there."""

    def __init__(self, network: Model, before: Tensor, after: Tensor) -> None:
        self._network = network
        self._guides = before, after
        self._classic = FastPair(before, after)

    def motion(self, t: float) -> Motion:
        """What both find, at any ``t`` in [0, 1]; at its ends the classic's alone.

        A network that knows some times alone mixes what has met by the nearest of them.
        """
        flows = self._classic.motion(t).flow_form()
        if t in (0.0, 1.0):
            return flows
        if self._network.info.paints:
            met = Met.of(flows.with_taps(SHOWN_BY), self._guides, t)
            painted = self._network.interpolate(*met.frames, t) if bool(met.doubt.any()) else met.sure
            return PaintedMotion(met.over(painted), flows)
        return FollowingMotion(self._network, flows, self._guides, t)

    def middle_flows(self) -> FlowMotion:
        """The classic's."""
        return self._classic.motion(0.5).flow_form()

    def velocity(self, t: float) -> Tensor:
        """The classic's."""
        return self._classic.velocity(t)


class FollowingModel(Model):
    """A network that follows the fast classic.

    Args:
        network: the one.
    """

    def __init__(self, network: Model) -> None:
        self.network = network
        self.info = replace(network.info, reach_px=None, extrapolates=False)
        self.device = network.device

    def prepare(self, before: Tensor, after: Tensor) -> FollowingPair:
        """Looks at a pair; guides are (N, 3, H, W) float32 in [0, 1]."""
        return FollowingPair(self.network, before, after)


def as_weights_ask(model: Model) -> Model:
    """The model as it is, or following the fast classic, where its weights are for that."""
    return FollowingModel(model) if model.info.follows else model
