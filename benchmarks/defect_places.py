"""Where in a shot there is room for a defect, and whether a person would see it there.

A defect is *plain* where somebody who steps through the clip would see it: ``Planner.seen`` and ``Planner.steady`` say
how that is decided, by the clean pictures alone and never by a scan. The others are *subtle*: a scan may find them or
not. A defect that changes nothing at all (a repeat in a picture that stands still) is not made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from defect_shots import Picture, Random, Shot

APART = 5
"""Slots from the end of a defect to the start of the next one, as in the broken clip of the acceptance scenarios."""

_TILES = (6, 8)
_SEEN, _SEEN_OVER_GRAIN, _NOTHING = 0.02, 3.0, 0.004
"""Difference of a tile, RMS on the curve of ``compared``: seen where there is no grain (5 of 255 steps), in
multiples of the grain, and what nobody sees (1 step)."""

_PART = 0.01
"""Of the pixels of a frame, those that have to be seen to differ where a part of it is torn or stands: a square of a
tenth of its height and width. Less is a tear or a tile in what hardly moves: the pixels are those that belong there."""

_STEADY_PX, _STEADY = 1.0, 0.3
"""A lost frame is plain where what moves goes this far a frame, and its steps around vary by no more than this part."""


def compared(linear: Picture) -> Picture:
    """The curve on which differences are judged: log2(1 + 16 x) / log2(17), as in ``psnr_log``."""
    return np.asarray(np.log2(1 + 16 * np.maximum(linear, 0)) / np.log2(17), np.float32)


def strongest_difference(first: Picture, second: Picture) -> float:
    """RMS difference of that tile of 6 x 8 that differs most, on the curve of :func:`compared`."""
    squares = np.square(compared(first) - compared(second)).mean(axis=2)
    rows, columns = (side // tiles for side, tiles in zip(squares.shape, _TILES, strict=True))
    tiles = squares[: rows * _TILES[0], : columns * _TILES[1]].reshape(_TILES[0], rows, _TILES[1], columns)
    return float(np.sqrt(tiles.mean(axis=(1, 3)).max()))


def indistinct(first: Picture, second: Picture) -> bool:
    """Whether nobody could tell them apart."""
    return strongest_difference(first, second) < _NOTHING


@dataclass
class Planner:
    """Draws places for defects in one shot."""

    shot: Shot
    random: Random
    grain: float
    taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.at = lru_cache(maxsize=None)(lambda time: self.shot.picture(float(time)))
        self.step = lru_cache(maxsize=None)(self._step)

    def seen(self, first: Picture, second: Picture) -> bool | None:
        """Whether they differ for a person; None where nobody could tell them apart."""
        difference = strongest_difference(first, second)
        if difference < _NOTHING:
            return None
        return difference >= max(_SEEN, _SEEN_OVER_GRAIN * self.grain)

    def part_seen(self, first: Picture, second: Picture) -> bool:
        """Whether enough of the pixels of a frame differ for a person to see that a part of it does."""
        most = np.abs(compared(first) - compared(second)).max(axis=2)
        return float((most >= max(_SEEN, _SEEN_OVER_GRAIN * self.grain)).mean()) >= _PART

    def steady(self, time: int, lost: int) -> bool:
        """Whether what moves around the gap before ``time`` goes evenly, and far enough for the gap to show."""
        around = [self.step(each) for each in range(max(time - 4, 1), min(time + lost + 4, self.shot.count))]
        usual = float(np.median(around))
        return usual >= _STEADY_PX and max(abs(each - usual) for each in around) <= _STEADY * usual

    def free(self, time: int, span: int, calm: bool) -> bool:
        """Whether a defect of ``span`` times fits here; ``calm``: also not near anything rare in the shot."""
        near = range(time - APART, time + span + APART)
        return not self.taken.intersection(near) and not (calm and self.shot.busy.intersection(near))

    def place(
        self, span: int, calm: bool, plain: Callable[[int], bool | None], ends: int = 4
    ) -> tuple[int, bool] | None:
        """A free time, plain if one of 12 drawn ones is, else subtle; None where there is none."""
        subtle: int | None = None
        for time in self.random.integers(ends, max(self.shot.count - ends - span, ends + 1), size=12):
            if time + span + ends > self.shot.count or not self.free(int(time), span, calm):
                continue
            found = plain(int(time))
            if found:
                return self._take(int(time), span), True
            subtle = int(time) if found is False and subtle is None else subtle
        return None if subtle is None else (self._take(subtle, span), False)

    def _take(self, time: int, span: int) -> int:
        self.taken.update(range(time, time + span))
        return time

    def _step(self, time: int) -> float:
        """How far what moves goes from time - 1 to ``time``: the 90th percentile of the flow's lengths, px."""
        before, after = (
            np.rint(255 * np.clip(compared(self.at(each)).mean(axis=2), 0, 1)).astype(np.uint8)
            for each in (time - 1, time)
        )
        flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(before, after, None)
        return float(np.percentile(np.hypot(flow[..., 0], flow[..., 1]), 90))
