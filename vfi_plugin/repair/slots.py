"""The time that a clip's frames stand for, and the places that its repaired form has: arithmetic on frame numbers.

An *instant* is a moment of what was shot, counted in frames from the first number on. A frame in its right place has
its own number as instant; lost frames move all later instants up, repeats that are removed move them down. A good frame
is an *anchor*: its picture belongs to an instant. The repaired clip asks for instants, and anchors around them answer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from vfi_plugin.errors import UsageError
from vfi_plugin.repair.bad_frames import BadFrames
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.options import RepairPolicy

SPREAD_FRAMES = 4
"""Frames on either side of a drop that are moved for each lost one. Motion is then 1/9 faster over nine steps, near
what an eye can tell at all (McKee, Silverman and Nakayama 1986: 5 %), where it was twice as fast over one; a longer way
would have more frames made anew than that is worth."""


@dataclass(frozen=True)
class Anchor:
    """A good frame and the instant that its picture belongs to."""

    instant: Fraction
    number: int


@dataclass(frozen=True)
class Place:
    """A frame that the repaired clip has.

    Attributes:
        number: in the repaired clip.
        instant: what it shows.
        origin: the frame of the source that stood here; None for one that was lost.
        shot: which one, counted from 0.
        spread: over how many frames a drop is spread here; 0 where none is.
    """

    number: int
    instant: Fraction
    origin: int | None
    shot: int
    spread: int = 0


@dataclass(frozen=True)
class Slots:
    """The frames of a clip in their own time.

    Attributes:
        numbers: from the first to the last, there or not, without those that are removed.
        instants: one for each of ``numbers``, rising.
        shots: the shot of each.
        removed: repeats that are taken out.
    """

    numbers: tuple[int, ...]
    instants: tuple[int, ...]
    shots: tuple[int, ...]
    removed: frozenset[int]

    @classmethod
    def of(cls, bad: BadFrames, there: Sequence[int], policy: RepairPolicy) -> Slots:
        """Lays out a clip that has the frames ``there``, ascending.

        Raises:
            UsageError: frames or drops are named that lie outside the clip.
        """
        first, last = _ends(bad, there)
        removed = frozenset(_repeats(bad)) if policy.duplicates == "remove" else frozenset()
        numbers = tuple(number for number in range(first, last + 1) if number not in removed)
        cuts = bad.cuts or ()
        shots = tuple(bisect_right(cuts, number) for number in numbers)
        lost = _lost_before(bad, numbers, shots)
        instants = tuple(first + at + lost[at] for at in range(len(numbers)))
        return cls(numbers, instants, shots, removed)

    def places(self, policy: RepairPolicy) -> Iterator[Place]:
        """Every frame of the repaired clip, in order."""
        return self._with_inserted() if policy.drops == "insert" else self._spread()

    def _with_inserted(self) -> Iterator[Place]:
        expected = self.instants[0]
        for at, instant in enumerate(self.instants):
            for lost in range(expected, instant):
                yield Place(lost, Fraction(lost), None, self.shots[at])
            yield Place(instant, Fraction(instant), self.numbers[at], self.shots[at])
            expected = instant + 1

    def _spread(self) -> Iterator[Place]:
        shown = [Fraction(instant) for instant in self.instants]
        spread = [0] * len(shown)
        for left, right in self._stretches():
            step = Fraction(self.instants[right] - self.instants[left], right - left)
            for at in range(left + 1, right):
                shown[at] = self.instants[left] + (at - left) * step
                spread[at] = right - left - 1
        for at, number in enumerate(self.numbers):
            yield Place(self.instants[0] + at, shown[at], number, self.shots[at], spread[at])

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """(left, right): between these frames, which keep their pictures, motion is made even."""
        jumps = [at for at in range(1, len(self.numbers)) if self.instants[at] > self.instants[at - 1] + 1]
        for index, at in enumerate(jumps):
            reach = SPREAD_FRAMES * (self.instants[at] - self.instants[at - 1] - 1)
            left, right = max(at - 1 - reach, self._first_of_shot(at)), min(at + reach, self._last_of_shot(at))
            if index:
                left = max(left, (jumps[index - 1] + at - 1) // 2)
            if index + 1 < len(jumps):
                right = min(right, (at + jumps[index + 1] - 1) // 2)
            yield left, right

    def _first_of_shot(self, at: int) -> int:
        return self.shots.index(self.shots[at])

    def _last_of_shot(self, at: int) -> int:
        return bisect_right(self.shots, self.shots[at]) - 1

    def anchors(self, bad: BadFrames, there: Sequence[int], policy: RepairPolicy) -> dict[int, list[Anchor]]:
        """The good frames of each shot, by instant."""
        instants = dict(zip(self.numbers, self.instants, strict=True))
        shots = dict(zip(self.numbers, self.shots, strict=True))
        good = {number: Fraction(instants[number]) for number in there if number in instants}
        good = {number: instant for number, instant in good.items() if number not in bad.unusable}
        if policy.policy == "centre" and policy.duplicates == "fill":
            good = _centred(good, _holds(bad, good, shots), instants, shots)
        found: dict[int, list[Anchor]] = {shot: [] for shot in self.shots}
        for number in sorted(good):
            found[shots[number]].append(Anchor(good[number], number))
        return found


def _ends(bad: BadFrames, there: Sequence[int]) -> tuple[int, int]:
    """First and last number. Frames may be missing before and after what is there, but only next to it."""
    known = sorted({*there, *bad.frames})
    for earlier, later in pairwise(known):
        outside = later <= there[0] or earlier >= there[-1]
        if later > earlier + 1 and outside:
            wrong = earlier if later <= there[0] else later
            raise UsageError(f"frame {wrong} is named as bad, but the clip is {there[0]}-{there[-1]}; correct the list")
    return known[0], known[-1]


def _repeats(bad: BadFrames) -> Iterator[int]:
    return (number for number, kind in bad.frames.items() if kind is Kind.DUPLICATE)


def _lost_before(bad: BadFrames, numbers: Sequence[int], shots: Sequence[int]) -> list[int]:
    """How many frames are lost before each of ``numbers``; nothing is lost where a new shot begins."""
    lost = [0] * len(numbers)
    for drop in bad.drops:
        at = bisect_right(numbers, drop.before - 1)
        if not 0 < at < len(numbers):
            raise UsageError(
                f"a drop is told before frame {drop.before}, but the clip is {numbers[0]}-{numbers[-1]};"
                " correct the report"
            )
        if shots[at] == shots[at - 1]:
            lost[at] += drop.lost
    total = 0
    for at, more in enumerate(lost):
        total += more
        lost[at] = total
    return lost


def _holds(bad: BadFrames, good: dict[int, Fraction], shots: dict[int, int]) -> list[tuple[int, int]]:
    """(first, last) of each run of a good frame and its repeats, within a shot."""
    found = []
    for first in good:
        last = first
        while bad.frames.get(last + 1) is Kind.DUPLICATE and shots.get(last + 1) == shots[first]:
            last += 1
        if last > first:
            found.append((first, last))
    return found


def _centred(
    good: dict[int, Fraction], holds: Sequence[tuple[int, int]], instants: dict[int, int], shots: dict[int, int]
) -> dict[int, Fraction]:
    """The good frames with held pictures moved to the middles of their holds.

    A picture that is shown from one frame's beginning to another's end has its middle half a hold after its beginning,
    so all of a shot on twos comes a frame later than by its first frames. Where a shot shows pictures once as well,
    these stay where they are, and the middle of a hold is that of its frames: half a frame earlier.
    """
    held = {first for first, _ in holds}
    has_singles = {shots[number] for number in good if number not in held}
    moved = {number: instant for number, instant in good.items() if number not in held}
    for first, last in holds:
        late = Fraction(0) if shots[first] in has_singles else Fraction(1, 2)
        moved[(first + last) // 2] = Fraction(instants[first] + instants[last], 2) + late
    return dict(sorted(moved.items()))
