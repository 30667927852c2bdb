"""Other times for networks that know some times of a pair alone: made frames are taken as the ends of new pairs."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

import torch

from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.part import Part
from vfi_plugin.models.times import reached_time
from vfi_plugin.motion.chain import ChainedMotion
from vfi_plugin.motion.continued import continued_velocity
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion


class MidpointModel(Model):
    """A model whose network knows the middle of a pair alone."""

    @abstractmethod
    def middle(self, before: torch.Tensor, after: torch.Tensor, part: Part | None = None) -> Motion:
        """The motion at ``t`` = 1/2; ``part`` as in ``prepare_part``, None where the guides are whole frames."""

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> MidpointPair:
        """Looks at a pair; its middle is estimated when it is first asked for."""
        return MidpointPair(self, before, after)

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> MidpointPair:
        """The same for guides that are a part of larger ones."""
        return MidpointPair(self, before, after, part)


class MidpointPair(Pair):
    """Two guides, and the frames between them that were made last.

    One half is kept, not both: kernels of a motion take 1.7 GB for an HD frame, and a clip asks for times in order.
    """

    def __init__(
        self, model: MidpointModel, before: torch.Tensor, after: torch.Tensor, part: Part | None = None
    ) -> None:
        self._model, self._part = model, part
        self._ends = before, after
        self._middle: Motion | None = None
        self._halves: dict[bool, MidpointPair] = {}  # one at most

    def motion(self, t: float) -> Motion:
        """The motion at the nearest eighth to ``t``."""
        return self._at(reached_time(t))

    def velocity(self, t: float) -> torch.Tensor:
        """See ``Pair.velocity``; the middle's, brought to ``t``: at 0 and 1 this network knows no motion."""
        return continued_velocity(self.middle_flows(), t)

    def _at(self, t: Fraction) -> Motion:
        if t in (0, 1):
            return FlowMotion.still(self._ends[0], float(t))
        if t == Fraction(1, 2):
            return self._found_middle()
        takes_later = t > Fraction(1, 2)
        second = self._half(takes_later)._at(2 * t - 1 if takes_later else 2 * t)
        return ChainedMotion(self._found_middle(), second, takes_later)

    def _found_middle(self) -> Motion:
        if self._middle is None:
            self._middle = self._model.middle(*self._ends, self._part)
        return self._middle

    def _half(self, takes_later: bool) -> MidpointPair:
        if takes_later not in self._halves:
            before, after = self._ends
            made = self._found_middle().guide_frame(before, after)
            ends = (made, after) if takes_later else (before, made)
            self._halves = {takes_later: MidpointPair(self._model, *ends, self._part)}
        return self._halves[takes_later]
