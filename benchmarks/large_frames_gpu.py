"""Frames under a cap on a GPU: what torch holds there at most, and pieces against the frame made at once.

    python benchmarks/large_frames_gpu.py [--size 3840x2160] [--caps 2 4 8] [--models rife dis ...]

The picture is soft noise with a third of finer noise on top, up to 2 in linear light, and moves 24 px with waves of up
to 5 px: pieces and wholes differ more on it than on what is filmed. Merged into ``results/large_frames.json`` as "gpu".
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from large_frames import save_rows

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import VfiError
from vfi_plugin.image.guide_curve import encode
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.run import made_frames
from vfi_plugin.render.tiling import Tiling

Picture = npt.NDArray[np.float32]

PAN_PX = 24
BORDER_PX = 32  # the outer one is left out
COARSE_PX, FINE_PX = 16, 3
_GIB = 1 << 30


def scene(width: int, height: int) -> torch.Tensor:
    """(1, 3, H, W + 2 PAN_PX), linear light."""
    rng = np.random.default_rng(1)
    wide = width + 2 * PAN_PX
    coarse, fine = (
        torch.from_numpy(rng.random((1, 3, height // px + 2, wide // px + 2)).astype(np.float32))
        for px in (COARSE_PX, FINE_PX)
    )
    soft, sharp = (F.interpolate(noise, size=(height, wide), mode="bicubic") for noise in (coarse, fine))
    return (0.7 * soft + 0.3 * sharp).clamp(0.01, 2.0)


def seen(there: torch.Tensor, side: float) -> Picture:
    """The scene at -1, 0 or 1: the earlier frame, the truth and the later one, (3, H, W)."""
    height, wide = there.shape[2:]
    lines = [torch.arange(count, dtype=torch.float32) for count in (height, wide - 2 * PAN_PX)]
    y, x = torch.meshgrid(*lines, indexing="ij")
    moved_x = x + PAN_PX / 2 + side * (PAN_PX / 2 + 4 * torch.sin(y / 60 + x / 90))
    moved_y = y + side * 3 * torch.sin(x / 70)
    places = torch.stack([moved_x / (wide - 1) * 2 - 1, moved_y / (height - 1) * 2 - 1], -1)[None]
    made = F.grid_sample(there, places, mode="bicubic", padding_mode="border", align_corners=True)[0]
    return made.clamp(0.01, 2.0).numpy()


def write_pair(folder: Path, size: tuple[int, int]) -> str:
    import OpenEXR

    there = scene(*size)
    for number, side in ((1, -1.0), (2, 1.0)):
        planes = dict(zip("RGB", seen(there, side).astype(np.float16), strict=True))
        header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, planes).write(str(folder / f"scene.{number}.exr"))
    return str(folder / "scene.#.exr")


def made(source: str, how: RetimeOptions, *, at_once: bool) -> tuple[Picture, dict[str, Any]]:
    """The frame in the middle as a guide, (H, W, 3), and what it took."""
    job = plan_retime(source, Path(source).parent / "out" / "x.#.exr", how)
    if at_once:
        job = replace(job, tiling=Tiling(1 << 40, 1 << 40, None))
    with job.clip:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        [(_, frame)] = made_frames(job, Cancellation())
        seconds = time.perf_counter() - began
    planes = frame.parts[0].planes
    took = {
        "pieces": job.tiling.pieces or "at once",
        "held_gib": round(torch.cuda.max_memory_reserved() / _GIB, 2),
        "used_gib": round(torch.cuda.max_memory_allocated() / _GIB, 2),
        "seconds": round(seconds, 2),
    }
    return np.stack([encode(planes[name].astype(np.float32)) for name in "RGB"], axis=-1), took


def measured(source: str, size: tuple[int, int], name: str, caps: list[float]) -> list[dict[str, Any]]:
    inner = slice(BORDER_PX, -BORDER_PX)
    rows: list[dict[str, Any]] = []
    whole: Picture | None = None
    for cap in (None, *caps):
        row: dict[str, Any] = {"model": name, "size": list(size), "cap_gib": cap}
        how = RetimeOptions(speed=0.5, frames="2", model=name, device="cuda", cuts="off", memory_gb=cap)
        try:
            picture, took = made(source, how, at_once=cap is None)
        except VfiError as error:
            rows.append(row | {"failed": str(error)})
            continue
        row |= took
        if cap is None:
            whole = picture
        elif whole is not None:
            apart = np.abs(picture - whole)[inner, inner]
            row |= {"greatest": float(apart.max()), "percentile_99_9": float(np.percentile(apart, 99.9))}
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="3840x2160")
    parser.add_argument("--caps", type=float, nargs="+", default=[2.0, 4.0, 8.0])
    parser.add_argument("--models", nargs="+", default=["dis", "disfast", "rife", "voxelflow", "superslomo", "figan"])
    chosen = parser.parse_args()
    width, height = map(int, chosen.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        source = write_pair(Path(folder), (width, height))
        rows = [row for name in chosen.models for row in measured(source, (width, height), name, chosen.caps)]
    save_rows("gpu", {"gpu": torch.cuda.get_device_name(), "rows": rows})


if __name__ == "__main__":
    main()
