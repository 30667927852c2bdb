"""Runs of frames within one shot: cut apart where a scene ends, repeated frames left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vfi_plugin.train.footage import Picture
from vfi_plugin.train.motion_measure import REPEATED, block_means, changes

if TYPE_CHECKING:
    from vfi_plugin.render.cuts import Signature

_SIGNATURE_SIDE_PX = 128
"""The longer side of the small pictures that cuts are found in: the size that ``render.cuts`` brings any frame to."""


@dataclass
class Run:
    """Successive frames of one shot.

    Attributes:
        pictures: the frames, all of one size; none repeats the one before.
        numbers: of these frames in the footage, from 0; what is missing among them was a repetition.
        seen: how many frames of the footage have been looked at so far, repeated ones included.
        shot: which one of the footage, from 0; a long one comes in several runs.
    """

    pictures: list[Picture] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    seen: int = 0
    shot: int = 0

    def take(self, number: int, picture: Picture) -> None:
        """Adds a frame, unless it repeats the last one."""
        self.seen = number + 1
        if self.pictures and _repeats(self.pictures[-1], picture):
            return
        self.pictures.append(picture)
        self.numbers.append(number)

    def is_full(self, most_bytes: int, least_frames: int) -> bool:
        """Whether it takes that much memory, and holds so many frames that it is of use."""
        held = sum(picture.nbytes for picture in self.pictures)
        return held >= most_bytes and len(self.pictures) >= least_frames


def runs(
    pictures: Iterable[Picture],
    *,
    one_shot: bool,
    most_bytes: int,
    least_frames: int,
    before_holes: Collection[int] = (),
) -> Iterator[Run]:
    """Frames in runs that no cut interrupts, short enough that memory is bounded.

    A repeated frame is left out: frames dropped in from elsewhere to fill a rate show no motion, and without them what
    is left is even in time again.

    Args:
        pictures: the frames of some footage, in order.
        one_shot: whether it is known that there is no cut.
        most_bytes: a run that takes as much ends, as if there were a cut.
        least_frames: but no sooner than with as many frames.
        before_holes: numbers of frames, from 0, after which some are missing: a run ends there, too.
    """
    run = Run()
    for number, picture, ends in _with_ends(pictures, one_shot):
        run.take(number, picture)
        if ends or number in before_holes or run.is_full(most_bytes, least_frames):
            yield run
            run = Run(shot=run.shot + ends)
    if run.pictures:
        yield run


def _repeats(earlier: Picture, later: Picture) -> bool:
    means = np.stack([block_means(earlier), block_means(later)])
    return float(changes(means, even_light=False).max()) < REPEATED


def _with_ends(pictures: Iterable[Picture], one_shot: bool) -> Iterator[tuple[int, Picture, bool]]:
    """Each frame with its number and whether a shot ends with it; reads on as far as ``render.cuts`` looks ahead."""
    if one_shot:
        yield from ((number, picture, False) for number, picture in enumerate(pictures))
        return
    from vfi_plugin.render.cuts import WINDOW, cut_between

    around: list[Signature] = []  # those of the frames from ``WINDOW - 1`` before the next to be given, on
    waiting: list[Picture] = []
    number = 0
    for picture in pictures:
        waiting.append(picture)
        around.append(_signature(picture))
        if len(waiting) > WINDOW:
            at = len(around) - len(waiting)
            yield number, waiting.pop(0), cut_between(around, at)
            number, around = number + 1, around[max(0, at + 2 - WINDOW) :]
    while waiting:
        at = len(around) - len(waiting)
        yield number, waiting.pop(0), bool(waiting) and cut_between(around, at)
        number += 1


def _signature(picture: Picture) -> Signature:
    import cv2

    from vfi_plugin.render.cuts import Signature

    height, width = picture.shape[:2]
    scale = min(1.0, _SIGNATURE_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return Signature(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
