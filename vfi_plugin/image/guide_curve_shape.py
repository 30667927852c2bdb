"""The shape of the guide curve: its constants and its tails. ``guide_curve`` says what they are for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

BLACK = 1.0 / 16.0
WHITE = 0.85
HALF_MAX = 65504.0
"""The largest finite half float: the inverse never gives more, so that no guide value turns into infinity."""

GAMMA = 2.4
OFFSET = 0.055
CONTRAST = WHITE - BLACK
TOE_CODE = OFFSET / (GAMMA - 1)
TOE_SLOPE = ((1 + OFFSET) / GAMMA) ** GAMMA * ((GAMMA - 1) / OFFSET) ** (GAMMA - 1)
TOE_END = TOE_CODE / TOE_SLOPE
POWER_SCALE = CONTRAST * (1 + OFFSET)


@dataclass(frozen=True)
class Tail:
    """``q(l)`` of the module docstring, from ``room`` at l = 0 towards 0."""

    beta: float
    square: float
    linear: float

    @classmethod
    def joining(cls, room: float, slope: float, power: float) -> Tail:
        """The tail that leaves a curve ~ x^power with the given slope in log x, with ``room`` left to its limit."""
        # room = slope * (4 * beta + power) / (2 * beta^2), solved for beta.
        beta = (slope + math.sqrt(slope * slope + room * slope * power / 2)) / room
        alpha = 3 * beta + power
        return cls(beta, slope / beta * (1 - alpha / beta) / 2, slope * alpha / beta**2)

    def value(self, distance: FloatArray) -> FloatArray:
        """``q`` for ``l >= 0``; overwrites its argument."""
        distance *= np.float32(self.beta)
        distance += np.float32(1)
        reach = np.reciprocal(distance, out=distance)
        remaining: FloatArray = reach * np.float32(self.square)
        remaining += np.float32(self.linear)
        remaining *= reach
        return remaining

    def distance(self, remaining: FloatArray) -> FloatArray:
        """``l`` for ``0 < q <= room``."""
        root: FloatArray = np.sqrt(remaining * np.float32(4 * self.square) + np.float32(self.linear**2))
        root += np.float32(self.linear)
        root /= np.float32(2) * remaining
        root -= np.float32(1)
        root /= np.float32(self.beta)
        return root


SHOULDER = Tail.joining(1 - WHITE, POWER_SCALE / GAMMA, 1 / GAMMA)
NEGATIVE_ROOM = BLACK - CONTRAST * TOE_CODE
NEGATIVES = Tail.joining(NEGATIVE_ROOM, CONTRAST * TOE_CODE, 1.0)
