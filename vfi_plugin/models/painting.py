"""What models share that paint frames: in guide space, with the classic's motion for all that is not colour."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from functools import cached_property

import torch

from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.times import reached_time
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion

Tensor = torch.Tensor


class PaintingModel(NetworkModel):
    """A network that paints ``info.frames_at_once`` evenly spaced frames of a pair in one run."""

    @abstractmethod
    def paint(self, before: Tensor, after: Tensor) -> Tensor:
        """The frames between two guides, (N, L, 3, H, W) float32 RGB in the order of time, not clamped.

        Guides are (N, 3, H, W) float32 RGB in [0, 1].
        """

    def prepare(self, before: Tensor, after: Tensor) -> PaintedPair:
        """Looks at a pair; frames are painted, and motion is found, when they are first asked for."""
        return PaintedPair(self, before, after)

    def interpolate(self, before: Tensor, after: Tensor, t: float = 0.5) -> Tensor:
        """The painted frame at the nearest time that is reached, (N, 3, H, W) float32; no motion is looked for."""
        self.check(before, after, t)
        return Painting(self, before, after).at(reached_time(t, self.info.frames_at_once))


class PaintedPair(Pair):
    """Two guides, the frames painted between them, and the classic's motion."""

    def __init__(self, model: PaintingModel, before: Tensor, after: Tensor) -> None:
        self._frames_at_once = model.info.frames_at_once
        self._guides = before, after
        self._painting = Painting(model, before, after)

    def motion(self, t: float) -> PaintedMotion:
        """The frame and the motion at the time nearest to ``t`` that is reached, the same for both."""
        reached = reached_time(t, self._frames_at_once)
        return PaintedMotion(self._painting.at(reached), self._carrier.motion(float(reached)).flow_form())

    def middle_flows(self) -> FlowMotion:
        """The classic's flows at exactly 1/2, where the network may know no frame."""
        return self._carrier.motion(0.5).flow_form()

    def velocity(self, t: float) -> Tensor:
        """The classic's; nothing is painted."""
        return self._carrier.velocity(t)

    @cached_property
    def _carrier(self) -> DisPair:
        return DisPair(*self._guides)


class Painting:
    """The frames between two, painted in one run; times between those by painting between neighbours of them."""

    def __init__(self, model: PaintingModel, before: Tensor, after: Tensor) -> None:
        self._model = model
        self._ends = before, after
        self._inner: dict[int, Painting] = {}  # one at most: a clip asks for times in order

    def at(self, t: Fraction) -> Tensor:
        """(N, 3, H, W) at a time that ``reached_time`` gives; the guides themselves at 0 and 1."""
        if t in (0, 1):
            return self._ends[int(t)]
        place = t * (self._model.info.frames_at_once + 1)
        earlier = int(place)
        if place == earlier:
            return self._frames[earlier]
        return self._between(earlier).at(place - earlier)

    @cached_property
    def _frames(self) -> tuple[Tensor, ...]:
        before, after = self._ends
        return (before, *self._model.paint(before, after).unbind(1), after)

    def _between(self, earlier: int) -> Painting:
        if earlier not in self._inner:
            self._inner = {earlier: Painting(self._model, self._frames[earlier], self._frames[earlier + 1])}
        return self._inner[earlier]
