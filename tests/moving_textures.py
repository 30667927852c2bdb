"""Clips made of a texture that pans, as a scan sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.cell_changes import CELLS, cell_changes
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.frame_faults import judged, measure, measure_pair
from vfi_plugin.repair.look import Look, patch_windows
from vfi_plugin.repair.pair_alignment import comparable

Picture = npt.NDArray[np.float32]
HEIGHT, WIDTH = 180, 320
FIRST = 1001
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@cache
def texture(seed: int = 0) -> Picture:
    """(600, 1600, 3) with structure of 2 to 60 px, in [0.1, 0.7]."""
    rng = np.random.default_rng(seed)
    octaves = [
        weight * cv2.GaussianBlur(rng.standard_normal((600, 1600, 3)).astype(np.float32), (0, 0), sigma) * sigma
        for sigma, weight in ((0.8, 0.35), (2.5, 0.5), (8.0, 1.0), (20.0, 1.2))
    ]
    total = np.sum(octaves, axis=0)
    return np.clip(0.4 + 0.1 * total / total.std(), 0.1, 0.7).astype(np.float32)


def view(x: float, y: int = 100, seed: int = 0, blur_px: int = 1) -> Picture:
    """The texture at a place, smeared along x by ``blur_px`` as an open shutter does."""
    left = round(x)
    shown = texture(seed)[y : y + HEIGHT, left : left + WIDTH]
    return shown.copy() if blur_px <= 1 else cv2.blur(shown, (blur_px, 1))


def pan(count: int = 13, speed: float = 3.0, seed: int = 0) -> list[Picture]:
    return [view(40 + speed * n, seed=seed) for n in range(count)]


def look_of(number: int, rgb: Picture, non_finite: int = 0) -> Look:
    windows = patch_windows(*rgb.shape[:2])
    luma = rgb @ _LUMA
    patches = np.stack([luma[w.y : w.y_end, w.x : w.x_end] for w in windows])
    return Look(number, rgb.astype(np.float32), patches.astype(np.float32), 1, non_finite, rgb.tobytes()[:16])


def unreadable(number: int) -> Look:
    return Look(number, np.zeros((0, 0, 3), np.float32), np.zeros((0, 0, 0), np.float32), 1, 0, b"", fault="damaged")


Cells = npt.NDArray[np.float16]
Series = tuple[list[int], list[dict[str, float]], list[dict[str, float] | None], list[int], Cells]


def series_of(frames: Sequence[Picture | Look], shot_of: Sequence[int] | None = None) -> Series:
    looks = [frame if isinstance(frame, Look) else look_of(FIRST + place, frame) for place, frame in enumerate(frames)]
    pairs = [None, *(measure_pair(before, after) for before, after in pairwise(looks))]
    measures = [measure(look) for look in looks]
    return [look.number for look in looks], measures, pairs, list(shot_of or [0] * len(looks)), cells_of(looks)


def cells_of(looks: Sequence[Look]) -> Cells:
    cells = np.full((len(looks), 2, CELLS), np.nan, np.float16)
    for place, (before, after) in enumerate(pairwise(looks), 1):
        if comparable(before, after):
            cells[place] = cell_changes(before.luma, after.luma)
    return cells


def found(frames: Sequence[Picture | Look], shot_of: Sequence[int] | None = None) -> dict[Kind, tuple[int, ...]]:
    """Places of the frames with faults, from 0, by kind."""
    return places(judged(*series_of(frames, shot_of)).findings)


def places(told: Sequence[Finding]) -> dict[Kind, tuple[int, ...]]:
    kinds: dict[Kind, tuple[int, ...]] = {}
    for finding in told:
        kinds[finding.kind] = (*kinds.get(finding.kind, ()), *(frame - FIRST for frame in finding.frames))
    return kinds


def with_changes(frames: Sequence[Picture], changes: Mapping[int, Callable[[Picture], Picture]]) -> list[Picture]:
    return [changes[place](frame.copy()) if place in changes else frame for place, frame in enumerate(frames)]


def defocused(sigma: float) -> Callable[[Picture], Picture]:
    return lambda frame: cv2.GaussianBlur(frame, (0, 0), sigma)


def times(gain: float) -> Callable[[Picture], Picture]:
    return lambda frame: np.clip(frame * np.float32(gain), 0.0, 1.0)


def grain(seed: int, sigma: float = 0.004) -> Picture:
    return np.random.default_rng(seed).normal(0, sigma, (HEIGHT, WIDTH, 3)).astype(np.float32)
