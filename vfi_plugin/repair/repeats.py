"""Frames that show again what the one before them shows: short stillness inside a shot that moves.

A run of repeats is compared with the frame it began with, so that slow motion is not taken for standing still: frames
that each differ little from the last differ more and more from that one. What counts as still is measured against the
motion right before and right after, in the blocks of the picture that move there, and against what noise, codecs and
rounding leave between copies of one frame. So a static shot, a fade, a title and a dissolve have no repeats: nothing in
them stands out against its neighbours; and a pose that is held, a pause or a still stands still for longer than
LONGEST_RUN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.pair_measures import LAGS
from vfi_plugin.repair.series import Series

LONGEST_RUN = LAGS - 1
"""Repeats in a row at most: 6 frames of one picture, a quarter of a second at 24 a second; what stands still for longer
is seen as standing still, and was probably meant."""

_STILL = 0.02
"""Change within a run, as a part of the change beside it, at most, where noise lies on every frame: of 150 such copies
in real clips 145 are below; frames that are none, but nearly, start at 0.04."""

_ROUNDING = 0.0005
"""Change that copies may have whatever the motion is: an eighth of an 8-bit step in the mean of a cell."""

_DOUBT = 0.7
"""Change that copies have of noise, as a part of what it may leave in one block: several blocks that move are seen,
and their errors are independent."""

_CODEC_STILL, _CODEC_ROUNDING = 0.08, 0.001
"""The same for copies that went through a codec: it leaves soft errors, a quarter of an 8-bit step in the mean of a
cell, and more where there was motion to predict from."""

_CODEC_NOISE = 0.003
"""Noise at most, most of an 8-bit step, up to which a difference may be a codec's: it skips what hardly changes, so no
fine differences are left between copies. Frames that were exposed apart differ in fine and coarse things alike."""

_CODEC_GRAIN, _CODEC_LEFT = 0.4, 0.12
"""Of copies whose grain went through a codec: it keeps coarse grain and drops fine, so that of the noise such a part is
left in the mean of a cell; and what may be left at most, as a part of the change beside it."""

_RESTS = 0.06
"""How far things seem to move within a run, as a part of the motion beside it, up to which they rest: what is left
between copies is then what was done to them, however coarse. Of copies with coarse grain it is up to 0.054, of frames
that are none, but nearly, 0.063 and more."""

_RESTING_NOISE, _RESTING_LEFT = 0.5, 0.2
"""Change of such copies at most, as a part of their noise, and of the change beside them."""

_EVEN = (0.5, 1.75)
"""Least and largest change of any block between such copies, as multiples of the usual: grain lies on all blocks alike,
what a codec left out does not."""

_MOVES = 0.005
"""Change beside a run at least, in the blocks that move: an 8-bit step is 0.0039, and a slow fade stays for some frames
on one and then goes to the next."""

_ACTIVE = 0.5
"""A block moves if it changes by this part of what the one that changes most does."""

_SLOWS_DOWN = 0.8
"""Motion right beside a run, as a part of that one frame further out, up to which it slows down: a swing that turns
stands still for a moment as well, but slows down first, and then goes back."""

_BACK = -0.25
"""Correlation of the motion on both sides from which down it goes back: of a turn it is near -1, of parts that move on
their own near 0."""

_CLEAREST = 10.0
"""Scores are cut off there: a copy to the last bit has no change to divide by."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Run:
    """Repeats in a row.

    Attributes:
        start: place of the first repeat; the frame before it is the one that is shown again.
        count: of repeats.
        score: how clear it is; 1 is what it takes.
        still: change within the run, RMS in guide units, against the frame it began with.
        beside: change right before and after it, the lesser of both.
        jump: motion after the run as a multiple of that before it: 1 where the run was put in, and ``count`` + 1 where
            it took the place of frames.
    """

    start: int
    count: int
    score: float
    still: float
    beside: float
    jump: float

    @property
    def places(self) -> range:
        """Places of the repeats."""
        return range(self.start, self.start + self.count)


def comparable(series: Series, faulty: frozenset[int]) -> npt.NDArray[np.bool_]:
    """(N,) whether each frame may be compared with the one before it: of one shot, with successive numbers, both whole.

    Args:
        series: N frames.
        faulty: numbers of frames that show something else than they should.
    """
    numbers = np.array(series.numbers)
    bad = np.isin(numbers, list(faulty)) | ~np.isfinite(series.noise)
    fine = ~bad & ~series.cuts
    fine[1:] &= (np.diff(numbers) == 1) & ~np.isin(numbers[:-1], list(faulty))
    fine[:1] = False
    return fine


def possible_runs(series: Series, fine: npt.NDArray[np.bool_]) -> list[list[Run]]:
    """By place, what runs of each length would score that begin there; none where there is nothing to compare with.

    Args:
        series: the measures.
        fine: of ``comparable``.
    """
    return [_runs_at(series, fine, place) if place > 1 else [] for place in range(len(series.numbers))]


def find_runs(possible: Sequence[Sequence[Run]], fine: npt.NDArray[np.bool_], threshold: float = 1.0) -> list[Run]:
    """Runs of repeats with at least a score of ``threshold``, by place, none within another.

    Args:
        possible: of ``possible_runs``.
        fine: of ``comparable``, or fewer: runs with other frames in or beside them are left out.
        threshold: 1 is the usual.
    """
    found: list[Run] = []
    place = 2
    while place < len(possible):
        clear = (run for run in possible[place] if run.score >= threshold)
        run = next((run for run in clear if fine[place - 1 : place + run.count + 1].all()), None)
        if run is not None:
            found.append(run)
        place += 1 if run is None else run.count + 1
    return found


def repeat_scores(possible: Sequence[Sequence[Run]]) -> list[float | None]:
    """How near each frame is to being a repeat; None where there is nothing to compare with."""
    scores: list[float | None] = [None] * len(possible)
    for run in (run for runs in possible for run in runs):
        for n in run.places:
            scores[n] = max(scores[n] or 0.0, run.score)
    return scores


def moves(series: Series, place: int) -> bool:
    """Whether a frame clearly differs from the one before it."""
    return float(series.change[place, 0].max()) >= _MOVES


def stands_still(series: Series, place: int, beside: int) -> bool:
    """Whether a frame differs from the one before it by no more than copies do where things change as at ``beside``."""
    moving = series.change[beside, 0]
    where = moving >= _ACTIVE * moving.max()
    limit = _left_between_copies(series, place, _rms(moving[where]))
    return _rms(series.change[place, 0][where]) <= limit


def _runs_at(series: Series, fine: npt.NDArray[np.bool_], start: int) -> list[Run]:
    """What runs of each length would score that begin at ``start``."""
    runs = []
    for count in range(1, LONGEST_RUN + 1):
        end = start + count
        if end >= len(fine) or not fine[start - 1 : end + 1].all():
            break
        runs.append(_run(series, start, count))
    return runs


def _run(series: Series, start: int, count: int) -> Run:
    before, after = series.change[start - 1, 0], series.change[start + count, 0]
    beside = np.minimum(before, after)
    moves = beside >= _ACTIVE * beside.max()
    within = np.max([series.change[start + n, n] for n in range(count)], axis=0)
    still, moving = _rms(within[moves]), _rms(beside[moves])
    jump = _length(series, start + count) / max(_length(series, start - 1), 1e-6)
    limit = max(_left_between_copies(series, n, moving) for n in range(start, start + count))
    usual = max(float(np.median(within)), 1e-6)
    noise = float(series.noise[start : start + count].max())
    if _EVEN[0] <= within.min() / usual and within.max() / usual <= _EVEN[1]:
        limit = max(limit, min(_CODEC_GRAIN * noise, _CODEC_LEFT * moving))
    if _rests(series, start, start + count):
        limit = max(limit, min(_RESTING_NOISE * noise, _RESTING_LEFT * moving))
    score = min(limit / max(still, 1e-6), _CLEAREST)
    moved = _moved(series, start, start + count, moves)
    if moved < _MOVES:
        score = min(score, moved / _MOVES) * (1 - 1e-6)
    elif _turns(series, start, start + count):
        score = min(score, 1 - 1e-6)
    return Run(start, count, score, still, moving, jump)


def _moved(series: Series, start: int, end: int, moves: npt.NDArray[np.bool_]) -> float:
    """Change beside a run that speaks for motion: the mean of both sides, of which neither is less than half of it."""
    sides = [start - 1, end]
    change = [_rms(series.change[side, 0][moves]) for side in sides]
    if len(set(series.digests[start - 1 : end])) == 1:
        # Nothing is left between copies to the last bit, so that fine changes beside them tell as much as coarse ones.
        change = [max(found, float(series.noise[side])) for found, side in zip(change, sides, strict=True)]
    return min(float(np.sqrt(np.square(change).mean())), 2 * min(change))


def _left_between_copies(series: Series, place: int, moving: float) -> float:
    """Change that copies may show at most, where frames that are none show ``moving``."""
    limit = _STILL * moving + _ROUNDING + _DOUBT * float(series.doubt[place])
    codec = _CODEC_STILL * moving + _CODEC_ROUNDING
    return max(limit, codec) if series.noise[place] <= _CODEC_NOISE else limit


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.square(values).mean()))


def _length(series: Series, place: int) -> float:
    """How far things moved, in pixels of the frame, where motion can be seen."""
    length = np.hypot(series.flow[place, :, 0], series.flow[place, :, 1])
    return float((length * series.texture[place]).sum() / max(float(series.texture[place].sum()), 1e-6))


def _rests(series: Series, start: int, end: int) -> bool:
    """Whether things move by next to nothing within a run, and do so on both sides of it."""
    beside = min(_length(series, start - 1), _length(series, end))
    return max(_length(series, place) for place in range(start, end)) <= _RESTS * beside


def _turns(series: Series, start: int, end: int) -> bool:
    """Whether motion slows down before ``start`` and goes the other way from ``end`` on."""
    slows = _length(series, start - 1) < _SLOWS_DOWN * _length(series, start - 2)
    return slows and _same_way(series, start - 1, end) < _BACK


def _same_way(series: Series, first: int, second: int) -> float:
    """Correlation of the motion of two pairs: 1 the same way, -1 back."""
    weight = series.texture[first][:, None]
    shared = float((weight * series.flow[first] * series.flow[second]).sum())
    own = [float((weight * np.square(series.flow[place])).sum()) for place in (first, second)]
    return shared / max(float(np.sqrt(own[0] * own[1])), 1e-9)
