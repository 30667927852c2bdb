"""Both classics and the network that mixes what they move."""

from __future__ import annotations

from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch

from vfi_plugin.models.detail import reduction
from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.fused.info import INFO
from vfi_plugin.models.fused.net import SIZE_MULTIPLE, FusedNet
from vfi_plugin.models.fused.sources import Sources
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.resizing import averaged, peaks
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.continued import continued
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.mixed import MixedMotion
from vfi_plugin.motion.motion import Motion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

Tensor = torch.Tensor
Size = tuple[int, int]
"""Height and width."""

Pairwise = tuple[Tensor, Tensor]
"""Of the earlier and of the later frame."""


@dataclass(frozen=True)
class Mixer:
    """What finds the shares of pictures.

    Attributes:
        net: the network.
        half: whether its convolutions are in float16.
    """

    net: FusedNet
    half: bool = False

    def shares(self, sources: Sources) -> Tensor:
        """The shares of a pair's pictures, (N, 9, H, W) float32."""
        sources = replace(sources)  # what it works out on the way goes with it
        return sources.shares(self.asked(sources))

    def asked(self, sources: Sources) -> Tensor:
        """What the network wishes for, (N, 9, H, W) float32: see ``Sources.shares``."""
        height, width = sources.guides[0].shape[2:]
        padding = Padding.to_multiple(height, width, SIZE_MULTIPLE)
        # As it is where it is off: a training has its own.
        with torch.autocast(sources.guides[0].device.type, torch.float16) if self.half else nullcontext():
            return padding.remove(self.net(sources.seen(padding)))


class FusedPair(Pair):
    """A pair that both classics have looked at, of large frames in a smaller size."""

    def __init__(self, mixer: Mixer, guides: Pairwise, lights: Pairwise, factor: int, size: Size) -> None:
        self._mixer, self._guides, self._lights = mixer, guides, lights
        self._factor, self._size = factor, size
        small: Size = (guides[0].shape[2], guides[0].shape[3])
        self._classic = DisPair.of_reduced(guides, 1, small)
        self._fast = FastPair.of_reduced(guides, 1, small)

    def motion(self, t: float) -> FusedMotion:
        """Both motions at ``t``; the network runs when somebody applies them."""
        classic, fast = (pair.motion(t).flow_form() for pair in (self._classic, self._fast))
        sources = Sources(classic, fast, self._guides, t, self._lights, self._classic.things)
        return FusedMotion(self._mixer, sources, self._factor, self._size)

    def continued(self, t: float) -> EnlargedMotion:
        """The classic's motion past the pair, at ``t`` outside [0, 1]."""
        return self._enlarged(continued(self._classic.motion(0.5).flow_form(), t))

    def middle_flows(self) -> FlowMotion:
        """The classic's."""
        return self._enlarged(self._classic.motion(0.5).flow_form()).flow_form()

    def velocity(self, t: float) -> Tensor:
        """The classic's."""
        velocity = self._classic.velocity(t)
        still = torch.zeros_like(velocity)
        return self._enlarged(FlowMotion(velocity, still, still[:, :1])).flow_form().flow_t_to_0

    def _enlarged(self, flows: FlowMotion) -> EnlargedMotion:
        return EnlargedMotion(flows, self._factor, *self._size)


@dataclass(frozen=True)
class FusedMotion(Motion):
    """A mix whose shares are found when they are needed: where both motions lead may still be bent.

    Attributes:
        mixer: what finds them.
        sources: both motions and the guides, of large frames in a smaller size.
        factor: by which a side was divided.
        size: of the frame, in its own pixels.
        taps: how payloads are sampled; what the network sees is linear always, as it was trained.
    """

    mixer: Mixer
    sources: Sources
    factor: int
    size: Size
    taps: str = "cubic"

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.sources.classic.device

    def with_taps(self, taps: str) -> FusedMotion:
        """The same, sampled by other taps."""
        return replace(self, taps=taps)

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> FusedMotion:
        """See ``Motion.bent``; it is the motion of a whole frame."""
        assert top == left == 0
        height, width = self.sources.classic.weight_0.shape[2:]
        by = bend.on_blocks(height, width, self.factor) / self.factor
        return replace(self, sources=self.sources.shifted(by.to(self.device)))

    def for_exposure(self) -> Motion:
        """The classic's."""
        return self.classic

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads (N, C, H, W) moved and mixed."""
        return self._whole.apply(payload_0, payload_1)

    def flow_form(self) -> FlowMotion:
        """The classic's flows."""
        return self.classic.flow_form()

    def part(self, rows: slice, columns: slice) -> MixedMotion:
        """The mix of these rows and columns of the frame; the same values for a pixel in every part."""
        motions = tuple(self._enlarged(each).part(rows, columns) for each in self.sources.motions)
        shares = self.classic.enlarged(self.shares, rows, columns)
        return MixedMotion(motions, shares, self.factor)

    @cached_property
    def shares(self) -> Tensor:
        """(N, 9, h, w) of the smaller frames."""
        return self.mixer.shares(self.sources)

    @cached_property
    def classic(self) -> EnlargedMotion:
        """The classic's motion of the whole frame."""
        return self._enlarged(self.sources.classic)

    @cached_property
    def _whole(self) -> MixedMotion:
        return self.part(slice(0, self.size[0]), slice(0, self.size[1])).without_idle()

    def _enlarged(self, flows: FlowMotion) -> EnlargedMotion:
        return EnlargedMotion(flows.with_taps(self.taps), self.factor, *self.size)


class FusedModel(NetworkModel):
    """Both classics, fused.

    Args:
        weights: of the network.
        device: where it runs.
    """

    def __init__(self, weights: Weights, device: torch.device) -> None:
        super().__init__(INFO, lambda _, width: FusedNet(width), weights, device)
        self._mixer = Mixer(cast(FusedNet, self.net))
        self._detail: float | None = None

    def with_detail(self, detail: float) -> FusedModel:
        """The same at a size that was asked for."""
        self.info.at_detail(detail)  # raises where there is none such
        other = copy(self)
        other._detail = detail
        return other

    def with_half_convolutions(self) -> FusedModel:
        """The same with the network in float16; all that is moved stays float32."""
        other = copy(self)
        other._mixer = replace(self._mixer, half=True)
        return other

    def factor(self, height: int, width: int) -> int:
        """By how much a side of such frames is divided before motion is looked for."""
        return reduction(height, width, self._detail)

    def prepare(self, before: Tensor, after: Tensor) -> FusedPair:
        """Searches in both directions, twice; guides are (N, 3, H, W) float32 in [0, 1]."""
        size: Size = (before.shape[2], before.shape[3])
        factor = self.factor(*size)
        guides, lights = ((form(before, factor), form(after, factor)) for form in (averaged, peaks))
        return self.of_reduced(guides, lights, factor, size)

    def of_reduced(self, guides: Pairwise, lights: Pairwise, factor: int, size: Size) -> FusedPair:
        """The pair whose frames of ``size`` are divided by ``factor`` already, as ``averaged`` and ``peaks`` do."""
        return FusedPair(self._mixer, guides, lights, factor, size)


def load(weights: Weights | None, device: torch.device) -> FusedModel:
    """The classics and the network with its weights on ``device``."""
    assert weights is not None
    return FusedModel(weights, device)
