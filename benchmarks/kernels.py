"""Our kernels on one thread of the CPU beside the best torch form of the same job, with the ratio that each must reach.

    python benchmarks/kernels.py [--scale 0.1] [--out FOLDER]

Both forms take turns; the figures are medians, in processor seconds of the one thread, since a shared machine's clock
on the wall counts other programs too. A ratio is how many times ours is as fast.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import convolutions
import moving
import torch
from kernel_memory import memory_of
from kernel_work import Place, Work, check_agreement
from limits import Limits, measure_limits
from measure import compare, load_average, save, thread_seconds_of

UHD, HD = (2160, 3840), (1080, 1920)


@dataclass(frozen=True)
class Row:
    """A job, its size, and the ratios that we must (gate) and would like to (stretch) reach."""

    name: str
    make: Callable[..., Work]
    size: tuple[int, ...]  # what ``make`` takes after the place: channels where it asks for them, height, width
    gate: float | None
    stretch: float | None
    repeats: int = 9

    def work(self, place: Place, scale: float = 1.0) -> Work:
        """``scale`` shrinks height and width."""
        *channels, height, width = self.size
        return self.make(place, *channels, max(round(height * scale), 8), max(round(width * scale), 8))


ROWS = (
    Row("warp planar 4K", moving.warp, UHD, 2, 3.5),
    Row("warp planar from flow 4K", moving.warp_from_flow, UHD, 4, 7),
    Row("warp planar 1080p", moving.warp, HD, None, None),
    Row("warp interleaved 4K", moving.warp_interleaved, UHD, 1.3, 1.7),
    Row("warp interleaved 1080p", moving.warp_interleaved, HD, 1.3, 1.7),
    Row("separable 51 640x360", convolutions.separable, (360, 640), 10, 15, 5),
    Row("separable 51 160x96", convolutions.separable_unfold, (96, 160), 250, None, 5),
    Row("adaptive 41 1920x20", convolutions.adaptive, (20, 1920), 8, 12, 5),  # a band of 1080p; all of it is 28 GB
    Row("adaptive 41 160x96", convolutions.adaptive_unfold, (96, 160), 40, None, 3),
    Row("splat softmax 1080p", moving.splat, HD, 7, 12),
    Row("splat softmax 4K", moving.splat, UHD, 7, 12, 5),
    Row("correlation C=32 480x270", convolutions.correlation, (32, 270, 480), 5, 10),
    Row("correlation C=96 120x68", convolutions.correlation, (96, 68, 120), 5, 10, 15),
    Row("correlation C=196 60x34", convolutions.correlation, (196, 34, 60), 5, 10, 15),
    Row("project_flow 1080p", moving.project_flow, HD, None, None, 5),
    Row("filter_warp RGB 1080p", moving.filter_warp, (3, 1080, 1920), None, None, 3),
)

# Measured in a process of their own: inputs and outputs, and at most this much more.
MEMORY_ROWS = ("warp planar 4K", "separable 51 640x360", "adaptive 41 1920x20", "splat softmax 4K")


def measure_row(row: Row, limits: Limits, scale: float) -> dict[str, Any]:
    """One row of the result; ``met`` is None where there is no gate."""
    work = row.work(Place(), scale)
    check_agreement(work)
    times = compare(work.ours, work.peer, row.repeats, thread_seconds_of)
    floor_s, limit = limits.floor_s(work.least_bytes, work.flops)
    speedup = 1 / times["ratio"]
    return {
        "name": row.name,
        "peer": work.peer_name,
        "ours_s": times["ours_s"],
        "peer_s": times["peer_s"],
        "speedup": speedup,
        "gate": row.gate,
        "stretch": row.stretch,
        "met": None if row.gate is None else speedup >= row.gate,
        "limit": limit,
        "fraction_of_limit": floor_s / max(times["ours_s"], 1e-9),
        "load_average": load_average(),
    }


def splat_is_deterministic(scale: float) -> bool:
    """The same bits in two runs, and on two threads."""
    work = moving.splat(Place(), round(HD[0] * scale), round(HD[1] * scale))
    first, again = work.ours(), work.ours()
    torch.set_num_threads(2)
    shared = work.ours()
    torch.set_num_threads(1)
    return torch.equal(first, again) and torch.equal(first, shared)


def describe(row: dict[str, Any]) -> str:
    gate = "" if row["gate"] is None else f", gate {row['gate']:g}x {'met' if row['met'] else 'MISSED'}"
    return (
        f"{row['name']:28} {row['ours_s'] * 1e3:9.2f} ms, {row['speedup']:7.2f}x as fast as {row['peer']}{gate};"
        f" {row['fraction_of_limit']:.0%} of the {row['limit']}"
    )


def kernels_cpu(scale: float = 1.0, names: str = "") -> dict[str, Any]:
    """All rows, or those whose name contains ``names``."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    limits = measure_limits("cpu", scale)
    rows = []
    for row in ROWS:
        if names not in row.name or (row.make is moving.warp_interleaved and find_spec("cv2") is None):
            continue
        rows.append(measure_row(row, limits, scale))
        print(describe(rows[-1]), flush=True)
    return {
        "level": str(_level()),
        "limits": limits.as_json(),
        "rows": rows,
        "splat_same_bits_on_1_and_2_threads": splat_is_deterministic(scale),
        "memory": [memory_of(name, scale) for name in (MEMORY_ROWS if scale == 1 else MEMORY_ROWS[:1])],
    }


def _level() -> str:
    from vfi_plugin.kernels.backend import native_module

    return native_module().level().name


def main() -> int:
    """Measures and writes ``kernels_cpu.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="shrinks all sizes; to try the script out")
    parser.add_argument("--only", default="", help="only rows whose name contains this; writes nothing")
    parser.add_argument("--out", type=Path, help="folder for the JSON; default: benchmarks/results")
    asked = parser.parse_args()
    figures = kernels_cpu(asked.scale, asked.only)
    if not asked.only:
        save("kernels_cpu", figures, asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
