"""How long a training lasts, how far along it is, and how fast it learns there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vfi_plugin.errors import UsageError


@dataclass(frozen=True)
class Plan:
    """How long a training lasts in all, over every run that it takes. Of two limits the one reached first ends it.

    Attributes:
        steps: how many, or None for no limit.
        minutes: how many of running, on any machine, or None for no limit.
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.steps, self.minutes) if value is not None]
        if not given or not all(0 < value < math.inf for value in given):
            said = " and ".join(f"{value:g}" for value in given) or "nothing"
            raise UsageError(f"got {said} as how long to train; give --steps N or --minutes N, or both, above 0")

    def progress(self, step: int, seconds: float) -> float:
        """0 at the start, 1 at the end: the larger share of what is planned that ``step`` and ``seconds`` are.

        It looks at nothing else. So a training that goes on under a larger plan is, from there, where it would be had
        the plan been so from the start: 20 of 40 minutes are one half, though 20 of 20 were the whole.
        """
        shares = [0.0]
        if self.steps is not None:
            shares.append(step / self.steps)
        if self.minutes is not None:
            shares.append(seconds / (60.0 * self.minutes))
        return min(1.0, max(shares))

    def __str__(self) -> str:
        parts = [f"{self.steps} steps"] if self.steps is not None else []
        parts += [f"{self.minutes:g} minutes"] if self.minutes is not None else []
        return " or ".join(parts)


def rate_factor(progress: float, step: int, warm_up_steps: int) -> float:
    """The share of the learning rate that holds in a step: half a cosine from 1 down to 0, after a straight warm-up.

    ``(1 + cos(pi progress)) / 2`` (Loshchilov and Hutter, "SGDR", ICLR 2017) times ``(step + 1) / (warm_up_steps + 1)``
    while that is below 1: moments that Adam has seen one batch of are no ground for a whole step.

    Args:
        progress: 0 at the start of the plan, 1 at its end.
        step: 0 for the first of the training.
        warm_up_steps: how many steps have less than the whole.
    """
    warmth = min(1.0, (step + 1) / (warm_up_steps + 1))
    return warmth * 0.5 * (1.0 + math.cos(math.pi * min(1.0, max(0.0, progress))))
