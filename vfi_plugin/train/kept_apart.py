"""What a network is measured on must not be what it is trained on: shots and files that are kept apart."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.train.bank_fit import Tell
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.footage import Footage

_SHARE = 0.05
"""Of the shots that are measured on: enough to be of several kinds, and hardly missed."""

_LEAST_SHOTS = 4
"""With fewer, one of them would be a third of what there is to learn from."""


def trainable(paths: Sequence[str], step: int, measured: Sequence[Footage], tell: Tell) -> list[Footage]:
    """The footage at ``paths`` without what is measured on.

    What lies in a folder together with other clips is left out, and told; what is named itself is refused, since who
    names it wants it.

    Raises:
        UsageError: the same files are to be trained and measured on.
        InputError: as ``any_footage``.
    """
    files = frozenset(file for take in measured for file in _files(take))
    found: list[Footage] = []
    left_out: list[str] = []
    for path in paths:
        takes = any_footage([path], step)
        shared = {take for take in takes if not files.isdisjoint(_files(take))} if files else set()
        if shared and (len(shared) == len(takes) or not Path(path).is_dir()):
            raise UsageError(f"{path} is to be trained on and measured on; leave it out of --data or of --validate")
        left_out += [take.name for take in takes if take in shared]
        found += [take for take in takes if take not in shared]
    if left_out:
        tell(f"not trained on, as it is measured on: {', '.join(left_out)}")
    return found


def without(bank: CropBank, measured: Sequence[Footage], tell: Tell) -> CropBank:
    """A saved bank without the footage of that is measured on, as far as names tell.

    The bank that is given is used up: what is left stays in its memory.

    Raises:
        UsageError: nothing is left.
    """
    files = frozenset(file for take in measured for file in (*_files(take), _real(Path(take.name))))
    shared = np.array([_real(Path(name)) in files for name in bank.names], bool)
    out = shared[bank.origins[:, 0]]
    if not out.any():
        return bank
    if out.all():
        raise UsageError("all clips of the bank are to be measured on; leave them out of --validate")
    names = ", ".join(name for name, is_shared in zip(bank.names, shared, strict=True) if is_shared)
    tell(f"not trained on, as it is measured on: {names}")
    return _kept(bank, ~out)


def parted(bank: CropBank, tell: Tell) -> tuple[CropBank, CropBank | None]:
    """A bank without some of its shots, and these shots; None where there are too few.

    Which they are is decided by their names alone, so they stay the same when others are added. The bank that is given
    is used up: what is trained on stays in its memory, or twice as much would be needed for a while.
    """
    places, of = np.unique(_shots(bank), axis=0, return_inverse=True)
    if len(places) < _LEAST_SHOTS:
        return bank, None
    chances = np.array([_chance(Path(bank.names[take]), shot) for take, shot in places])
    apart = chances <= max(_SHARE, chances.min())
    out = apart[of.ravel()]
    held = CropBank(bank.crops[out], bank.origins[out], bank.names, _shots(bank)[out, 1])
    tell(
        f"{apart.sum()} of {len(places)} shots are kept apart to be measured on, and not trained on; --validate names"
        " others"
    )
    return _kept(bank, ~out), held


def _shots(bank: CropBank) -> npt.NDArray[np.int64]:
    """(n, 2): the footage of each window, and which shot of it."""
    shots = np.zeros(len(bank), np.int64) if bank.shots is None else bank.shots
    return np.stack([bank.origins[:, 0], shots], 1)


def _chance(take: Path, shot: int) -> float:
    """In [0, 1), by the last two parts of a name: a set that lies elsewhere today keeps the same shots apart."""
    digest = hashlib.sha256(f"{'/'.join(take.parts[-2:])}#{shot}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / float(1 << 48)


def _kept(bank: CropBank, which: npt.NDArray[np.bool_]) -> CropBank:
    kept = np.flatnonzero(which)
    for to, at in enumerate(kept):
        if to != at:
            bank.crops[to] = bank.crops[at]
    return CropBank(bank.crops[: len(kept)], bank.origins[kept], bank.names, _shots(bank)[kept, 1])


def _files(take: Footage) -> frozenset[Path]:
    return frozenset(_real(path) for path in take.paths())


def _real(path: Path) -> Path:
    """Where a file lies in truth; folders are looked up once each, as sets have 300,000 files in 100,000 folders."""
    at = _real_folder(path.parent) / path.name
    return at.resolve() if at.is_symlink() else at


@lru_cache(maxsize=1 << 17)
def _real_folder(folder: Path) -> Path:
    return Path(os.path.realpath(folder.expanduser()))
