"""What a training is fed with, by the names that the user gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.augment import Augmented
from vfi_plugin.train.bank_fit import Tell, unheard
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.clips import RealClips
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.kept_apart import parted, trainable, without
from vfi_plugin.train.met_pairs import AROUND_PX, MetPairs
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

_SMALLEST_GAP = 2
"""One frame between: what a triplet has."""

_ROOM = 1.5
"""Side of the crops that are kept by the side of those that are given, where frames are so large: no two draws of one
are alike."""


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
        flows: whether made-up pairs are to come with their exact flow.
        changed: whether real pairs are mirrored, relit and so on by chance, as is good for training.
        bank: a file that decoded crops are kept in, and read from where it is there; None decodes each time.
        windows, memory_gb: how many crops are kept at most, and in how much memory.
        frame_step: every so many frames of clips one is used.
        validate: paths that are measured on, and so not trained on.
        keep_apart: whether some shots are kept apart to be measured on, where ``validate`` names nothing.
        follow: whether pairs are shown where the fast classic makes them meet.
    """

    paths: Sequence[str]
    synthetic: float
    crop: int
    batch: int
    frames_between: int
    seed: int
    any_time: bool = False
    flows: bool = False
    changed: bool = True
    bank: Path | None = None
    windows: int = BankRecipe.windows
    memory_gb: float = BankRecipe.memory_gb
    frame_step: int = 1
    validate: Sequence[str] = ()
    keep_apart: bool = False
    follow: bool = False

    @property
    def side(self) -> int:
        """Of the frames that pairs are made of, px."""
        return self.crop + 2 * AROUND_PX if self.follow else self.crop

    def shown(self, source: BatchSource) -> BatchSource:
        """Pairs of such frames, as the network is shown them."""
        return MetPairs(source) if self.follow else source

    def __post_init__(self) -> None:
        if not 0.0 <= self.synthetic <= 1.0:
            raise UsageError(f"got a synthetic share of {self.synthetic:g}; give a number from 0 to 1")
        if not self.paths and self.synthetic < 1.0:
            raise UsageError(
                f"there is no data to train on; give --data PATH, --data {SHAPES} for made-up shapes, or --synthetic 1"
            )
        if SHAPES in self.paths and (len(self.paths) > 1 or self.synthetic):
            raise UsageError(f"got {SHAPES} beside other data; give --data {SHAPES} alone")
        if self.frame_step < 1:
            raise UsageError(f"got a frame step of {self.frame_step}; give 1 for every frame, 2 for every second one")
        if self.follow and self.frames_between != 1:
            raise UsageError(
                f"got {self.frames_between} true frames for a pair, which meets at one time; train a variant of one"
                " frame (bipn: --variant 1), or leave --follow out"
            )
        if self.batch < 1 or self.crop < 16:
            raise UsageError(
                f"got a batch of {self.batch} and a crop of {self.crop} px; give 1 or more, and 16 or more"
            )


@dataclass(frozen=True)
class Feed:
    """What a training is fed with.

    Attributes:
        choice: which data.
        source: of its batches.
        bank: real crops that it sees, as pairs or as layers; None where there are none.
        apart: crops of the shots that it does not see; None where none are kept apart.
    """

    choice: DataChoice
    source: BatchSource
    bank: CropBank | None = None
    apart: CropBank | None = None


def open_data(choice: DataChoice, device: torch.device, tell: Tell = unheard) -> Feed:
    """The source of batches, which lie on ``device``; ``tell`` is told what is left out of them.

    Raises:
        UsageError: what is asked for does not go together.
        InputError: there are no clips, or they are all too small or too short, or one is damaged.
    """
    if SHAPES in choice.paths:
        frames = _LARGEST_GAP - 1 if choice.any_time and not choice.follow else choice.frames_between
        shapes = ShapesSource(MovingShapes(choice.seed, frames, choice.side), choice.batch, device)
        return Feed(choice, choice.shown(shapes))
    bank, apart = _bank(choice, tell) if choice.paths else None, None
    if bank is not None and choice.keep_apart and not choice.validate:
        bank, apart = parted(bank, tell)
    sources: list[tuple[float, BatchSource]] = []
    if bank is not None and choice.synthetic < 1.0:
        sources.append((1.0 - choice.synthetic, real_pairs(bank, choice, device)))
    if choice.synthetic:
        sources.append((choice.synthetic, made_up(bank, choice, device)))
    source = sources[0][1]
    if len(sources) > 1:
        source = Mixture([source for _, source in sources], [share for share, _ in sources], choice.seed)
    return Feed(choice, source, bank, apart)


def _bank(choice: DataChoice, tell: Tell) -> CropBank:
    # Here, too, what lists name for tests is what is measured on.
    named = [path for path in choice.validate if path != SHAPES and Path(path).suffix != BANK_SUFFIX]
    measured = any_footage(named, choice.frame_step, "test")
    saved = saved_bank(choice.paths)
    if saved is not None:
        if Path(choice.paths[0]).resolve() in {Path(path).resolve() for path in choice.validate}:
            raise UsageError(f"{choice.paths[0]} is to be trained on and measured on; give --validate another")
        return without(saved, measured, tell)
    footage = trainable(choice.paths, choice.frame_step, measured, tell)
    # By the data, not by the seed: another seed is to draw other pairs of the same crops.
    recipe = replace(windows_of(choice), side=round(_ROOM * choice.side))
    return CropBank.of(footage, recipe, choice.bank, tell)


def saved_bank(paths: Sequence[str]) -> CropBank | None:
    """The bank that is named, or None where clips are.

    Raises:
        UsageError: it is named beside other data.
        InputError: it is not there, or not a bank.
    """
    banks = [path for path in paths if Path(path).suffix == BANK_SUFFIX]
    if not banks:
        return None
    if len(paths) > 1:
        raise UsageError(f"got {banks[0]} beside other data; give a saved bank alone")
    return CropBank.load(banks[0])


def windows_of(choice: DataChoice) -> BankRecipe:
    """Crops of the side that is trained on, and windows that hold a pair and what is between."""
    frames = (_LARGEST_GAP if choice.any_time else choice.frames_between + 1) + 1
    return BankRecipe(
        side=choice.side,
        frames=frames,
        windows=choice.windows,
        memory_gb=choice.memory_gb,
        least_side=choice.side,
        least_frames=_SMALLEST_GAP + 1 if choice.any_time else frames,
    )


def real_pairs(bank: CropBank, choice: DataChoice, device: torch.device) -> BatchSource:
    """Pairs of a bank's frames."""
    if choice.any_time:
        largest = min(_LARGEST_GAP, bank.crops.shape[1] - 1)
        gaps = tuple(range(_SMALLEST_GAP, largest + 1))
        clips = RealClips(bank, choice.side, choice.batch, gaps, "one", choice.seed, device)
    else:
        gap = choice.frames_between + 1
        clips = RealClips(bank, choice.side, choice.batch, (gap,), "all", choice.seed, device)
    return choice.shown(Augmented(clips, seed=choice.seed) if choice.changed else clips)


def made_up(bank: CropBank | None, choice: DataChoice, device: torch.device) -> BatchSource:
    """Scenes of layers, cut from a bank's frames where there is one."""
    scenes = SyntheticMotion(
        side=choice.side,
        size=choice.batch,
        bank=bank,
        frames_between=choice.frames_between,
        random_times=choice.any_time,
        flows=choice.flows,
        seed=choice.seed,
        device=device,
    )
    return choice.shown(scenes)
