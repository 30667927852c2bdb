"""Crops of real clips, decoded once and kept in memory as 8-bit numbers, more of them where something moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.train.bank_fit import Tell, fitted, say, too_small, unheard
from vfi_plugin.train.crop_choice import BankRecipe, Choice, Crops, UnfitFootageError
from vfi_plugin.train.footage import Footage

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CropBank:
    """Windows of successive frames of one shot, each cut out at one place.

    Attributes:
        crops: (n, frames, 3, S, S) uint8 RGB, display-referred.
        origins: (n, 4) int64: which footage, number of the first frame among those used of it,
            left and top in px (after shrinking).
        names: of the footage.
        shots: (n,) int64, which shot of its footage each is of; None where that is not known.
    """

    crops: Crops
    origins: Places
    names: tuple[str, ...]
    shots: Places | None = None

    def __len__(self) -> int:
        return len(self.crops)

    @classmethod
    def of(
        cls, footage: Sequence[Footage], recipe: BankRecipe, cache: str | Path | None = None, tell: Tell = unheard
    ) -> CropBank:
        """Decodes footage and chooses crops, the same for the same recipe.

        Each footage gets windows by its number of frames; shots that are too short for a window, and runs in which
        next to nothing moves, leave theirs empty, so there may be fewer than asked for. Footage that is too small for a
        crop or too short for a window is left out.

        Args:
            footage: what to take; memory does not grow with its length.
            recipe: what to keep.
            cache: an .npz file that the bank is written to, or, where it is there, read from without looking at the
                footage. A bank of another recipe or other names there is an error.
            tell: is told what is left out.

        Raises:
            InputError: footage that is not there or damaged, or of which nothing is left.
            UsageError: no footage, or a cache of something else.
        """
        if not footage:
            raise UsageError("got no footage; name movies, sequences or folders of them")
        label = made_of(footage, recipe)
        if cache is not None and Path(cache).is_file():
            return _of_cache(Path(cache), label)
        bank = _decoded(footage, recipe, tell)
        if cache is not None:
            bank.save(cache, label)
        return bank

    def save(self, path: str | Path, made_of: str = "") -> None:
        """Writes an .npz file, uncompressed; ``made_of`` is kept in it, to know it again by."""
        path = Path(path)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as stream:
            np.savez(
                stream,
                crops=self.crops,
                origins=self.origins,
                names=np.array(self.names),
                made_of=made_of,
                shots=np.zeros(len(self), np.int64) if self.shots is None else self.shots,
            )
        part.replace(path)

    @classmethod
    def load(cls, path: str | Path) -> CropBank:
        """A bank as it was saved; no footage is needed, so a training machine can do without.

        Raises:
            InputError: no such file, or not a bank.
        """
        return _read(Path(path))[0]


def made_of(footage: Sequence[Footage], recipe: BankRecipe) -> str:
    """What a saved bank is known again by."""
    return repr((recipe, [take.name for take in footage]))


def holds(path: Path, label: str) -> bool:
    """Whether a file is a bank of that ``made_of``."""
    try:
        with np.load(path, allow_pickle=False) as held:
            return str(held["made_of"]) == label
    except (OSError, KeyError, ValueError, BadZipFile):
        return False


def _read(path: Path) -> tuple[CropBank, str]:
    try:
        with np.load(path, allow_pickle=False) as held:
            names = tuple(str(name) for name in held["names"])
            shots = held.get("shots")
            return CropBank(held["crops"], held["origins"], names, shots), str(held["made_of"])
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise InputError(f"{path} is not a bank of crops ({error}); delete it, and it is made anew") from None


def _of_cache(path: Path, made_of: str) -> CropBank:
    bank, held = _read(path)
    if held != made_of:
        raise UsageError(f"{path} holds crops of other footage or of another recipe; delete it, or name another file")
    return bank


def _decoded(footage: Sequence[Footage], recipe: BankRecipe, tell: Tell) -> CropBank:
    fit = fitted(footage, recipe)
    if len(fit.left_out) == len(footage):
        say(fit.left_out, len(footage), tell)  # ends it
    recipe = fit.recipe
    crops = np.empty((recipe.count, recipe.frames, 3, recipe.side, recipe.side), np.uint8)
    origins, shots = np.zeros((recipe.count, 4), np.int64), np.zeros(recipe.count, np.int64)
    filled = 0
    for place, share in enumerate(_shares(fit.lengths, recipe)):
        choice = Choice(footage[place], recipe, share, np.random.default_rng((recipe.seed, place)))
        try:
            for at, window in choice.windows() if share else ():
                crops[filled], origins[filled] = window, (place, at.first, at.left, at.top)
                shots[filled] = at.shot
                filled += 1
        except UnfitFootageError as unfit:
            fit.left_out.append(too_small(footage[place], unfit.size, recipe.side))
    say(fit.left_out, len(footage), tell)
    if not filled:
        raise InputError(f"no shot is {recipe.frames} frames long; give longer ones, or a recipe with fewer frames")
    return CropBank(crops[:filled], origins[:filled], tuple(take.name for take in footage), shots[:filled])


def _shares(lengths: npt.NDArray[np.float64], recipe: BankRecipe) -> list[int]:
    """How many windows each footage gets.

    Each gets its share rounded down or up by where it falls between two whole numbers, offset by chance: where there
    are more of them than windows, a random choice gets one each.
    """
    offset = np.random.default_rng(recipe.seed).random()
    marks = np.floor(np.concatenate([[0.0], np.cumsum(lengths)]) * (recipe.count / lengths.sum()) + offset)
    return [int(share) for share in np.diff(marks)]
