"""What this machine can do at most, measured in the run that is judged by it: copying, and multiplying and adding."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch

COPY_BYTES = 256 << 20  # well beyond any cache
MATRIX = 2048  # large enough for a matrix product to run from registers and caches


@dataclass(frozen=True)
class Limits:
    """copy: read and written bytes a second. multiply_add: float32 operations a second, by a matrix product of torch
    (TF32 off), which reaches most but not all of what the processor could."""

    copy_bytes_per_s: float
    flops_per_s: float

    def floor_s(self, least_bytes: int, flops: int) -> tuple[float, str]:
        """The least seconds that a job can take, and which limit says so."""
        moving_s, computing_s = least_bytes / self.copy_bytes_per_s, flops / self.flops_per_s
        return max((moving_s, "copy bandwidth"), (computing_s, "multiply-add rate"))

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def event_seconds_of(work: Callable[[], object]) -> float:
    """Seconds of one call on the GPU, by events."""
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    work()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1000


def _least_seconds(work: Callable[[], object], device: str, repeats: int = 7) -> float:
    work()
    if device == "cuda":
        return min(event_seconds_of(work) for _ in range(repeats))
    found = []
    for _ in range(repeats):
        begin = time.thread_time()
        work()
        found.append(time.thread_time() - begin)
    return min(found)


def measure_limits(device: str = "cpu", scale: float = 1.0) -> Limits:
    """The best of several runs; ``scale`` below 1 makes it quick, and meaningless."""
    torch.backends.cuda.matmul.allow_tf32 = False
    source = torch.rand(max(int(COPY_BYTES * scale) // 4, 1), device=device)
    target = torch.empty_like(source)
    copy_s = _least_seconds(lambda: target.copy_(source), device)
    # A GPU needs more work to be busy than one core.
    side = max(int(MATRIX * scale * (4 if device == "cuda" else 0.5)), 8)
    a, b = torch.rand(side, side, device=device), torch.rand(side, side, device=device)
    product_s = _least_seconds(lambda: a @ b, device)
    shortest_s = 1e-9  # of the clock
    return Limits(2 * source.numel() * 4 / max(copy_s, shortest_s), 2 * side**3 / max(product_s, shortest_s))
