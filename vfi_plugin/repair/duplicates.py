"""Repeats as findings: those that stand out by themselves, and those at a shot's end that a cadence explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cadence import Beat, find_beats
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.repeats import LONGEST_RUN, Run, find_runs, moves, stands_still
from vfi_plugin.repair.series import Series
from vfi_plugin.timing.ranges import format_range

_LOST = 1.5
"""Motion after a run, as a multiple of that before, from which on frames were lost there: half-way between none and
one lost."""


@dataclass(frozen=True)
class Repeats:
    """What was found.

    Attributes:
        runs: by place.
        beats: cadences.
    """

    runs: tuple[Run, ...]
    beats: tuple[Beat, ...]

    @property
    def places(self) -> frozenset[int]:
        """Places of all repeats."""
        return frozenset(place for run in self.runs for place in run.places)

    @property
    def meant(self) -> tuple[Beat, ...]:
        """The beats that are cadences: where frames were lost at each repeat, nobody meant it."""
        return tuple(beat for beat in self.beats if not self._loses(beat))

    def _loses(self, beat: Beat) -> bool:
        jumps = [run.jump / run.count for run in self.runs if run.start in beat.repeats]
        # Where every picture is held, motion before and after a hold spans a hold, whatever was lost.
        return 1 in beat.pattern and bool(jumps) and median(jumps) >= _LOST

    def findings(self, series: Series) -> list[Finding]:
        """One for each run."""
        return [self._finding(run, series) for run in self.runs]

    def _finding(self, run: Run, series: Series) -> Finding:
        frames = tuple(series.numbers[place] for place in run.places)
        shown = series.numbers[run.start - 1]
        exact = len({series.digests[place] for place in (run.start - 1, *run.places)}) == 1
        how = "to the last bit" if exact else f"but for {run.still:.4f}, while {run.beside:.4f} changes beside it"
        verb = "repeats" if run.count == 1 else "repeat"
        told = f"{format_range(frames)} {verb} {shown} {how}{self._after(run)}"
        return Finding(Kind.DUPLICATE, frames, run.score, told)

    def _after(self, run: Run) -> str:
        beat = next((beat for beat in self.meant if run.start in beat.repeats), None)
        if beat is not None:
            return f"; cadence: {beat.name}"
        return f"; then motion makes up for lost frames ({run.jump:.1f}x)" if run.jump >= _LOST else ""


def find_repeats(
    series: Series, possible: Sequence[Sequence[Run]], fine: npt.NDArray[np.bool_], threshold: float
) -> Repeats:
    """All repeats.

    Args:
        series: the measures.
        possible: of ``repeats.possible_runs``.
        fine: of ``repeats.comparable``, or fewer.
        threshold: score that it takes.
    """
    runs = find_runs(possible, fine, threshold)
    places = {place for run in runs for place in run.places}
    told = [_told(series, fine, place, places) for place in range(len(fine))]
    beats = find_beats(told)
    added = [run for beat in beats for run in _at_ends(series, fine, beat, told)]
    return Repeats(tuple(sorted([*runs, *added], key=lambda run: run.start)), tuple(beats))


def _told(series: Series, fine: npt.NDArray[np.bool_], place: int, repeats: set[int]) -> bool | None:
    if place in repeats:
        return True
    return False if fine[place] and moves(series, place) else None


def _at_ends(series: Series, fine: npt.NDArray[np.bool_], beat: Beat, told: Sequence[bool | None]) -> list[Run]:
    """Repeats at the beginning and end of shots, where there is motion on one side only: the beat says the rest."""
    found = []
    place = beat.start
    while place < beat.end:
        end = place
        while end < beat.end and end in beat.repeats and told[end] is None and fine[end]:
            end += 1
        if end > place and _ends_shot(fine, place, end) and _still(series, fine, told, place, end):
            found.append(Run(place, end - place, 1.0, 0.0, 0.0, 1.0))
        place = max(end, place + 1)
    return found


def _ends_shot(fine: npt.NDArray[np.bool_], start: int, end: int) -> bool:
    return not fine[start - 1] or end >= len(fine) or not fine[end]


def _still(series: Series, fine: npt.NDArray[np.bool_], told: Sequence[bool | None], start: int, end: int) -> bool:
    """Whether the frames stand still against the motion on the side that the shot goes on at."""
    beside = [n for n in (start - 1, end) if 0 <= n < len(fine) and fine[n] and told[n] is False]
    if not beside or end - start > LONGEST_RUN:
        return False
    return all(stands_still(series, n, beside[0]) for n in range(start, end))
