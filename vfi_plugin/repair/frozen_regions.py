"""Regions that hang.

A region of at least ``_LEAST_CELLS`` of 432 cells shows in a frame, or up to ``LONGEST`` of them, what it shows in the
one before, while it moves up to then and after. Where it is a box, that is FROZEN: a tile of a render or a player's
buffer that hung. Where it is a band of rows over the full width, for a single frame, it is TORN: rows of the frame
before. Either is told from what may stand still by what only a fault does:

- it is of one piece: in the box or the band everything stands that moved, and outside next to nothing does;
- it stops at once, and stands still as copies of a frame do, noise taken off;
- it makes up for lost time: what comes after differs from it by more than neighbours there do, since the picture has
  gone on behind. What pauses or turns goes on from where it stood;
- the rest of what moved goes on meanwhile, else it is the frame that is held.

No defects: a static background or a display over the picture (they do not move before and after), a swing that turns,
characters animated on twos before a background that moves (they stand still again and again: more than once within
``_AGAIN`` frames).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cell_changes import CELL_GRID
from vfi_plugin.repair.cell_series import CellSeries, Grid, Mask
from vfi_plugin.repair.frame_series import FrameSeries, Strengths

LONGEST = 8
"""Frames that a region may hang, a third of a second; longer and it is a part of the picture that rests."""

_LEAST_CELLS = 10
"""Of a region, 2.3 % of the frame: below that, codecs at low rates leave blocks as they were."""

_MOST_OF_ALL = 0.75
"""Part of all cells in a region at most: where more stands it is the frame that is held, and a codec that stirs."""

_FEWEST_CELLS = 6
"""The same where nothing could be clearer, see ``_MOST_EXCUSED``."""

_LEAST_CHANGE = 0.005
"""RMS change beside the run of what moves, guide units: an 8-bit step is 0.0039."""

_LEAST_MOVED = 0.003
"""The same of a single cell, and twice what noise may leave in it."""

_LIKE = 0.25
"""Change of a cell that stands, as a part of its change beside the run, and on top ..."""

_ROUNDING = 0.0007
"""... of a sixth of an 8-bit step, and ..."""

_DOUBTS = 2.5
"""... of so many standard deviations of the noise that was taken off."""

_STANDS = 0.13
"""The same of the whole region, where noise averages out."""

_GOES_ON = 0.4
"""The same of a cell that goes on."""

_FILLED = 0.78
"""Part of the cells in a region that moved which stand: the cells along its edges are halves."""

_STRAY = 0.2
"""Cells outside that stand, as a part of those inside: codecs leave scattered blocks still."""

_SUDDEN = 0.3
"""Change right before the run, as a part of that a frame earlier: what comes to rest slows down first."""

_CATCHES_UP = 1.02
"""Change out of the run, as a multiple of the geometric mean of the changes right before it and right after, ..."""

_LEAST_OUT = 0.85
"""... and as a part the larger of both, at least: the next thing that passes only begins to be there."""

_LONG, _MOST_EXCUSED = 3, 3.0
"""Frames of a run from which on what makes up for lost time by so many times as much as it takes may have so many times
as much stray around it, and lie so many times as thinly in its box; and how many times at most. A codec's still blocks
and what rests between two things that pass go on from where they stood."""

_EXACT, _EXACTLY_EXCUSED, _EXACTLY_CAUGHT_UP = 0.02, 2.25, 0.95
"""Change within a long run, as a part of that beside it, up to which it stands to the last bit: that has so many times
as much excused at least, and makes up for lost time by this part of what it usually takes. Nothing in a scene rests
so."""

_EXACTLY_CELLS, _EXACTLY_REST, _EXACTLY_CHANGE = 6, 2, 0.004
"""The same of what stands to the last bit: cells of a region, cells that go on meanwhile, and its change beside the
run, at least. Of fewer cells a codec makes such regions as well."""

_HELD = 4
"""Repeats from which on what stands to the last bit is no animation: that is drawn on threes, seldom on fours."""

_AT_ONCE = 0.5
"""Part of the cells that move right before the run, and right after, by more than what stands: what is seen still
between two things that pass is uncovered bit by bit."""

_MOVES_ON = 0.25
"""Part of the cells that move a frame further away as well. Of a character on twos or threes none does: a picture of it
is held, changes, and is held."""

_DENSE = 0.4
"""Part of a box that has to have moved and stand: flat parts have no motion to lose, but a hung tile is no outline."""

_MANY_CELLS, _HARDLY_STRAY, _LEAST_CAUGHT_UP = 25, 0.1, 0.85
"""Of a long run, cells and the part of stray ones with which it is as clear as can be. Then nothing has to move on, and
it makes up for lost time where it does so by this part of what it usually takes, if motion beside it is uneven. The
latter goes for fewer cells, too, where none is stray."""

_SCATTERED = 0.6
"""Stray cells and how thinly a box is filled, each as a part of the most there may be, at most by each other: a codec's
still blocks lie thinly and all around, and just about pass as either. Of 244 parts that
hung, one has more than 0.42."""

_REST_GOES_ON, _LEAST_REST = 0.3, 6
"""Part of the other cells that moved which move meanwhile, too, and how many; else it is the frame that is held."""

_AGAIN, _LONG_AGAIN = 6, 5
"""Frames on either side in which another region that hangs makes it animation on twos or threes, or a ground seen
between things that pass; and where both hang for longer than a hold on threes."""

_AS_LARGE = 0.4
"""What hangs again has this part of the cells at least: what is animated comes back in its size."""

_OUTWEIGHS = 1.5
"""A cell that moves on speaks so many times as much against a box as one that stands does for it."""

_EMPTY = 0.02
"""The same of a cell in which nothing ever moved: of two boxes the smaller is taken."""

_BLOCK = 256
"""Frames that are gone through at a time, so that memory does not grow with a clip."""


def _runs(changes: CellSeries, longest: int) -> Iterator[range]:
    """Runs in which enough cells may stand, with a known pair on either side."""
    may, known = _may_stand(changes), changes.known
    for first in range(2, len(may) - 1):
        for stop in range(first + 1, min(first + longest, len(may) - 1) + 1 if known[first - 1] else first):
            if not (may[stop - 1] and known[stop]):
                break
            yield range(first, stop)


def _may_stand(changes: CellSeries) -> Mask:
    """Pairs (N,) in which enough cells stand by the largest change anywhere near."""
    enough = np.zeros(len(changes.known), np.bool_)
    for first in range(0, len(enough), _BLOCK):
        stop, margin = min(first + _BLOCK, len(enough)), min(first, LONGEST + 1)
        change, off = changes.squares(first - margin, stop + LONGEST + 1)
        largest = change.copy()
        for away in range(1, LONGEST + 2):
            np.maximum(largest[away:], change[:-away], out=largest[away:])
            np.maximum(largest[:-away], change[away:], out=largest[:-away])
        stands = (change <= _limit(largest) + _DOUBTS * off) & (largest > _LEAST_MOVED**2)
        enough[first:stop] = (stands.sum((1, 2)) >= _FEWEST_CELLS)[margin:][: stop - first]
    found: Mask = changes.known & enough
    return found


@dataclass(frozen=True)
class _Run:
    """Cells around and in a run of frames.

    Attributes:
        change, off: mean squares and what they are off by, from two pairs before the run to two after it.
        known: which of these pairs are.
        end: place there of the pair that leaves the run; the one that enters it is at 2.
        beside: change beside the run.
        moved, stand: which cells moved there, and which of these stand in the run.
    """

    change: Grid
    off: Grid
    known: Mask
    end: int
    beside: Grid
    moved: Mask
    stand: Mask

    @classmethod
    def of(cls, changes: CellSeries, places: range) -> _Run:
        around = slice(places.start - 2, places.stop + 2)
        change, off = changes.squares(around.start, around.stop)
        known = changes.known[around]
        before, after = (change[ends][known[ends]].mean(0) for ends in (slice(0, 2), slice(len(places) + 2, None)))
        beside = np.maximum(np.minimum(before, after), 0.0)
        within = slice(2, len(places) + 2)
        moved = beside > _LEAST_MOVED**2 + 4.0 * off[within].mean(0)
        stand = moved & (change[within] <= _limit(beside) + _DOUBTS * off[within]).all(0)
        return cls(change, off, known, within.stop, beside, moved, stand)

    @cached_property
    def within(self) -> Grid:
        """Change in the run, the mean of its pairs."""
        within: Grid = self.change[2 : self.end].mean(0)
        return within

    def is_hung(self, region: Mask) -> bool:
        """Whether a region of it does what only a fault does."""
        cells, outside = self.stand & region, self.moved & ~region
        count, around, stray = int(cells.sum()), int(outside.sum()), int((self.stand & ~region).sum())
        within = self.within
        rest = int((outside & (within >= _GOES_ON**2 * self.beside)).sum())
        return (
            count >= max(self._least_cells(cells), _FILLED * int((self.moved & region).sum()))
            and count <= _MOST_OF_ALL * cells.size
            and stray <= _STRAY * count * self.excused(cells)
            and rest >= max(_REST_GOES_ON * around, _EXACTLY_REST if self._is_exact(cells) else _LEAST_REST)
            and self.beside[cells].mean() >= (_EXACTLY_CHANGE if self._is_exact(cells) else _LEAST_CHANGE) ** 2
            and within[cells].mean() <= _STANDS**2 * self.excused(cells) * self.beside[cells].mean()
            and self._at_once(cells)
            and self._size(1, cells) >= _SUDDEN * self._size(0, cells)
            and self._catches_up(cells) >= self._least_caught_up(cells, stray)
        )

    def _least_cells(self, cells: Mask) -> float:
        return _EXACTLY_CELLS if self._is_exact(cells) else _LEAST_CELLS / math.sqrt(self.excused(cells))

    def _least_caught_up(self, cells: Mask, stray: int) -> float:
        """What has to be made up for: where motion beside a long run is uneven this can be told less well."""
        count = int(cells.sum())
        is_clear = stray == 0 if count < _MANY_CELLS else stray <= _HARDLY_STRAY * count
        usual = _EXACTLY_CAUGHT_UP if self._is_exact(cells) else 1.0
        if self.end - 2 < _LONG or not is_clear:
            return usual
        sizes = [self._size(place, cells) for place in (0, 1, self.end + 1)]
        return min(max(1 - (max(sizes) / max(min(sizes), 1e-9) - 1) / 2, _LEAST_CAUGHT_UP), usual)

    def _is_exact(self, cells: Mask) -> bool:
        """Whether the cells stand to the last bit, in a long run."""
        if self.end - 2 < _LONG or not cells.any():
            return False
        return bool(self.within[cells].mean() <= _EXACT**2 * self.beside[cells].mean())

    def _at_once(self, cells: Mask) -> bool:
        """Whether nearly all of the cells move up to the run and from its end on."""
        return bool(self._moving(cells)[[1, self.end]].min() >= _AT_ONCE)

    def cannot_be_animated(self, cells: Mask) -> bool:
        """Whether it is too long and too clear for a picture that is held, or moves as none does."""
        is_clear = self.end - 2 >= _LONG and bool(cells.sum() >= _MANY_CELLS)
        return is_clear or (self._is_exact(cells) and self.end - 2 >= _HELD) or self.moves_on(cells)

    def moves_on(self, cells: Mask) -> bool:
        """Whether many of the cells move a frame further away as well."""
        further = [place for place in (0, self.end + 1) if place < len(self.known) and self.known[place]]
        return bool((self._moving(cells)[further] >= _MOVES_ON).all())

    def _moving(self, cells: Mask) -> Grid:
        """Part of the cells that move in each pair, by more than what stands does."""
        moving: Grid = (self.change > _limit(self.beside) + _DOUBTS * self.off[2])[:, cells].mean(1)
        return moving

    def excused(self, cells: Mask) -> float:
        """How many times as much may speak against the cells as usual, for how clearly they make up for lost time."""
        if self.end - 2 < _LONG or not cells.any():
            return 1.0
        least = _EXACTLY_EXCUSED if self._is_exact(cells) else 1.0
        return min(max(self._catches_up(cells), least), _MOST_EXCUSED)

    def _catches_up(self, cells: Mask) -> float:
        """Change of the cells out of the run, as a multiple of what it takes."""
        before, out, after = (self._size(place, cells) for place in (1, self.end, self.end + 1))
        least = max(_CATCHES_UP * math.sqrt(before * after), _LEAST_OUT * max(before, after))
        return out / max(least, 1e-9)

    def _size(self, place: int, cells: Mask) -> float:
        """RMS change of the cells in a pair; where it is not known, that right before the run."""
        known = place < len(self.known) and self.known[place]
        return float(np.sqrt(self.change[place if known else 1][cells].clip(0).mean()))


def _limit(beside: Grid) -> Grid:
    limit: Grid = np.square(_LIKE * np.sqrt(np.maximum(beside, 0.0)) + np.float32(_ROUNDING))
    return limit


def _band(run: _Run) -> Mask:
    """The rows over the full width, of a run of one frame, that stand best."""
    return _best(run, _bands()) if run.end == 3 else np.zeros(CELL_GRID, np.bool_)


def _box(run: _Run) -> Mask:
    """The box that stands best, for a run whose rows over the full width are not hung."""
    box = _best(run, _boxes())
    return box if _is_one_piece(run, box) and not run.is_hung(_band(run)) else np.zeros_like(box)


def _is_one_piece(run: _Run, box: Mask) -> bool:
    """Whether cells that stand fill a box, and lie in it rather than all around."""
    cells = run.stand & box
    count, excused = max(int(cells.sum()), 1), run.excused(cells)
    thin = _DENSE * float(box.sum()) / count
    stray = int((run.stand & ~box).sum()) / (_STRAY * count)
    return thin <= excused and thin * stray <= _SCATTERED * excused


def _best(run: _Run, edges: npt.NDArray[np.int64]) -> Mask:
    """Of boxes (B, 4) by their edges the one with most that stands and least that goes on."""
    weights = np.where(run.stand, 1.0, np.where(run.moved, -_OUTWEIGHS, -_EMPTY))
    sums = np.zeros((CELL_GRID[0] + 1, CELL_GRID[1] + 1))
    sums[1:, 1:] = weights.cumsum(0).cumsum(1)
    top, end, left, right = edges
    scores = sums[end, right] - sums[top, right] - sums[end, left] + sums[top, left]
    top, end, left, right = edges[:, int(scores.argmax())]
    region = np.zeros(CELL_GRID, np.bool_)
    region[top:end, left:right] = True
    return region


@cache
def _boxes() -> npt.NDArray[np.int64]:
    """(4, B): top, end, left and right of all boxes that hold enough cells."""
    rows, columns = (np.stack(np.triu_indices(side + 1, 1)) for side in CELL_GRID)
    down, across = np.meshgrid(np.arange(rows.shape[1]), np.arange(columns.shape[1]), indexing="ij")
    edges = np.concatenate([rows[:, down.ravel()], columns[:, across.ravel()]])
    return edges[:, (edges[1] - edges[0]) * (edges[3] - edges[2]) >= _FEWEST_CELLS]


@cache
def _bands() -> npt.NDArray[np.int64]:
    """(4, B): the same of those over the full width."""
    edges = _boxes()
    return edges[:, (edges[3] - edges[2]) == CELL_GRID[1]]


def held_rows(series: FrameSeries) -> Strengths:
    """As :func:`hangs`, for rows over the full width, held for a frame: rows of the frame before, which is a tear."""
    return _strengths(series, _band, 1)


def hangs(series: FrameSeries) -> Strengths:
    """How large the region is that hangs in each frame, relative to the smallest that counts; 0 where none does."""
    return _strengths(series, _box, LONGEST)


def _strengths(series: FrameSeries, region_of: Callable[[_Run], Mask], longest: int) -> Strengths:
    changes = CellSeries.of(series)
    found: list[tuple[range, Mask]] = []
    for places in _runs(changes, longest):
        run = _Run.of(changes, places)
        if run.stand.sum() >= _FEWEST_CELLS and run.is_hung(region := region_of(run)):
            found.append((places, run.stand & region))
    strengths: Strengths = [0.0] * len(series)
    for places, cells in _alone(found):
        if _Run.of(changes, places).cannot_be_animated(cells):
            for place in places:
                strengths[place] = max(float(cells.sum()) / _LEAST_CELLS, 1.0)
    return strengths


def _alone(found: list[tuple[range, Mask]]) -> list[tuple[range, Mask]]:
    """Of runs that share frames those with most in all, and of these those that no other of their size is near."""
    kept: list[tuple[range, Mask]] = []
    taken: set[int] = set()
    for run, cells in sorted(found, key=lambda each: (-len(each[0]) * int(each[1].sum()), each[0].start)):
        if taken.isdisjoint(run):
            taken.update(run)
            kept.append((run, cells))
    starts: dict[int, list[tuple[range, Mask]]] = {}
    for each in found:
        starts.setdefault(each[0].start, []).append(each)
    return [each for each in kept if not any(_is_again(other, each) for other in _around(starts, each[0]))]


def _around(starts: Mapping[int, list[tuple[range, Mask]]], run: range) -> Iterator[tuple[range, Mask]]:
    """What is found at places from which on it may be near a run."""
    for place in range(run.start - LONGEST - _AGAIN, run.stop + _AGAIN + 1):
        yield from starts.get(place, ())


def _is_again(other: tuple[range, Mask], each: tuple[range, Mask]) -> bool:
    is_within = each[0].start <= other[0].start and other[0].stop <= each[0].stop
    return not is_within and _near(each[0], other[0]) and bool(other[1].sum() >= _AS_LARGE * each[1].sum())


def _near(run: range, other: range) -> bool:
    reach = _LONG_AGAIN if min(len(run), len(other)) >= _LONG else _AGAIN
    return run.start < other.stop + reach and other.start < run.stop + reach


def why_frozen(series: FrameSeries, places: range) -> str:
    """For the report."""
    run = _Run.of(CellSeries.of(series), places)
    share = (run.stand & _box(run)).mean()
    return f"{100 * share:.0f} % of the frame stand still while they move before and after, and the rest goes on"
