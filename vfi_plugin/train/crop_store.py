"""Where a bank's crops lie while batches are cut out of them: in the CPU's memory, or in the GPU's if it has room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.train.crop_choice import Crops
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor
Integers = npt.NDArray[np.int64]

_SHARE_OF_FREE_MEMORY = 0.25
"""Of a GPU, for crops: several trainings may share it, and each needs most of its part for its steps."""

_COPY_BYTES = 1 << 28
"""Copied at once, so that what is on its way takes next to nothing beside the bank."""


@dataclass(frozen=True)
class Cuts:
    """Which parts of a bank make a batch.

    Attributes:
        windows: (N,) int64, places in the bank.
        frames: (N, T) int64, places in each window.
        tops: (N,) int64, the first row, px.
        lefts: (N,) int64, the first column, px.
        side: of the square frames, px.
    """

    windows: Integers
    frames: Integers
    tops: Integers
    lefts: Integers
    side: int


class CropStore(Protocol):
    """Crops that parts can be cut out of."""

    def cut(self, cuts: Cuts) -> Tensor:
        """(N, T, 3, S, S) uint8 on the store's device."""


class HostCrops:
    """Crops in the CPU's memory; each batch goes to the device in one copy."""

    def __init__(self, crops: Crops, device: torch.device) -> None:
        self._crops = crops
        self._device = device

    def cut(self, cuts: Cuts) -> Tensor:
        """As ``CropStore.cut``."""
        side = cuts.side
        parts = [
            self._crops[window][frames, :, top : top + side, left : left + side]
            for window, frames, top, left in zip(cuts.windows, cuts.frames, cuts.tops, cuts.lefts, strict=True)
        ]
        return uploaded(self._device, np.stack(parts))[0]


class DeviceCrops:
    """Crops in the device's memory; only numbers travel, so a fast GPU does not wait for the CPU to copy pictures."""

    def __init__(self, crops: Crops, device: torch.device) -> None:
        self._crops = torch.empty(crops.shape, dtype=torch.uint8, device=device)
        step = max(1, _COPY_BYTES // crops[0].nbytes)
        for start in range(0, len(crops), step):
            self._crops[start : start + step] = torch.from_numpy(np.ascontiguousarray(crops[start : start + step]))
        if device.type == "cuda":
            torch.cuda.synchronize(device)  # batches are cut in streams of their own

    def cut(self, cuts: Cuts) -> Tensor:
        """As ``CropStore.cut``."""
        device = self._crops.device
        windows, frames, tops, lefts = uploaded(device, cuts.windows, cuts.frames, cuts.tops, cuts.lefts)
        within = torch.arange(cuts.side, device=device)
        return self._crops[
            windows[:, None, None, None, None],
            frames[:, :, None, None, None],
            torch.arange(3, device=device)[:, None, None],
            (tops[:, None] + within)[:, None, None, :, None],
            (lefts[:, None] + within)[:, None, None, None, :],
        ]


def store_for(crops: Crops, device: torch.device | str) -> CropStore:
    """The bank's store for a device: on a GPU there, if it takes no more than a quarter of the memory that is free."""
    device = torch.device(device)
    if device.type == "cuda" and crops.nbytes <= _SHARE_OF_FREE_MEMORY * torch.cuda.mem_get_info(device)[0]:
        return DeviceCrops(crops, device)
    return HostCrops(crops, device)
