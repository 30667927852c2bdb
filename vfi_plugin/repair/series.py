"""The measures of a clip's frames in a row, from which findings are decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cell_changes import CELLS
from vfi_plugin.repair.named_numbers import NamedNumbers
from vfi_plugin.repair.pair_measures import GRID, LAGS, PairMeasures
from vfi_plugin.repair.shots import ShotMeasures

_BLOCKS = GRID[0] * GRID[1]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FrameMeasures:
    """All that a scan keeps of a frame.

    Attributes:
        number: of the frame.
        fault: why it cannot be read, else "".
        digest: see ``Look``.
        faults: of ``frame_faults.measure``.
        pair: against the frames before it; None where there is nothing to compare with.
        shot: whether a shot begins with it.
    """

    number: int
    fault: str
    digest: bytes
    faults: dict[str, float]
    pair: PairMeasures | None
    shot: ShotMeasures


@dataclass(frozen=True)
class Series:
    """Frames in a row: N of them.

    Attributes:
        numbers: of the frames, ascending.
        fault: why each cannot be read, else "".
        digests: of each, as hexadecimal text.
        faults: of ``frame_faults.measure``.
        pairs: ``PairMeasures.numbers`` of each frame and the one before it; None where there is nothing to compare.
        change: (N, LAGS, B) float32, see ``PairMeasures``; NaN where there is nothing to compare.
        flow: (N, B, 2) float32, the same.
        texture: (N, B) float32, the same.
        trust: (N, B) float32, the same.
        cells: (N, 2, CELLS) float16, the same.
        noise: (N,) float32, the same.
        doubt: (N,) float32, the same.
        cuts: (N,) whether a shot begins with the frame.
        mixes: (N,) whether it is a mix of what is before and after it.
    """

    numbers: tuple[int, ...]
    fault: tuple[str, ...]
    digests: tuple[str, ...]
    faults: tuple[NamedNumbers, ...]
    pairs: tuple[NamedNumbers | None, ...]
    change: Floats
    flow: Floats
    texture: Floats
    trust: Floats
    cells: npt.NDArray[np.float16]
    noise: Floats
    doubt: Floats
    cuts: npt.NDArray[np.bool_]
    mixes: npt.NDArray[np.bool_]

    @property
    def shot_of(self) -> tuple[int, ...]:
        """Which shot each frame belongs to, counted from 0."""
        return tuple(int(count) for count in np.cumsum(self.cuts))

    @classmethod
    def of(cls, frames: Sequence[FrameMeasures]) -> Series:
        """From the measures of each frame."""
        pairs = [frame.pair for frame in frames]
        return cls(
            numbers=tuple(frame.number for frame in frames),
            fault=tuple(frame.fault for frame in frames),
            digests=tuple(frame.digest.hex() for frame in frames),
            faults=tuple(NamedNumbers(frame.faults) for frame in frames),
            pairs=tuple(None if pair is None else NamedNumbers(pair.numbers) for pair in pairs),
            change=_stacked([None if pair is None else pair.change for pair in pairs], (LAGS, _BLOCKS)),
            flow=_stacked([None if pair is None else pair.flow for pair in pairs], (_BLOCKS, 2)),
            texture=_stacked([None if pair is None else pair.texture for pair in pairs], (_BLOCKS,)),
            trust=_stacked([None if pair is None else pair.trust for pair in pairs], (_BLOCKS,)),
            cells=_stacked([None if pair is None else pair.cells for pair in pairs], (2, CELLS)).astype(np.float16),
            noise=np.array([np.nan if pair is None else pair.noise for pair in pairs], np.float32),
            doubt=np.array([np.nan if pair is None else pair.doubt for pair in pairs], np.float32),
            cuts=np.array([frame.shot.is_cut for frame in frames], np.bool_),
            mixes=np.array([frame.shot.is_mix for frame in frames], np.bool_),
        )

    @classmethod
    def joined(cls, parts: Iterable[Series]) -> Series:
        """Parts that follow each other."""
        kept = list(parts)
        told: dict[str, Any] = {name: tuple(item for part in kept for item in getattr(part, name)) for name in _TEXTS}
        arrays: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in kept]) for name in _ARRAYS}
        return cls(**told, **arrays)

    def between(self, first: int, last: int) -> Series:
        """The frames with numbers from ``first`` to ``last``."""
        places = [place for place, number in enumerate(self.numbers) if first <= number <= last]
        chosen = slice(places[0], places[-1] + 1) if places else slice(0, 0)
        return Series(**{name: getattr(self, name)[chosen] for name in (*_TEXTS, *_ARRAYS)})

    def save(self, path: Path, key: str) -> None:
        """Writes a .npz file to ``path``; ``key`` is given to whoever reads it."""
        told = json.dumps({"key": key, **{name: getattr(self, name) for name in _TEXTS}}, default=dict)
        with path.open("wb") as stream:
            np.savez(stream, told=np.array(told), **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, path: Path) -> tuple[str, Series]:
        """The key and the series that ``save`` wrote. Raises OSError, ValueError or KeyError where it did not."""
        with np.load(path, allow_pickle=False) as stored:
            told: dict[str, Any] = json.loads(str(stored["told"]))
            arrays: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
        texts: dict[str, Any] = {name: tuple(told[name]) for name in _TEXTS}
        for name in _NUMBERS:
            texts[name] = tuple(None if numbers is None else NamedNumbers(numbers) for numbers in texts[name])
        return str(told["key"]), cls(**texts, **arrays)


_NUMBERS = ("faults", "pairs")
_TEXTS = ("numbers", "fault", "digests", "faults", "pairs")
_ARRAYS = ("change", "flow", "texture", "trust", "cells", "noise", "doubt", "cuts", "mixes")


def _stacked(found: Sequence[npt.NDArray[np.floating] | None], shape: tuple[int, ...]) -> Floats:
    absent = np.full(shape, np.nan, np.float32)
    return np.array([absent if values is None else values for values in found], np.float32).reshape(-1, *shape)
