"""Which frames tell along which way a pair's content goes: plans know it without loading torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_MOST_APART = 2
"""How many lengths of the pair those beside it may last: further away, nobody knows what happened since."""

Lengths = tuple[Fraction, Fraction, Fraction]
Four = tuple[int, int, int, int]


@dataclass(frozen=True)
class Way:
    """Four frames in a row, of which the inner two are a pair.

    Attributes:
        frames: their numbers.
        durations: of the pair before, the pair, and the pair after, in any unit.
    """

    frames: Four
    durations: Lengths

    def __str__(self) -> str:
        return f"{self.frames[0]} {self.frames[3]} by {' '.join(map(str, self.durations))}"

    @classmethod
    def through(cls, numbers: Sequence[int], times: Sequence[Fraction], at: int) -> Way | None:
        """The way from frame ``at`` of a row to the next one; None where it begins or ends there, or nothing compares.

        Args:
            numbers: of the frames.
            times: when each is, rising.
            at: place of the pair's earlier frame.
        """
        if at < 1 or at + 2 >= len(numbers):
            return None
        first, second, third, fourth = times[at - 1 : at + 3]
        durations = second - first, third - second, fourth - third
        if not all(0 < each <= _MOST_APART * durations[1] for each in durations):
            return None
        return cls((numbers[at - 1], numbers[at], numbers[at + 1], numbers[at + 2]), durations)
