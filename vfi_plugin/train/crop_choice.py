"""Which windows of frames of some footage are kept, and which place of them: more where something moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.train.footage import Footage, Picture, Reel
from vfi_plugin.train.motion_measure import BLOCK_PX, Floats, block_means, liveliness
from vfi_plugin.train.shots import Run, runs

Crops = npt.NDArray[np.uint8]

_RUN_BYTES = 1 << 28
"""Frames of a shot that are held at once while crops are chosen: 256 MiB, 10 frames of 4K or 170 of 960x540."""

_LIVELY = 2.0 / 255.0
"""Liveliness from which a run gets its whole share: an edge of 50 steps that moves by a third of a block a frame."""


@dataclass(frozen=True)
class BankRecipe:
    """What a bank is to hold.

    Attributes:
        side: of the square crops, px; larger than what is trained on, so that no two draws are alike.
        frames: of each window, successive; two ends and what is between for the largest gap.
        windows: how many at most.
        memory_gb: of all crops at most, 1e9 bytes; the smaller of both bounds counts.
        still_share: of crops chosen without regard to motion, 0 < share <= 1, so that what rests is learned to rest.
        shrink: frames are brought down by this whole factor first; it takes out what compression left, and brings
            motion of 4K down to what a crop can hold.
        seed: of the choice.
        least_side, least_frames: what crops and windows may come down to where frames are no larger and clips no
            longer; None for no less than ``side`` and ``frames``.
    """

    side: int = 192
    frames: int = 3
    windows: int = 4096
    memory_gb: float = 2.0
    still_share: float = 0.15
    shrink: int = 1
    seed: int = 0
    least_side: int | None = None
    least_frames: int | None = None

    def __post_init__(self) -> None:
        if self.side < BLOCK_PX or self.frames < 2 or self.shrink < 1 or not 0 < self.still_share <= 1:
            raise UsageError(
                f"got crops of {self.side} px, {self.frames} frames, shrink {self.shrink}, still share"
                f" {self.still_share:g}; give {BLOCK_PX} px or more, 2 frames or more, 1 or more, and a share in (0, 1]"
            )
        if self.count < 1:
            raise UsageError(
                f"got room for {self.windows} windows and {self.memory_gb:g} GB, where one takes"
                f" {self.window_bytes / 1e9:.2g} GB; give more"
            )

    @property
    def smallest(self) -> int:
        """Side that crops may come down to, px."""
        return self.side if self.least_side is None else self.least_side

    @property
    def fewest(self) -> int:
        """Frames that windows may come down to."""
        return self.frames if self.least_frames is None else self.least_frames

    @property
    def window_bytes(self) -> int:
        """Memory of one window."""
        return self.frames * 3 * self.side**2

    @property
    def count(self) -> int:
        """Windows that both bounds allow."""
        return min(self.windows, int(self.memory_gb * 1e9) // self.window_bytes)


@dataclass(frozen=True)
class Place:
    """Where a window lies in its footage: its first frame, its left and top in px, and which shot it is of."""

    first: int
    left: int
    top: int
    shot: int


class UnfitFootageError(InputError):
    """Frames are smaller than a crop; ``size`` is theirs, width and height in px."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(f"got frames of {size[0]}x{size[1]} px; ask for smaller crops")
        self.size = size


class Choice:
    """Chooses windows and places in one footage, as it is read."""

    def __init__(self, take: Footage, recipe: BankRecipe, share: int, rng: np.random.Generator) -> None:
        self._take = take
        self._recipe = recipe
        self._share = share
        self._rng = rng

    def windows(self) -> Iterator[tuple[Place, Crops]]:
        """Each with its place and (frames, 3, S, S) uint8; raises UnfitFootageError before any."""
        with self._take.opened() as reel:
            given = 0
            for run in self._runs(reel):
                due = round(self._share * run.seen / len(reel)) - given
                given += due
                yield from self._in_run(run, due)

    def _runs(self, reel: Reel) -> Iterator[Run]:
        # Twice a window at the least, or most of a long one's frames could begin none.
        least = 2 * self._recipe.frames
        return runs(
            self._shrunk(reel),
            one_shot=self._take.one_shot,
            most_bytes=_RUN_BYTES,
            least_frames=least,
            before_holes=reel.before_holes,
        )

    def _shrunk(self, reel: Reel) -> Iterator[Picture]:
        import cv2

        by = self._recipe.shrink
        for picture in reel.pictures():
            height, width = picture.shape[0] // by, picture.shape[1] // by
            if min(height, width) < self._recipe.side:
                raise UnfitFootageError((width, height))
            whole = picture[: height * by, : width * by]
            yield cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA) if by > 1 else picture

    def _in_run(self, run: Run, due: int) -> Iterator[tuple[Place, Crops]]:
        recipe = self._recipe
        if due < 1 or len(run.pictures) < recipe.frames:
            return
        lively = liveliness(np.stack([block_means(p) for p in run.pictures]), recipe.frames, recipe.side)
        for at in self._chosen(lively, due):
            start, row, column = (int(index) for index in np.unravel_index(at, lively.shape))
            height, width = run.pictures[0].shape[:2]
            # Within its block a crop lies anywhere: compression has a grid of 8 px, too, which is not to be learned.
            top = min(row * BLOCK_PX + int(self._rng.integers(BLOCK_PX)), height - recipe.side)
            left = min(column * BLOCK_PX + int(self._rng.integers(BLOCK_PX)), width - recipe.side)
            window = run.pictures[start : start + recipe.frames]
            cut = np.stack([p[top : top + recipe.side, left : left + recipe.side] for p in window])
            yield Place(run.numbers[start], left, top, run.shot), np.ascontiguousarray(cut.transpose(0, 3, 1, 2))

    def _chosen(self, lively: Floats, due: int) -> npt.NDArray[np.int64]:
        """Places in ``lively``, flattened, none twice: a part by chance alone, the others by how much moves."""
        still = self._recipe.still_share
        weights = lively.ravel().astype(np.float64)
        # The 95th percentile: one corner that moves is no reason to take the whole share from a run.
        whole = min(1.0, float(np.quantile(weights, 0.95)) / _LIVELY)
        wanted = due * (still + (1.0 - still) * whole)
        count = min(int(wanted + self._rng.random()), weights.size)
        total = weights.sum()
        moving = weights / total if total else np.full_like(weights, 1.0 / weights.size)
        chances = still / weights.size + (1.0 - still) * moving
        return self._rng.choice(weights.size, count, replace=False, p=chances / chances.sum())
