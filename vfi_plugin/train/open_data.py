"""What a training is fed with, by the names that the user gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.shapes_source import ShapesSource

SHAPES = "shapes"
"""Stands for moving shapes, which are made up as they are needed, in the place of a path."""


@dataclass(frozen=True)
class DataChoice:
    """Which data.

    Attributes:
        paths: movies, sequences or folders of them, or ``SHAPES``.
        synthetic: the share of pairs, 0 to 1, that are made up.
        crop: the side of the square frames, px.
        batch: pairs in a batch.
        frames_between: true frames between those of a pair, evenly spaced.
        seed: another gives other pairs in another order.
    """

    paths: Sequence[str]
    synthetic: float
    crop: int
    batch: int
    frames_between: int
    seed: int

    def __post_init__(self) -> None:
        if not self.paths:
            raise UsageError(f"there is no data to train on; give --data PATH, or --data {SHAPES} for made-up shapes")
        if not 0.0 <= self.synthetic <= 1.0:
            raise UsageError(f"got a synthetic share of {self.synthetic:g}; give a number from 0 to 1")
        if self.batch < 1 or self.crop < 16:
            raise UsageError(
                f"got a batch of {self.batch} and a crop of {self.crop} px; give 1 or more, and 16 or more"
            )


def open_data(choice: DataChoice, device: torch.device) -> BatchSource:
    """The source of batches, which lie on ``device``.

    Raises:
        UsageError: it is not known how to get data from there.
    """
    if list(choice.paths) == [SHAPES] and not choice.synthetic:
        shapes = MovingShapes(choice.seed, choice.frames_between, choice.crop)
        return ShapesSource(shapes, choice.batch, device)
    if choice.synthetic:
        raise UsageError("made-up pairs beside shot ones are not there yet; leave --synthetic out")
    given = " ".join(choice.paths)
    raise UsageError(f"got the data {given!r}; this version trains on --data {SHAPES} alone, without other paths")
