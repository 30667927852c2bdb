"""Our CUDA kernels beside torch on the same GPU, and beside the least time that the card's own limits allow.

    python benchmarks/kernels_gpu.py [--out FOLDER]
    python benchmarks/kernels_gpu.py --device cpu --scale 0.02     (tries the script out where there is no GPU)

Times are medians by CUDA events after a warm-up, the caches cleared before each; the first call, which compiles, is not
in them. The floor is the larger of bytes by the measured copy bandwidth and operations by the measured float32 rate.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import convolutions
import moving
import torch
from kernel_work import Place, Work, check_agreement
from limits import Limits, event_seconds_of, measure_limits
from measure import save, thread_seconds_of

UHD, HD = (2160, 3840), (1080, 1920)
FLOAT, HALF = torch.float32, torch.float16
CACHE_BYTES = 256 << 20  # more than any card's second-level cache


@dataclass(frozen=True)
class Row:
    """A job, its size and storage, the share of the floor's speed and the ratio to torch that we aim at."""

    name: str
    make: Callable[..., Work]
    size: tuple[int, ...]  # what ``make`` takes after the place: channels where it asks for them, height, width
    dtype: torch.dtype = FLOAT
    fraction: float | None = None
    speedup: float | None = None
    repeats: int = 21

    def work(self, device: str, scale: float) -> Work:
        *channels, height, width = self.size
        place = Place(device, "cuda" if device == "cuda" else "native", self.dtype)
        return self.make(place, *channels, max(round(height * scale), 8), max(round(width * scale), 8))


_two_frames = partial(convolutions.separable, frames=2)

ROWS = (
    Row("warp 1080p float", moving.warp, HD),
    Row("warp 4K float", moving.warp, UHD, FLOAT, 0.75),
    Row("warp 4K half", moving.warp, UHD, HALF, 0.75),
    Row("warp from flow 1080p float", moving.warp_from_flow, HD, FLOAT, None, 2.5),
    Row("warp from flow 4K float", moving.warp_from_flow, UHD, FLOAT, 0.75, 2.5),
    Row("separable 51 two frames 1080p float", _two_frames, HD, FLOAT, 0.6, None, 5),
    Row("separable 51 two frames 1080p half", _two_frames, HD, HALF, 0.6, None, 5),
    Row("separable 51 two frames 4K float", _two_frames, UHD, FLOAT, 0.6, None, 3),
    Row("adaptive 41 1080p half", convolutions.adaptive, HD, HALF, 0.8, 6, 5),
    Row("adaptive 41 1080p float", convolutions.adaptive, HD, FLOAT, 0.8, 6, 5),
    Row("splat softmax 1080p", moving.splat, HD, FLOAT, 0.2, 3),
    Row("splat softmax 4K", moving.splat, UHD, FLOAT, 0.2, 3),
    Row("correlation C=32 480x270", convolutions.correlation, (32, 270, 480), FLOAT, 0.44),
    Row("correlation C=96 120x68", convolutions.correlation, (96, 68, 120)),
    Row("correlation C=196 60x34", convolutions.correlation, (196, 34, 60)),
    Row("project_flow 1080p", moving.project_flow, HD),
    Row("project_flow 4K", moving.project_flow, UHD),
    Row("filter_warp C=3 1080p", moving.filter_warp, (3, *HD)),
    Row("filter_warp C=196 1080p", moving.filter_warp, (196, *HD), FLOAT, None, None, 5),
)


def timed(work: Work, device: str, repeats: int) -> tuple[float, float, float]:
    """Median seconds of ours and of the peer, taking turns, and the median of peer / ours."""
    clock = event_seconds_of if device == "cuda" else thread_seconds_of
    dirt = torch.empty(CACHE_BYTES if device == "cuda" else 1, dtype=torch.uint8, device=device)
    work.ours(), work.peer()
    rounds = []
    for _ in range(repeats):
        dirt.zero_()
        ours_s = clock(work.ours)
        dirt.zero_()
        rounds.append((ours_s, clock(work.peer)))
    return (
        statistics.median(ours for ours, _ in rounds),
        statistics.median(peer for _, peer in rounds),
        statistics.median(peer / ours for ours, peer in rounds),
    )


def measure_row(row: Row, limits: Limits, device: str, scale: float) -> dict[str, Any]:
    """One row of the result; a job that does not fit into the card's memory says so."""
    try:
        work = row.work(device, scale)
        check_agreement(work)
        ours_s, peer_s, speedup = timed(work, device, row.repeats if scale == 1 else 1)
    except torch.cuda.OutOfMemoryError:
        return {"name": row.name, "skipped": "the card's memory is too small for this size"}
    floor_s, limit = limits.floor_s(work.least_bytes, work.flops)
    fraction = floor_s / ours_s
    return {
        "name": row.name,
        "peer": work.peer_name,
        "ours_s": ours_s,
        "peer_s": peer_s,
        "speedup": speedup,
        "speedup_target": row.speedup,
        "floor_s": floor_s,
        "limit": limit,
        "fraction_of_limit": fraction,
        "fraction_target": row.fraction,
        "met": (row.fraction is None or fraction >= row.fraction) and (row.speedup is None or speedup >= row.speedup),
    }


def describe(row: dict[str, Any]) -> str:
    if "skipped" in row:
        return f"{row['name']:36} skipped: {row['skipped']}"
    share = "" if row["fraction_target"] is None else f" (target {row['fraction_target']:.0%})"
    ratio = "" if row["speedup_target"] is None else f" (target {row['speedup_target']:g}x)"
    return (
        f"{row['name']:36} {row['ours_s'] * 1e6:10.1f} us, floor {row['floor_s'] * 1e6:9.1f} us by the {row['limit']}:"
        f" {row['fraction_of_limit']:.0%}{share}; {row['speedup']:.1f}x as fast as {row['peer']}{ratio}"
    )


def kernels_gpu(device: str = "cuda", scale: float = 1.0, names: str = "") -> dict[str, Any]:
    """All rows, or those whose name contains ``names``."""
    torch.manual_seed(0)
    limits = measure_limits(device, scale)
    print(
        f"measured: copy {limits.copy_bytes_per_s / 1e9:.0f} GB/s, float32 matrix product"
        f" {limits.flops_per_s / 1e12:.2f} TFLOP/s"
    )
    rows = []
    for row in ROWS:
        if names not in row.name:
            continue
        rows.append(measure_row(row, limits, device, scale))
        print(describe(rows[-1]), flush=True)
        if device == "cuda":
            torch.cuda.empty_cache()  # the next row may need the memory in other pieces
    return {"device": _device_name(device), "scale": scale, "limits": limits.as_json(), "rows": rows}


def _device_name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "cpu, to try the script out"


def main() -> int:
    """Measures and writes ``kernels_gpu.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks all sizes; below 1 each job is timed once")
    parser.add_argument("--only", default="", help="only rows whose name contains this; writes nothing")
    parser.add_argument("--out", type=Path, help="folder for the JSON; default: benchmarks/results")
    asked = parser.parse_args()
    if asked.device == "cpu" and asked.scale > 0.1:
        parser.error("--device cpu only tries the script out; give it a --scale of at most 0.1")
    figures = kernels_gpu(asked.device, asked.scale, asked.only)
    if not asked.only:
        save("kernels_gpu", figures, asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
