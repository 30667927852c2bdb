"""Frames left out at equal distances: how 30 frames a second become 24 or 25. Somebody meant it, so it is no fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vfi_plugin.repair.drops import Jump
from vfi_plugin.repair.scan_report import Cadence

_PERIODS = range(3, 11)
"""Frames from one gap to the next: 4 of 30 in 24, 5 of 30 in 25, 10 of 11; 2 would leave no even pair between."""

_TURNS = 4
"""Gaps that are looked for on either side of one."""

_LEAST = 3
"""Others that are there at least, and can be judged: two at equal distances are chance."""

_MOST = 0.75
"""Part of those that can be judged which must be gaps."""

_JUMPS = 1.35
"""Motion as a multiple of the usual that may be a gap, where others lead one to expect it."""

WINDOW = _TURNS * max(_PERIODS)
"""Frames on either side of a gap that decide whether it is one of many."""


@dataclass(frozen=True)
class LeftOut:
    """Gaps at equal distances: places of the frames after them, and how far they are apart."""

    places: tuple[int, ...]
    period: int

    def cadence(self, numbers: Sequence[int]) -> Cadence:
        """For the report: each picture of a period is shown once, and then one not at all."""
        return Cadence((*[1] * self.period, 0), numbers[self.places[0]], numbers[self.places[-1] - 1])


def find_left_out(jumps: Mapping[int, Jump]) -> list[LeftOut]:
    """Gaps that come at equal distances.

    Args:
        jumps: of ``drops.find_jumps``.
    """
    found: dict[tuple[int, int], list[int]] = {}
    for place, jump in sorted(jumps.items()):
        period = _period(jumps, place) if jump.ratio >= _JUMPS else None
        if period is not None:
            found.setdefault((period, place % period), []).append(place)
    return [LeftOut(tuple(places), period) for (period, _), places in found.items() if _is_clear(jumps, places)]


def _is_clear(jumps: Mapping[int, Jump], places: Sequence[int]) -> bool:
    """Whether there are enough, and one that would be a finding by itself: an unsteady shot has many faint ones."""
    return len(places) > _LEAST and any(jumps[place].score >= 1 for place in places)


def _period(jumps: Mapping[int, Jump], place: int) -> int | None:
    """The distance at which there are others, if any."""
    for period in _PERIODS:
        others = [
            jumps[place + turn * period]
            for turn in range(-_TURNS, _TURNS + 1)
            if turn and place + turn * period in jumps
        ]
        between = [jumps[place + step] for step in range(-WINDOW, WINDOW) if step % period and place + step in jumps]
        gaps, stray = (sum(jump.ratio >= _JUMPS for jump in kept) for kept in (others, between))
        if gaps >= max(_LEAST, _MOST * len(others)) and stray <= (1 - _MOST) * len(between):
            return period
    return None
