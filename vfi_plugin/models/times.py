"""The times that networks make which know some times of a pair alone."""

from __future__ import annotations

from fractions import Fraction

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
