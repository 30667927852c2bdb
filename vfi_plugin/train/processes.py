"""One training by several processes, each with a device of its own, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.registry import resolve_device


@dataclass(frozen=True)
class Processes:
    """Those that train together, as one of them sees it.

    Attributes:
        device: of this one.
        rank: its number, from 0; the first is the one that writes files and says things.
        count: how many there are.
    """

    device: torch.device
    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def together(self, module: nn.Module) -> nn.Module:
        """The module with its gradients averaged over all processes, by torch's DistributedDataParallel.

        Parameters that need no gradient now are left alone, also later.
        """
        if self.count == 1:
            return module
        places = [self.device] if self.device.type == "cuda" else None
        # Some published networks have layers that nothing comes from; their gradients are not to be waited for.
        return nn.parallel.DistributedDataParallel(module, device_ids=places, find_unused_parameters=True)

    def agreed(self, values: Sequence[float]) -> list[float]:
        """What the first process has, in all of them: clocks differ, and the learning rate must not."""
        if self.count == 1:
            return list(values)
        told = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.broadcast(told, 0)
        found: list[float] = told.tolist()
        return found


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """The processes that this one belongs to: torchrun's where WORLD_SIZE says so, else this one alone.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:N"; under torchrun each process takes the GPU of its LOCAL_RANK, so that
            "cuda:N" makes no sense there.

    Raises:
        UsageError: a GPU is named although there are several processes.
        DeviceError: no such device.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(resolve_device(device))
        return
    if ":" in device:
        raise UsageError(
            f"got --device {device} for {count} processes; leave the number out, each takes a GPU of its own"
        )
    place = resolve_device(device)
    if place.type == "cuda":
        place = resolve_device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        torch.cuda.set_device(place)
    dist.init_process_group("nccl" if place.type == "cuda" else "gloo")
    try:
        yield Processes(place, dist.get_rank(), count)
    finally:
        dist.destroy_process_group()
