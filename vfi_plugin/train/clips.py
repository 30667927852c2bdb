"""Batches of real clips, from a bank of crops."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.crop_store import CropStore, Cuts, store_for
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.uploads import uploaded

Times = Literal["middle", "one", "all"]


@dataclass(frozen=True)
class RealClips:
    """Pairs of frames of real clips and the frames that were filmed between them: a ``BatchSource``.

    All crops of the bank are seen before one is seen again. A crop's window, its gap and its place in the larger crop
    are drawn anew each time.

    Attributes:
        bank: the crops.
        crop: side of the square frames that are given, px, at most the bank's.
        size: pairs in a batch.
        gaps: how many frames apart the ends may be; with "middle" they must be even. Each is as likely as another, for
            each pair with "middle" and "one", for a whole batch with "all", whose pairs need one number of frames.
        times: what is given of the frames between: the one in the "middle", "one" at random, or "all".
        seed: of the draws; another gives other batches.
        device: where the batches are put.
        store: where the crops lie meanwhile.
    """

    bank: CropBank
    crop: int
    size: int
    gaps: tuple[int, ...] = (2,)
    times: Times = "middle"
    seed: int = 0
    device: torch.device | str = "cpu"
    store: CropStore = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        frames, side = self.bank.crops.shape[1], self.bank.crops.shape[-1]
        if not 1 <= self.crop <= side or self.size < 1 or self.times not in get_args(Times):
            raise UsageError(
                f"got crops of {self.crop} px, {self.size} pairs and times {self.times!r}; give 1 to {side} px, 1 pair"
                f" or more, and one of {', '.join(get_args(Times))}"
            )
        if not self.gaps or not all(2 <= gap < frames for gap in self.gaps):
            raise UsageError(f"got gaps {self.gaps}; the bank's windows of {frames} frames allow 2 to {frames - 1}")
        if self.times == "middle" and any(gap % 2 for gap in self.gaps):
            raise UsageError(f"got gaps {self.gaps} and the middle time; give even gaps, or other times")
        object.__setattr__(self, "store", store_for(self.bank.crops, self.device))

    def batch(self, step: int) -> Batch:
        """The batch of a step; ``between`` has one frame, or gap - 1 with "all"."""
        rng = np.random.default_rng((self.seed, step))
        gap = int(rng.choice(self.gaps))
        length, side = self.bank.crops.shape[1], self.bank.crops.shape[-1]
        windows, frames, places, times = [], [], [], []
        for place in range(step * self.size, (step + 1) * self.size):
            windows.append(self._drawn(place))
            each = gap if self.times == "all" else int(rng.choice(self.gaps))
            shown = self._frames(each, rng)
            frames.append(rng.integers(length - each) + shown)
            places.append(rng.integers(side - self.crop + 1, size=2))
            times.append(shown[1:-1] / each)
        tops, lefts = np.stack(places, 1)
        pictures = self.store.cut(Cuts(np.array(windows), np.stack(frames), tops, lefts, self.crop)).float() / 255.0
        (when,) = uploaded(self.device, np.stack(times).astype(np.float32))
        return Batch(pictures[:, 0], pictures[:, -1], pictures[:, 1:-1], when)

    def _frames(self, gap: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Which frames are given, counted from the earlier end: 0, those between, the gap."""
        if self.times == "all":
            return np.arange(gap + 1)
        between = gap // 2 if self.times == "middle" else int(rng.integers(1, gap))
        return np.array([0, between, gap])

    def _drawn(self, place: int) -> int:
        """Which window is at a place of the endless list of draws: one random order of all of them after another."""
        around, at = divmod(place, len(self.bank))
        return int(_order(self.seed, around, len(self.bank))[at])


@lru_cache(maxsize=4)
def _order(seed: int, around: int, count: int) -> npt.NDArray[np.int64]:
    return np.random.default_rng((seed, around, count)).permutation(count)
