"""Patterns of repeats that whoever made a clip meant: on twos and threes, 24 frames in 30, pulldown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfi_plugin.repair.scan_report import Cadence

PATTERNS = ((2,), (3,), (4,), (1, 2), (1, 1, 2), (2, 3), (1, 1, 1, 2), (1, 1, 1, 1, 2))
"""How often each picture is shown, in turn: animation on twos, threes and fours; 20, 22.5 (24 in 32), 12, 24 and 25
frames in 30 or their like. Fewer frames a period come first, so that of two readings the plainer one is taken."""

NAMES = {(2,): "on twos", (3,): "on threes", (4,): "on fours", (2, 3): "3:2 pulldown", (1, 1, 1, 2): "as 24 in 30"}
"""What people call them."""

_PERIODS = 3
"""A pattern has to be seen that often in a row: chance repeats at equal distances are two, and seldom three."""

_LEAST_REPEATS = 3
"""Repeats in them, as a pattern of one period may have few of its frames judged."""

WINDOW = 2 * _PERIODS * max(sum(pattern) for pattern in PATTERNS)
"""Frames on either side of a frame that decide whether it is in a pattern."""


@dataclass(frozen=True)
class Beat:
    """A stretch of frames that keep to a pattern.

    Attributes:
        pattern: see ``PATTERNS``, beginning with its first frame.
        start: place of the first frame.
        end: place after the last one.
        repeats: the places in the stretch where the pattern has a repeat.
    """

    pattern: tuple[int, ...]
    start: int
    end: int
    repeats: frozenset[int]

    def cadence(self, numbers: Sequence[int]) -> Cadence:
        """For the report."""
        return Cadence(self.pattern, numbers[self.start], numbers[self.end - 1])

    @property
    def name(self) -> str:
        """ "on twos", or the pattern as it is."""
        name = NAMES.get(plainest(self.pattern))
        return name or f"shown {' '.join(map(str, self.pattern))} times in turn"


def plainest(pattern: tuple[int, ...]) -> tuple[int, ...]:
    """The turn of a pattern that ``PATTERNS`` lists."""
    turns = [pattern[n:] + pattern[:n] for n in range(len(pattern))]
    return next((turn for turn in turns if turn in PATTERNS), pattern)


def find_beats(repeats: Sequence[bool | None]) -> list[Beat]:
    """Stretches that keep to a pattern.

    Args:
        repeats: of each frame whether it is a repeat; None where that cannot be said: after a cut, in a still shot.
    """
    found: list[Beat] = []
    taken: set[int] = set()
    for pattern in PATTERNS:
        for beat in _beats_of(repeats, pattern):
            if not taken.intersection(range(beat.start, beat.end)):
                found.append(beat)
                taken.update(range(beat.start, beat.end))
    return sorted(found, key=lambda beat: beat.start)


def _beats_of(repeats: Sequence[bool | None], pattern: tuple[int, ...]) -> list[Beat]:
    period = sum(pattern)
    shown = [place > 0 for count in pattern for place in range(count)]
    found = []
    for phase in range(period):
        for start, end in _stretches(repeats, shown, phase):
            there = frozenset(n for n in range(start, end) if shown[(n - phase) % period])
            if end - start >= _PERIODS * period and sum(bool(repeats[n]) for n in there) >= _LEAST_REPEATS:
                first = next(n for n in range(start, end) if n not in there)
                found.append(Beat(turned(pattern, (first - phase) % period), first, end, there))
    return found


def turned(pattern: tuple[int, ...], frames: int) -> tuple[int, ...]:
    """A pattern that begins ``frames`` after the beginning of this one, or with its next picture after that."""
    turns = list(pattern)
    while frames > 0:
        frames -= turns[0]
        turns.append(turns.pop(0))
    return tuple(turns)


def _stretches(repeats: Sequence[bool | None], shown: Sequence[bool], phase: int) -> list[tuple[int, int]]:
    """Maximal stretches that nothing contradicts, cut off where nothing can be said for a period."""
    found, start, said = [], 0, -1
    for place in range(len(repeats) + 1):
        told = repeats[place] if place < len(repeats) else None
        fits = told == shown[(place - phase) % len(shown)]
        if told is not None and fits:
            said = place
        elif told is not None or place == len(repeats) or place - said > len(shown):
            if said >= start:
                found.append((start, min(place, said + len(shown))))
            start, said = place + 1, place
    return found
