"""What was measured of the frames of a clip in a row, as the detectors of faults look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Numbers = Mapping[str, float]

Strengths = list[float | None]
"""Of each frame, relative to what it takes to be a finding; None where there was nothing to compare with."""


FLAT = 0.016
"""Between the 5th and the 95th percentile of the luma of a frame without a picture: 4 of 255, grain averaged out."""


def contrast_of(numbers: Numbers) -> float:
    """Luma of the guide from the darkest to the lightest, 5 % at either end left out; 1 of what cannot be read."""
    return numbers["high"] - numbers["low"] if "high" in numbers else 1.0


def has_picture(numbers: Numbers) -> bool:
    """Whether a frame shows more than one flat colour."""
    return contrast_of(numbers) >= FLAT


@dataclass(frozen=True)
class FrameSeries:
    """Measures by position; all sequences have one entry a frame.

    Attributes:
        numbers: of the frames, ascending.
        measures: of each frame.
        pairs: of each frame with the one before it in the row, or None.
        shot_of: the shot of each frame.
        cells: (N, 2, CELLS) of ``cell_changes`` of the same pairs; NaN where there is nothing to compare with.
        faulty: frames with a fault that is known already: nothing is compared with them.
    """

    numbers: Sequence[int]
    measures: Sequence[Numbers]
    pairs: Sequence[Numbers | None]
    shot_of: Sequence[int]
    cells: npt.NDArray[np.floating]
    faulty: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.numbers)

    def without(self, faulty: Iterator[int]) -> FrameSeries:
        """The same, with these positions known to be faulty too."""
        return replace(self, faulty=self.faulty | frozenset(faulty))

    def is_good(self, place: int, like: int) -> bool:
        """Whether ``place`` is a frame of the shot of ``like`` that something can be compared with."""
        inside = 0 <= place < len(self)
        return inside and self.shot_of[place] == self.shot_of[like] and place not in self.faulty

    def pair(self, place: int) -> Numbers | None:
        """Of a frame and the one before it; None unless both are good and of one shot."""
        if not (self.is_good(place, place) and self.is_good(place - 1, place)):
            return None
        return self.pairs[place] or None

    def runs(self, longest: int) -> Iterator[range]:
        """All runs of good frames of one shot, the shortest first, that have a good frame on either side."""
        for length in range(1, longest + 1):
            for first in range(1, len(self) - length):
                places = range(first - 1, first + length + 1)
                if all(self.is_good(place, first) for place in places):
                    yield range(first, first + length)


def without_long(strengths: Strengths, longest: int) -> Strengths:
    """Findings of more than ``longest`` frames in a row taken out."""
    kept = list(strengths)
    first = 0
    for place in range(len(strengths) + 1):
        if place < len(strengths) and (strengths[place] or 0.0) >= 1:
            continue
        if place - first > longest:
            kept[first:place] = [0.0] * (place - first)
        first = place + 1
    return kept
