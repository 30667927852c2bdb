"""Other times for networks that know some times of a pair alone: made frames are taken as the ends of new pairs."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

import torch

from vfi_plugin.models.model import Model, Pair
from vfi_plugin.motion.chain import ChainedMotion
from vfi_plugin.motion.continued import continued_velocity
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

FINEST = 8
"""Times are made to eighths at least: each round costs a frame and blurs once more, and an eighth of what moves between
two frames is seldom seen."""


def time_steps(frames_at_once: int = 1) -> int:
    """How many equal steps the time between a pair is cut into: 8 where the middle alone is known.

    A network that knows L frames at once cuts it into L + 1, and each of these again until they are fine enough.
    """
    steps = frames_at_once + 1
    while steps < FINEST:
        steps *= frames_at_once + 1
    return steps


def reached_time(t: float, frames_at_once: int = 1) -> Fraction:
    """The time that is really made for ``t`` in [0, 1]: the nearest step, the later at a tie."""
    steps = time_steps(frames_at_once)
    return Fraction(int(t * steps + 0.5), steps)


class MidpointModel(Model):
    """A model whose network knows the middle of a pair alone."""

    @abstractmethod
    def middle(self, before: torch.Tensor, after: torch.Tensor) -> Motion:
        """The motion at ``t`` = 1/2."""

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> MidpointPair:
        """Looks at a pair; its middle is estimated when it is first asked for."""
        return MidpointPair(self, before, after)


class MidpointPair(Pair):
    """Two guides, and the frames between them that were made last.

    One half is kept, not both: kernels of a motion take 1.7 GB for an HD frame, and a clip asks for times in order.
    """

    def __init__(self, model: MidpointModel, before: torch.Tensor, after: torch.Tensor) -> None:
        self._model = model
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
            self._middle = self._model.middle(*self._ends)
        return self._middle

    def _half(self, takes_later: bool) -> MidpointPair:
        if takes_later not in self._halves:
            before, after = self._ends
            made = self._found_middle().guide_frame(before, after)
            ends = (made, after) if takes_later else (before, made)
            self._halves = {takes_later: MidpointPair(self._model, *ends)}
        return self._halves[takes_later]
