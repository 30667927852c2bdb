"""Frames lost between two others: things move twice as far there, or three times, as right before and right after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.series import Series

_AROUND = 2
"""Pairs on either side that predict the motion."""

_NEAR = 4
"""Frames away that these may be; repeats between them are passed over."""

_JUMP = 1.6
"""Motion as a multiple of the predicted one, from which on it may be a gap: one lost frame gives 2."""

_EVEN = 1.35
"""Motion of the predicting pairs at most, as a multiple of the predicted; the least is its inverse."""

_AGREES = 0.6
"""Agreement of the pictures after alignment at least: less is another content, and no gap in this one."""

_SLOWEST_PX = 0.4
"""Predicted motion in pixels of the frame at least; less cannot be measured well enough to be told from its double."""

_TEXTURE_CAP = 0.03
"""Texture above this counts no more: motion is seen well there."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Jump:
    """How the motion of a pair compares with that around it.

    Attributes:
        place: of the later frame.
        ratio: motion as a multiple of the predicted.
        most, least: of the predicting pairs.
        speed: predicted motion, pixels of the frame.
        agreement: see ``PairMeasures``.
    """

    place: int
    ratio: float
    most: float
    least: float
    speed: float
    agreement: float

    @property
    def score(self) -> float:
        """1 and more is a finding."""
        even = min(_EVEN / self.most, self.least * _EVEN) if self.least > 0 else 0.0
        gap = (self.ratio - 1) / (_JUMP - 1)
        sure = min(self.agreement / _AGREES, self.speed / _SLOWEST_PX, 1.0)
        return max(min(gap, gap * even, gap * sure), 0.0) if even < 1 or sure < 1 else max(gap, 0.0)


def find_drops(
    series: Series, fine: npt.NDArray[np.bool_], repeats: Collection[int], threshold: float = 1.0
) -> list[Finding]:
    """Gaps, each between two frames with successive numbers.

    Args:
        series: the measures.
        fine: of ``repeats.comparable``.
        repeats: places of repeats; a jump right after one is explained by it.
        threshold: score that it takes.
    """
    return [_finding(jump, series) for jump in _jumps(series, fine, repeats) if jump.score >= threshold]


def drop_scores(series: Series, fine: npt.NDArray[np.bool_], repeats: Collection[int]) -> list[float | None]:
    """How near each frame is to coming after a gap; None where there is nothing to compare with."""
    scores: list[float | None] = [None] * len(series.numbers)
    for jump in _jumps(series, fine, repeats):
        scores[jump.place] = jump.score
    return scores


def _jumps(series: Series, fine: npt.NDArray[np.bool_], repeats: Collection[int]) -> list[Jump]:
    usable = [n for n in range(len(fine)) if fine[n] and n not in repeats and n - 1 not in repeats]
    found = []
    for at in range(_AROUND, len(usable) - _AROUND):
        around = [*usable[at - _AROUND : at], *usable[at + 1 : at + 1 + _AROUND]]
        place = usable[at]
        between = fine[around[0] : around[-1] + 1]
        if place - around[0] <= _NEAR and around[-1] - place <= _NEAR and between.all():
            found.append(_jump(series, place, around))
    return found


def _jump(series: Series, place: int, around: list[int]) -> Jump:
    weight = np.minimum(series.texture[place], _TEXTURE_CAP) + 1e-4
    before, after = around[_AROUND - 1], around[_AROUND]
    predicted = (series.flow[before] + series.flow[after]) / 2
    multiples = [_multiple(series.flow[n], predicted, weight) for n in around]
    power = np.square(predicted).sum(axis=1)
    numbers = series.pairs[place]
    assert numbers is not None
    return Jump(
        place=place,
        ratio=_multiple(series.flow[place], predicted, weight),
        most=max(multiples),
        least=min(multiples),
        speed=float(np.sqrt((weight * power).sum() / weight.sum())),
        agreement=numbers["agreement"],
    )


def _multiple(flow: Floats, predicted: Floats, weight: Floats) -> float:
    """The usual multiple, over blocks, of the predicted motion that is seen: their median, so single blocks may err."""
    power = np.square(predicted).sum(axis=1)
    ratios = (flow * predicted).sum(axis=1) / np.maximum(power, 1e-9)
    return _weighted_median(ratios, weight * np.sqrt(power))


def _weighted_median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values)
    share = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _finding(jump: Jump, series: Series) -> Finding:
    lost = max(round(jump.ratio) - 1, 1)
    frames = series.numbers[jump.place - 1], series.numbers[jump.place]
    why = (
        f"things move {jump.ratio:.1f} times as far as before and after ({jump.speed:.1f} px a frame), as over "
        f"{lost} lost frame{'' if lost == 1 else 's'}"
    )
    return Finding(Kind.DROPPED, frames, jump.score, why, lost)
