"""What a training is fed with, by the names that the user gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.augment import Augmented
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.clips import RealClips
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.mixture import Mixture
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.shapes_source import ShapesSource
from vfi_plugin.train.synthetic import SyntheticMotion

SHAPES = "shapes"
"""Stands for moving shapes, which are made up as they are needed, in the place of a path."""

BANK_SUFFIX = ".npz"
"""Of a ``CropBank`` that was saved; it is read without anything that decodes movies."""

_LARGEST_GAP = 4
"""Of frames of a pair where the true frame may be at any time: with more, ordinary clips move too far for a crop."""

_ROOM = 1.5
"""Side of the crops that are kept by the side of those that are given: no two draws of one are alike."""


@dataclass(frozen=True)
class DataChoice:
    """Which data.

    Attributes:
        paths: movies, sequences and folders of them, one saved ``CropBank``, or ``SHAPES``; none where all is made up.
        synthetic: the share of batches, 0 to 1, that show made-up scenes.
        crop: the side of the square frames, px.
        batch: pairs in a batch.
        frames_between: true frames between those of a pair, evenly spaced.
        seed: another gives other pairs in another order.
        any_time: whether the true frame is one at any time instead.
        changed: whether real pairs are mirrored, relit and so on by chance, as is good for training.
        bank: a file that decoded crops are kept in, and read from where it is there; None decodes each time.
    """

    paths: Sequence[str]
    synthetic: float
    crop: int
    batch: int
    frames_between: int
    seed: int
    any_time: bool = False
    changed: bool = True
    bank: Path | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.synthetic <= 1.0:
            raise UsageError(f"got a synthetic share of {self.synthetic:g}; give a number from 0 to 1")
        if not self.paths and self.synthetic < 1.0:
            raise UsageError(
                f"there is no data to train on; give --data PATH, --data {SHAPES} for made-up shapes, or --synthetic 1"
            )
        if SHAPES in self.paths and (len(self.paths) > 1 or self.synthetic):
            raise UsageError(f"got {SHAPES} beside other data; give --data {SHAPES} alone")
        if self.batch < 1 or self.crop < 16:
            raise UsageError(
                f"got a batch of {self.batch} and a crop of {self.crop} px; give 1 or more, and 16 or more"
            )


def open_data(choice: DataChoice, device: torch.device) -> BatchSource:
    """The source of batches, which lie on ``device``.

    Raises:
        UsageError: what is asked for does not go together.
        InputError: there are no clips, or they are too small, too short or damaged.
    """
    if SHAPES in choice.paths:
        frames = _LARGEST_GAP - 1 if choice.any_time else choice.frames_between
        return ShapesSource(MovingShapes(choice.seed, frames, choice.crop), choice.batch, device)
    bank = _bank(choice) if choice.paths else None
    sources: list[tuple[float, BatchSource]] = []
    if bank is not None and choice.synthetic < 1.0:
        sources.append((1.0 - choice.synthetic, _real(bank, choice, device)))
    if choice.synthetic:
        sources.append((choice.synthetic, _made_up(bank, choice, device)))
    if len(sources) == 1:
        return sources[0][1]
    return Mixture([source for _, source in sources], [share for share, _ in sources], choice.seed)


def _bank(choice: DataChoice) -> CropBank:
    first = Path(choice.paths[0])
    if first.suffix == BANK_SUFFIX:
        if len(choice.paths) > 1:
            raise UsageError(f"got {first} beside other data; give a saved bank alone")
        return CropBank.load(first)
    frames = (_LARGEST_GAP if choice.any_time else choice.frames_between + 1) + 1
    # By the data, not by the seed: another seed is to draw other pairs of the same crops.
    return CropBank.of(any_footage(choice.paths), BankRecipe(round(_ROOM * choice.crop), frames), choice.bank)


def _real(bank: CropBank, choice: DataChoice, device: torch.device) -> BatchSource:
    if choice.any_time:
        largest = min(_LARGEST_GAP, bank.crops.shape[1] - 1)
        gaps = tuple(range(2, largest + 1))
        clips = RealClips(bank, choice.crop, choice.batch, gaps, "one", choice.seed, device)
    else:
        gap = choice.frames_between + 1
        clips = RealClips(bank, choice.crop, choice.batch, (gap,), "all", choice.seed, device)
    return Augmented(clips, seed=choice.seed) if choice.changed else clips


def _made_up(bank: CropBank | None, choice: DataChoice, device: torch.device) -> BatchSource:
    return SyntheticMotion(
        side=choice.crop,
        size=choice.batch,
        bank=bank,
        frames_between=choice.frames_between,
        random_times=choice.any_time,
        seed=choice.seed,
        device=device,
    )
