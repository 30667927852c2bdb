"""What the tests of both networks with separable kernels share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vfi_plugin.models.weights import Weights, save_weights

Kernels = tuple[torch.Tensor, ...]
COMPACT = 0.125
"""Width of the networks that need no reference data."""

HEADS = ("vertical_0", "horizontal_0", "vertical_1", "horizontal_1")


def statistics(kernels: Kernels) -> dict[str, torch.Tensor]:
    """The parts of the kernels that are stored as reference."""
    found = {}
    for name, kernel in zip(("ver1", "hor1", "ver2", "hor2"), kernels, strict=True):
        found[f"{name}_mean"] = kernel.mean(1, keepdim=True)
        found[f"{name}_sum_abs"] = kernel.abs().sum(1, keepdim=True)
        found[f"{name}_row"] = kernel[:, :, kernel.shape[2] // 2]
        found[f"{name}_col"] = kernel[..., kernel.shape[3] // 3]
    return found


@dataclass(frozen=True)
class Compact:
    """A small network of ours: its registered name and its class."""

    name: str
    build: Any

    def random(self, path: Path) -> torch.nn.Module:
        """Writes random weights whose kernels are near the middle of a pair; returns the network."""
        torch.manual_seed(5)
        net = self.build(COMPACT).eval()
        for head in HEADS:
            last = net.get_submodule(head)[-1]
            last.bias.data += 0.7 * torch.exp(-0.5 * (torch.arange(51.0) - 25) ** 2) / 2.5
        self._write(path, net)
        return net

    def shifting(self, path: Path, offsets_0: tuple[int, int], offsets_1: tuple[int, int]) -> None:
        """Writes weights that show half of each frame from ``(x, y)`` px away, whatever the guides are."""
        net = self.build(COMPACT)
        taps = (offsets_0[1], 0.5), (offsets_0[0], 1.0), (offsets_1[1], 0.5), (offsets_1[0], 1.0)
        for head, (offset, value) in zip(HEADS, taps, strict=True):
            last = net.get_submodule(head)[-1]
            last.weight.data.zero_()
            last.bias.data.zero_()
            last.bias.data[25 + offset] = value
        self._write(path, net)

    def _write(self, path: Path, net: torch.nn.Module) -> None:
        save_weights(path, self.name, Weights(net.state_dict(), "", "", "", COMPACT), "0" * 64)


def multiply_adds(net: torch.nn.Module, side: int) -> float:
    """Multiply-adds of all convolutions for each pixel of a pair of square frames, counted while they run."""
    count = 0

    def add(conv: torch.nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        nonlocal count
        assert isinstance(conv, torch.nn.Conv2d)
        count += output.numel() * conv.weight[0].numel()

    handles = [conv.register_forward_hook(add) for conv in net.modules() if isinstance(conv, torch.nn.Conv2d)]
    with torch.no_grad():
        net(torch.zeros(1, 3, side, side), torch.zeros(1, 3, side, side))
    for handle in handles:
        handle.remove()
    return count / side**2


def frames(height: int, width: int, batch: int = 1, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Two guides of noise."""
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.rand(batch, 3, height, width, generator=generator),
        torch.rand(batch, 3, height, width, generator=generator),
    )
