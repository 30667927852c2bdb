"""Frames lost between two others: things move twice as far there, or three times, as right before and right after.

The motion of a pair is compared with that of the pairs around it, block by block, and the usual multiple over the
blocks counts, so that a single thing that starts or turns says nothing. The pairs around have to be even, or change
evenly: a multiple is a gap only where it leaves that line by several times what they leave it by. So acceleration, a
whip pan's start, and the shake of a hand are none: there the pairs around are as uneven as the jump. Shake moves all of
the picture alike, so motion is looked at without what it has in common as well: from a car that shakes, the road that
comes nearer still tells of a lost frame. Jumps at equal distances, many times over, are the work of somebody who made a
lower rate by leaving out frames: told as a cadence.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.series import Series

AROUND = 3
"""Pairs on either side that predict the motion."""

_LEAST_AROUND = 2
"""On either side where a shot begins or ends."""

_NEAR = 6
"""Frames away that these may be; repeats between them are passed over."""

_JUMP = 1.62
"""Motion as a multiple of the predicted one from which on it may be a gap: one lost frame gives 2, less where motion is
uneven. In clips that lost none it reaches 1.57 where all other conditions hold."""

_MOST_JUMP = 5.0
"""Multiple up to which it is one: four lost frames. Beyond, motion was measured wrongly, as in a fade that is nearly
black, or it is another shot."""

_STANDS_OUT = 5.0
"""Distance of the jump from the even motion, as a multiple of what the pairs around it lie off a line. In real clips
shake, traffic and running legs reach 4.4."""

_MEASURED_TO_PX = 0.1
"""What measuring the same motion twice differs by, in pixels of the small picture that is looked at: comes on top."""

_MOST_UNEVEN = 0.5
"""What the pairs around lie off the line at most: where motion is that uneven nothing can be predicted from it, and in
pictures that fade to black none can be seen."""

_ABOVE_ALL = 1.2
"""The jump as a multiple of the fastest pair around it, at least: the line may fall steeply."""

_MOST_BLOCKS = 0.72
"""Multiple that three quarters of the blocks reach at least; half of them reach _JUMP."""

_WITHOUT_SHAKE = 0.95
"""What a jump that is seen without the shake counts: things that go their own way are seen better there, too."""

_SLOWEST_PX = 0.3
"""Predicted motion in pixels of the frame, at least; less cannot be told from its double."""

_LEAST_JUMP = 1 / 480
"""How much further things move in the gap, as a part of the frame's longer side, at least: 4 px of 1920. Hardly
anybody sees less."""

_TEXTURE_CAP = 0.03
"""Texture above this counts no more: motion is seen well there."""

_TEXTURE_FLOOR = 1e-4
"""So that a picture without any has weights, too."""

_LARGEST = 3.0
"""A pair around counts for no more than this multiple: it is uneven anyway."""

_LEAST = -1.0
"""Nor for less than this."""

Floats = npt.NDArray[np.float32]
Motions = Mapping[int, Floats] | Floats


@dataclass(frozen=True)
class Jump:
    """How the motion of a pair compares with that around it; multiples are of the mean of the two pairs next to it.

    Attributes:
        place: of the later frame.
        ratio: the multiple of half of the blocks.
        most_blocks: the multiple that three quarters of the blocks reach.
        fastest: of the pairs around.
        uneven: how far they lie off a line, RMS.
        speed: motion that is predicted, pixels of the frame.
        factor: pixels of the frame a pixel of the small picture.
        side: the longer side of the frame, px.
    """

    place: int
    ratio: float
    most_blocks: float
    fastest: float
    uneven: float
    speed: float
    factor: float
    side: float

    @property
    def score(self) -> float:
        """1 and more is a finding: the least of what each condition is met by."""
        if self.ratio > _MOST_JUMP:
            return 0.0
        jump, off = (self.ratio - 1) * self.speed, self.uneven * self.speed
        conditions = (
            (self.ratio - 1) / (_JUMP - 1),
            jump / math.hypot(off, _MEASURED_TO_PX * self.factor) / _STANDS_OUT,
            self.most_blocks / _MOST_BLOCKS,
            self.ratio / max(_ABOVE_ALL * self.fastest, 1e-6),
            self.speed / _SLOWEST_PX,
            jump / self.side / _LEAST_JUMP,
            _MOST_UNEVEN / max(self.uneven, 1e-6),
        )
        return max(min(conditions), 0.0)

    @property
    def lost(self) -> int:
        """How many frames lie in the gap."""
        return max(round(self.ratio) - 1, 1)


def find_jumps(series: Series, fine: npt.NDArray[np.bool_], repeats: Collection[int]) -> dict[int, Jump]:
    """Every pair that can be judged, by the place of its later frame.

    Args:
        series: the measures.
        fine: of ``repeats.comparable``.
        repeats: places of repeats; a jump right after one is explained by it, so such pairs are neither judged nor
            asked.
    """
    usable = [n for n in range(len(fine)) if fine[n] and n not in repeats and n - 1 not in repeats]
    broken = np.cumsum(~fine)
    found = {}
    for at, place in enumerate(usable):
        before = [n for n in usable[max(at - AROUND, 0) : at] if n >= place - _NEAR and broken[n] == broken[place]]
        after = [n for n in usable[at + 1 : at + 1 + AROUND] if n <= place + _NEAR and broken[n] == broken[place]]
        if min(len(before), len(after)) >= _LEAST_AROUND:
            found[place] = _jump(series, place, before, after)
    return found


def drops(jumps: Mapping[int, Jump], series: Series, meant: Collection[int], threshold: float = 1.0) -> list[Finding]:
    """Gaps, each between two frames with successive numbers.

    Args:
        jumps: of ``find_jumps``.
        series: the measures.
        meant: places of jumps that a cadence explains.
        threshold: score that it takes.
    """
    found = [jump for jump in jumps.values() if jump.score >= threshold and jump.place not in meant]
    return [_finding(jump, series) for jump in found]


def drop_scores(jumps: Mapping[int, Jump], series: Series) -> list[float | None]:
    """How near each frame is to coming after a gap; None where there is nothing to compare with."""
    return [jumps[place].score if place in jumps else None for place in range(len(series.numbers))]


def _jump(series: Series, place: int, before: list[int], after: list[int]) -> Jump:
    """By motion as it is, or without what all of the picture has in common, whichever tells more."""
    with_all = _jump_of(series, series.flow, place, (before, after))
    unshaken = {n: _without_shake(series, n) for n in (*before, place, *after)}
    without = _jump_of(series, unshaken, place, (before, after))
    return with_all if with_all.score >= _WITHOUT_SHAKE * without.score else without


def _jump_of(series: Series, flow: Motions, place: int, beside: tuple[list[int], list[int]]) -> Jump:
    pair = series.pairs[place]
    assert pair is not None  # only such are comparable
    before, after = beside
    predicted = np.asarray((flow[before[-1]] + flow[after[0]]) / 2, np.float32)
    speed: Floats = np.sqrt(np.square(predicted).sum(axis=1))
    seen = _seen(series, place)
    weight = speed * seen * _trust(series, before[-1]) * _trust(series, after[0])
    around = [*before, *after]
    multiples = [_multiple(flow[n], predicted, weight * _trust(series, n), 0.5) for n in around]
    kept = np.clip(np.array(multiples), _LEAST, _LARGEST)
    return Jump(
        place=place,
        ratio=_multiple(flow[place], predicted, weight, 0.5),
        most_blocks=_multiple(flow[place], predicted, weight, 0.25),
        fastest=float(kept.max()),
        uneven=_off_line(np.array(around) - place, kept),
        speed=float(np.sqrt((seen * np.square(speed)).sum() / seen.sum())),
        factor=pair["factor"],
        side=pair["side_px"],
    )


def _seen(series: Series, place: int) -> Floats:
    """(B,): how well motion is seen in each block."""
    seen: Floats = (np.minimum(series.texture[place], _TEXTURE_CAP) + _TEXTURE_FLOOR) * _trust(series, place)
    return seen


def _trust(series: Series, place: int) -> Floats:
    # To the fourth power: a block that agrees by half only is not half right, its motion is wrong.
    trust: Floats = series.trust[place] ** 4 + np.float32(1e-6)
    return trust


def _without_shake(series: Series, place: int) -> Floats:
    """(B, 2): motion of a pair less the median of its blocks."""
    flow, weight = series.flow[place], _seen(series, place)
    shake = np.array([_reached(flow[:, axis], weight, 0.5) for axis in (0, 1)], np.float32)
    unshaken: Floats = flow - shake
    return unshaken


def _multiple(flow: Floats, predicted: Floats, weight: Floats, share: float) -> float:
    """The multiple of the predicted motion that all but ``share`` of the blocks reach."""
    power = np.square(predicted).sum(axis=1)
    return _reached((flow * predicted).sum(axis=1) / np.maximum(power, 1e-9), weight, share)


def _reached(values: Floats, weight: Floats, share: float) -> float:
    """What all but ``share`` of the weight reaches."""
    order = np.argsort(values)
    sums = np.cumsum(weight[order])
    return float(values[order][min(np.searchsorted(sums, sums[-1] * share), len(order) - 1)])


def _off_line(steps: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> float:
    """RMS distance of the values from the line through them, by least squares."""
    line = np.polynomial.Polynomial.fit(steps, values, 1)
    # A line takes two of them for itself.
    return float(np.sqrt(np.square(values - line(steps)).sum() / (len(values) - 2)))


def _finding(jump: Jump, series: Series) -> Finding:
    frames = series.numbers[jump.place - 1], series.numbers[jump.place]
    why = (
        f"things move {jump.ratio:.1f} times as far as before and after ({jump.speed:.1f} px a frame), as over "
        f"{jump.lost} lost frame{'' if jump.lost == 1 else 's'}"
    )
    return Finding(Kind.DROPPED, frames, jump.score, why, jump.lost)
