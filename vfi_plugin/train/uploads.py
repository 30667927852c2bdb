"""Numbers on their way to the device of the training: many small arrays in one copy that nobody waits for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Tensor = torch.Tensor
Array = npt.NDArray[Any]

_ALIGNED_BYTES = 16
"""No type of number is wider, so each array begins where its type may."""


def uploaded(device: torch.device | str, *arrays: Array) -> list[Tensor]:
    """The arrays as tensors on the device.

    To a GPU they go together: each copy from memory that the system may move has to wait for the GPU, and costs 10
    microseconds and more however small it is. On the CPU they stay where they are.
    """
    device = torch.device(device)
    if device.type == "cpu":
        return [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
    return in_one_copy(device, *arrays)


def in_one_copy(device: torch.device, *arrays: Array) -> list[Tensor]:
    """The same by way of one buffer, which for a GPU is locked in memory, so that the copy runs beside other work.

    Torch keeps the buffer until the stream that is current has copied it.
    """
    starts = [0]
    for array in arrays:
        starts.append(-(-(starts[-1] + array.nbytes) // _ALIGNED_BYTES) * _ALIGNED_BYTES)
    host = torch.empty(starts[-1], dtype=torch.uint8, pin_memory=device.type == "cuda")
    for start, array in zip(starts, arrays, strict=False):
        host[start : start + array.nbytes].numpy()[:] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    there = host.to(device, non_blocking=True)
    return [
        there[start : start + array.nbytes].view(_type_of(array)).view(array.shape)
        for start, array in zip(starts, arrays, strict=False)
    ]


def _type_of(array: Array) -> torch.dtype:
    return torch.from_numpy(np.empty(0, array.dtype)).dtype
