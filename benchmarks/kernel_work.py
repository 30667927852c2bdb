"""What a benchmark of a kernel is: one job in two forms, its inputs, and the least that it must move and compute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

Tensor = torch.Tensor


@dataclass(frozen=True)
class Place:
    """Where and in what type a job runs; ``backend`` is what our form is asked for."""

    device: str = "cpu"
    backend: str = "native"
    dtype: torch.dtype = torch.float32

    def uniform(self, *shape: int) -> Tensor:
        """Noise in [0, 1): the hardest picture, as no two pixels are alike."""
        return torch.rand(*shape, device=self.device, dtype=self.dtype)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.device, dtype=self.dtype)


@dataclass(frozen=True)
class Work:
    """One job, ours and the peer's.

    least_bytes: every input read once, every output written once. flops: a multiply-add counts two.
    """

    ours: Callable[[], Tensor]
    peer: Callable[[], Tensor]
    peer_name: str
    least_bytes: int
    flops: int


def size_bytes(*tensors: Tensor) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def smooth_flow(height: int, width: int, device: str) -> Tensor:
    """(1, 2, H, W) float32: up to some 10 px, turning and stretching by a few percent, as a moving camera's."""
    x = torch.arange(width, device=device) / width
    y = torch.arange(height, device=device)[:, None] / height
    u = 8 * torch.sin(5 * x + 3 * y) + 3.3
    v = 6 * torch.cos(4 * y - 3 * x) - 1.7
    return torch.stack([u, v])[None].contiguous()


def check_agreement(work: Work) -> None:
    """Refuses to time two forms that do not do the same job.

    A hundredth of the range: positions near column 4000 that torch normalises to [-1, 1] are off by some 1e-4 px,
    halves by 1e-3. The tests compare to 1e-5.
    """
    ours, peer = work.ours().float(), work.peer().float()
    worst = float((ours - peer).abs().max())
    scale = float(peer.abs().max())
    if not math.isfinite(worst) or worst > 0.01 * scale:
        raise RuntimeError(f"ours and {work.peer_name} differ by {worst:.3g} of {scale:.3g}; this is no comparison")
