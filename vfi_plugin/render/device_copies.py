"""Between the memory of the machine and that of a device.

Copies to a GPU and back go through pinned memory, which the card reads and writes by itself: the thread that asks goes
on, and only results are waited for. Planes travel in the type of the file, half of the bytes of float32 for most, and
are widened and rounded where the motion is. Torch keeps pinned memory for the next copy, and gives none away that the
card still reads (its caching host allocator).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.frame import Plane

Tensor = torch.Tensor


def on_device(values: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host on ``device``; the very same one where that is the host."""
    if device.type != "cuda":
        return values.to(device)
    staged = torch.empty(values.shape, dtype=values.dtype, pin_memory=True).copy_(values)
    return staged.to(device, non_blocking=True)


def floats_on_device(planes: Sequence[Plane], device: torch.device) -> Tensor:
    """Planes (H, W) in the types of a file as (1, C, H, W) float32 on ``device``."""
    floats = torch.empty((1, len(planes), *planes[0].shape), dtype=torch.float32, device=device)
    for place, plane in enumerate(planes):
        floats[0, place] = on_device(_as_tensor(plane), device)
    return floats


def planes_of(values: Tensor, kinds: Sequence[np.dtype[np.generic]]) -> list[Plane]:
    """(C, H, W) float32 on any device as planes of the host, each in its type; half floats are rounded to nearest."""
    rounded = [plane.half() if kind == np.float16 else plane for plane, kind in zip(values, kinds, strict=True)]
    if values.device.type == "cuda":
        staged = [torch.empty(plane.shape, dtype=plane.dtype, pin_memory=True) for plane in rounded]
        rounded = [host.copy_(plane, non_blocking=True) for host, plane in zip(staged, rounded, strict=True)]
        torch.cuda.current_stream(values.device).synchronize()
    return [plane.cpu().numpy().astype(kind, copy=False) for plane, kind in zip(rounded, kinds, strict=True)]


def _as_tensor(plane: Plane) -> Tensor:
    """Half and float as they lie, as torch widens half floats in a fifth of the time that numpy takes; else float32."""
    # Torch warns of memory that it must not write to, and takes no rows from the bottom up.
    if plane.dtype in (np.float16, np.float32) and plane.flags.writeable and min(plane.strides) > 0:
        return torch.from_numpy(plane)
    widened: npt.NDArray[np.float32] = plane.astype(np.float32)
    return torch.from_numpy(widened)
