"""Frames a second of whole frames on a GPU, without reading and writing: our kernels beside plain torch, in turns.

Each model makes frame after frame of two that lie on the GPU already, the pair's motion anew each time. "Busy" is what
the GPU worked, by torch's profiler, of the time that passed on the wall.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from measure import save
from torch.profiler import ProfilerActivity, profile

from vfi_plugin.models.registry import load_model

SIZES = ((1920, 1080), (3840, 2160))
NAMES = ("rife", "dis")
KERNELS = ("cuda", "torch")
TURNS = 3
_TOGETHER = 4  # frames between two looks at the clock, which wait for the GPU


def maker(name: str, size: tuple[int, int]) -> Callable[[int], None]:
    """What makes a number of frames of that size with the model's weights in use, and waits for them."""
    model = load_model(name, weights=None, device="cuda")
    width, height = size
    coarse = torch.rand(1, 3, height // 8, width // 8, generator=torch.Generator().manual_seed(2))
    before = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1).cuda()
    after = before.roll((1, 3), (2, 3))

    def frames(count: int) -> None:
        with torch.inference_mode():
            for _ in range(count):
                motion = model.estimate(before, after, 0.5)
                getattr(motion, "guide_frame" if model.info.paints else "apply")(before, after)
        torch.cuda.synchronize()

    return frames


def rate(frames: Callable[[int], None], seconds: float) -> float:
    """Frames a second."""
    begin, count = time.perf_counter(), 0
    while (took := time.perf_counter() - begin) < seconds:
        frames(_TOGETHER)
        count += _TOGETHER
    return count / took


def busy(frames: Callable[[int], None], frames_per_second: float) -> float:
    """The GPU's own time of a frame by the time that a frame takes."""
    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        frames(_TOGETHER)
    worked: float = sum(event.self_device_time_total for event in seen.key_averages()) * 1e-6
    return worked / _TOGETHER * frames_per_second


def row(name: str, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Both kinds of kernels; medians over turns, and the median of the turns' ratios."""
    frames = maker(name, size)
    found: dict[str, Any] = {"name": name, "size": "{}x{}".format(*size)}
    for kernels in KERNELS:
        os.environ["VFI_KERNELS"] = kernels
        frames(3)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        frames(1)
        found[kernels] = {"peak_bytes": torch.cuda.max_memory_allocated()}
    turns: list[dict[str, float]] = []
    for _ in range(TURNS):
        turns.append({})
        for kernels in KERNELS:
            os.environ["VFI_KERNELS"] = kernels
            turns[-1][kernels] = rate(frames, seconds)
    for kernels in KERNELS:
        os.environ["VFI_KERNELS"] = kernels
        found[kernels]["frames_per_second"] = median(turn[kernels] for turn in turns)
        found[kernels]["busy"] = busy(frames, found[kernels]["frames_per_second"])
    found["ratio"] = median(turn["cuda"] / turn["torch"] for turn in turns)
    print(json.dumps(found), flush=True)
    return found


def main(names: Sequence[str], seconds: float, out: Path | None) -> None:
    """Measures and writes ``frames_gpu.json``."""
    save("frames_gpu", {"rows": [row(name, size, seconds) for name in names for size in SIZES]}, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the result (default: results beside this file)")
    parser.add_argument("--models", nargs="*", default=NAMES, metavar="NAME", help="only these")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    given = parser.parse_args()
    main(given.models, given.seconds, given.out)
