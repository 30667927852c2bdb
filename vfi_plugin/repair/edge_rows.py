"""Rows of the frame before, from a line on to the top or the bottom edge: a picture that was shown, sent or written
while it was only half renewed.

Such rows are told from what merely rests by what only a copy of them does. Left and right of any column, everything
that moves stands in them and goes on beyond the line, and then makes up for lost time: one step of two frames' way, as
the picture went on behind. In slow motion each cell shows little of this, so cells are summed: each counts by how much
it usually moves, so many weak ones speak together, and what hardly moves says nothing::

    against = C * moved within / usual within  +  stood beyond / usual within
    for     = change out of the frame / the usual

What rests (a floor, a table) ends along its outline and not along a row, and goes on from where it stood; a frame
that is repeated stands everywhere; characters on twos stand again in the frame after the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cell_changes import CELL_GRID
from vfi_plugin.repair.cell_series import CellSeries, Grid, Mask
from vfi_plugin.repair.frame_series import FrameSeries, Strengths

_LEAST_ROWS = 3
"""Of 18 rows of cells, a sixth of the height: a lower band along an edge is often a ground without motion."""

_LEAST_CELLS = 12
"""Cells that usually move, of 432: fewer are one thing, and that it stood says nothing of its rows."""

_LEAST_GOES_ON = 5
"""Cells beyond the line that go on, at least; else it is the frame that is repeated."""

_MOVED = 0.002
"""RMS change beside the frame of a cell that counts as moving, guide units: half an 8-bit step; the same and twice what
noise may leave."""

_DOUBTS = 2.0
"""Standard deviations of the noise that was taken off which a cell may show that stands."""

_MOVES_WITHIN = 6.0
"""How much a cell that moves within speaks against the rows, against one that stands beyond: a copy has none, but there
are always things that stand."""

_PLACING = 1.5
"""The same where the line is looked for, so that it lies at the middle of what is unclear."""

_CLEAR, _FEW = 0.03, 3.0
"""Added to what speaks against: what a codec leaves; and a cell's share of so many cells: few say little."""

_LIMIT = 0.64
"""What may speak against, at most, where nothing makes up for lost time. Of 207 frames with such rows that have enough
cells 198 are below their limit; of 12,000 others nothing comes nearer than 1.25 times."""

_MOST_OUT = 1.6
"""Change out of the frame, as a multiple of the usual, above which it says no more: two steps are twice as long, but
change grows less than way does."""

_OUT, _LEAST_OUT = 1.02, 0.85
"""The usual is the geometric mean of the change before and after times the first, and at least the larger of both times
the second: the next thing that passes only begins to be there."""

_LEAST_MADE_UP = 0.75
"""What has to be made up for at least, however uneven the change around is. Where it is even it is as much as usual and
more: what pauses goes on from where it stood."""

_BEYOND = 0.55
"""Change beyond the line, as a part of the usual, at least."""

_SUDDEN, _MOVES_ON = 0.3, 0.2
"""Change right before the frame, as a part of that a frame earlier: what comes to rest slows down first; and change in
the frame after the next, as a part of that in the next: what is held moves and is held."""

_LIKE, _AT_ONCE = 0.25, 0.65
"""Change that counts as moving, as a part of the usual; and part of the cells that move right before the frame, and
right after: what is seen still between two things that pass is uncovered bit by bit."""

_ONE_SIDED = 1.6
"""How many times as clear it has to be where a pair two frames away is not known: what is usual is then one pair's."""

_NEAR = 2
"""Frames away in which a clearer one explains what stands or jumps here."""

_CLEAREST = 10.0
"""Scores are cut off there."""

_BLOCK = 256
"""Frames that are gone through at a time, so that memory does not grow with a clip."""

Rows = npt.NDArray[np.floating]


def rows_of_before(series: FrameSeries) -> Strengths:
    """How clearly rows along an edge of each frame are those of the frame before, 1 and more if they are; else 0."""
    changes = CellSeries.of(series)
    strengths = np.zeros(len(series))
    for first in range(2, len(series) - 1, _BLOCK):
        stop = min(first + _BLOCK, len(series) - 1)
        for place, found in _found(changes, first, stop):
            strengths[place] = found.strength
    return [float(strength) if _is_clearest(strengths, place) else 0.0 for place, strength in enumerate(strengths)]


def why_of_before(series: FrameSeries, place: int) -> str | None:
    """For the report; None where rows of a frame are none of the frame before."""
    found = dict(_found(CellSeries.of(series), place, place + 1)).get(place)
    if found is None or found.strength < 1:
        return None
    which = "upper" if found.from_top else "lower"
    return f"the {which} {100 * found.rows // CELL_GRID[0]} % of the rows show the frame before, while the rest goes on"


def _is_clearest(strengths: Rows, place: int) -> bool:
    return bool(strengths[place] >= strengths[max(place - _NEAR, 0) : place + _NEAR + 1].max())


@dataclass(frozen=True)
class _Found:
    """Rows of cells from an edge on, and how clearly they are those of the frame before."""

    strength: float
    rows: int
    from_top: bool


def _found(changes: CellSeries, first: int, stop: int) -> Iterator[tuple[int, _Found]]:
    """Of the places from 2 on, ``first`` to ``stop``, those with pairs that are known."""
    reach = slice(first - 2, stop + 2)
    change, off = changes.squares(reach.start, reach.stop)
    known = changes.known[reach]
    for at in range(2, stop - first + 2):
        if known[at - 1 : at + 2].all():
            around = slice(at - 2, at + 3)
            yield first + at - 2, _Frame.of(change[around], off[at], known[around]).found()


@dataclass(frozen=True)
class _Frame:
    """A frame between those around it.

    Attributes:
        change: mean squares of the pairs from two before to two after, the middle one is that into the frame.
        known: which of these pairs are.
        usual: RMS change beside the frame of the cells that move, else 0.
        moved: of it, what they change into the frame.
        left: the same, without what noise may be.
        goes_on: whether a cell changes by more than noise.
    """

    change: Grid
    known: Mask
    usual: Grid
    moved: Grid
    left: Grid
    goes_on: Mask

    @classmethod
    def of(cls, change: Grid, off: Grid, known: Mask) -> _Frame:
        beside = np.minimum(*(change[ends][known[ends]].mean(0) for ends in (slice(0, 2), slice(3, None))))
        usual = np.sqrt(np.where(beside > _MOVED**2 + 2 * off, beside, 0.0))
        moved, left = (np.minimum(np.sqrt(into.clip(0)), usual) for into in (change[2], change[2] - _DOUBTS * off))
        return cls(change, known, usual, moved, left, change[2] > _MOVED**2 + 4 * off)

    def found(self) -> _Found:
        """The edge whose rows are most clearly those of the frame before."""
        return max(map(self._from_edge, (True, False)), key=lambda found: found.strength)

    def _from_edge(self, from_top: bool) -> _Found:
        usual, moved = self.usual.sum(1), self.moved.sum(1)
        way = slice(None, None, 1 if from_top else -1)
        line, worth = _line((usual - moved)[way], moved[way])
        if worth <= 0:
            return _Found(0.0, line, from_top)
        # The row of cells that the line goes through is neither.
        inside, beyond = _rows(way, 0, line), _rows(way, line + 1, CELL_GRID[0])
        return _Found(self._strength_of(inside, beyond), line, from_top)

    def _strength_of(self, inside: Mask, beyond: Mask) -> float:
        cells = (self.usual > 0) & inside
        count, within = int(cells.sum()), float(self.usual[inside].sum())
        rest, moved = float(self.usual[beyond].sum()), float(self.moved[beyond].sum())
        if count < _LEAST_CELLS or int(self.goes_on[beyond].sum()) < _LEAST_GOES_ON or moved < _BEYOND * rest:
            return 0.0
        against = (_MOVES_WITHIN * float(self.left[inside].sum()) + rest - moved) / within + _CLEAR + _FEW / count
        strength = _LIMIT * min(self._out(cells), _MOST_OUT) / against
        return min(strength if self.known.all() else strength / _ONE_SIDED, _CLEAREST)

    def _out(self, cells: Mask) -> float:
        """Change of the cells out of the frame, as a multiple of the usual; 0 where they rest, pause or are held."""
        sizes = np.sqrt(self.change[:, cells].mean(1).clip(0))
        earlier, before, _, out, after = np.where(self.known, sizes, sizes[[1, 1, 2, 3, 1]])
        if before < _SUDDEN * earlier or after < _MOVES_ON * out or self._at_once(cells) < _AT_ONCE:
            return 0.0
        makes_up = float(out / max(_OUT * np.sqrt(before * after), _LEAST_OUT * max(before, after), 1e-9))
        uneven = max(earlier, before, after) / max(min(earlier, before, after), 1e-9) - 1
        return makes_up if makes_up >= max(1 - uneven / 2, _LEAST_MADE_UP) else 0.0

    def _at_once(self, cells: Mask) -> float:
        """Part of the cells that move right before the frame, and right after."""
        moving = np.sqrt(self.change[[1, 3]][:, cells].clip(0)) >= _LIKE * self.usual[cells]
        return float(moving.mean(1).min())


def _rows(way: slice, first: int, stop: int) -> Mask:
    """Cells of some rows, counted from the edge that ``way`` begins at."""
    rows = np.zeros(CELL_GRID, np.bool_)
    rows[way][first:stop] = True
    return rows


def _line(stood: Rows, moved: Rows) -> tuple[int, float]:
    """Of rows of cells from an edge on, how many stand best against those beyond, and how well that is."""
    within = np.cumsum(stood - _PLACING * moved)
    beyond = stood.sum() - np.append(np.cumsum(stood)[1:], stood.sum())
    worth = (within - beyond)[_LEAST_ROWS - 1 : -1]
    best = int(worth.argmax())
    return best + _LEAST_ROWS, float(worth[best])
