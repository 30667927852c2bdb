"""Crops of real clips, decoded once and kept in memory as 8-bit numbers, more of them where something moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.train.crop_choice import BankRecipe, Choice, Crops
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
    """

    crops: Crops
    origins: Places
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.crops)

    @classmethod
    def of(cls, footage: Sequence[Footage], recipe: BankRecipe, cache: str | Path | None = None) -> CropBank:
        """Decodes footage and chooses crops, the same for the same recipe.

        Each footage gets windows by its number of frames; shots that are too short for a window, and runs in which
        next to nothing moves, leave theirs empty, so there may be fewer than asked for.

        Args:
            footage: what to take; memory does not grow with its length.
            recipe: what to keep.
            cache: an .npz file that the bank is written to, or, where it is there, read from without looking at the
                footage. A bank of another recipe or other names there is an error.

        Raises:
            InputError: footage that is not there, damaged, too small for a crop or too short for a window.
            UsageError: no footage, or a cache of something else.
        """
        if not footage:
            raise UsageError("got no footage; name movies, sequences or folders of them")
        made_of = repr((recipe, [take.name for take in footage]))
        if cache is not None and Path(cache).is_file():
            return _of_cache(Path(cache), made_of)
        bank = _decoded(footage, recipe)
        if cache is not None:
            bank.save(cache, made_of)
        return bank

    def save(self, path: str | Path, made_of: str = "") -> None:
        """Writes an .npz file, uncompressed; ``made_of`` is kept in it, to know it again by."""
        path = Path(path)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as stream:
            np.savez(stream, crops=self.crops, origins=self.origins, names=np.array(self.names), made_of=made_of)
        part.replace(path)

    @classmethod
    def load(cls, path: str | Path) -> CropBank:
        """A bank as it was saved; no footage is needed, so a training machine can do without.

        Raises:
            InputError: no such file, or not a bank.
        """
        return _read(Path(path))[0]


def _read(path: Path) -> tuple[CropBank, str]:
    try:
        with np.load(path, allow_pickle=False) as held:
            names = tuple(str(name) for name in held["names"])
            return CropBank(held["crops"], held["origins"], names), str(held["made_of"])
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} is not a bank of crops ({error}); delete it, and it is made anew") from None


def _of_cache(path: Path, made_of: str) -> CropBank:
    bank, held = _read(path)
    if held != made_of:
        raise UsageError(f"{path} holds crops of other footage or of another recipe; delete it, or name another file")
    return bank


def _decoded(footage: Sequence[Footage], recipe: BankRecipe) -> CropBank:
    lengths = np.array([_length(take) for take in footage], np.float64)
    rng = np.random.default_rng(recipe.seed)
    # Each footage gets its share rounded down or up by where it falls between two whole numbers, offset by chance:
    # where there are more of them than windows, a random choice gets one each.
    marks = np.floor(np.concatenate([[0.0], np.cumsum(lengths)]) * (recipe.count / lengths.sum()) + rng.random())
    shares = [int(share) for share in np.diff(marks)]
    crops = np.empty((recipe.count, recipe.frames, 3, recipe.side, recipe.side), np.uint8)
    origins = np.zeros((recipe.count, 4), np.int64)
    filled = 0
    for place, share in enumerate(shares):
        choice = Choice(footage[place], recipe, share, np.random.default_rng((recipe.seed, place)))
        for first, left, top, window in choice.windows() if share else ():
            crops[filled], origins[filled] = window, (place, first, left, top)
            filled += 1
    if not filled:
        raise InputError(f"no shot is {recipe.frames} frames long; give longer ones, or a recipe with fewer frames")
    return CropBank(crops[:filled], origins[:filled], tuple(take.name for take in footage))


def _length(take: Footage) -> int:
    if take.files:
        return -(-len(take.files) // take.step)
    with take.opened() as reel:
        return len(reel)
