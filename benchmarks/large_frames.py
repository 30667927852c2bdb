"""Large frames within a memory cap: the peak of ``vfi retime`` in a process of its own, and how true the frames are.

python benchmarks/large_frames.py plates [--folder DIR]      the classic on a pan of 8192x4320, caps of 4 and 8 GB
python benchmarks/large_frames.py networks [--folder DIR]    models on UHD frames, one new frame each

Plates are made once in the folder and kept. What is measured is merged into ``results/large_frames.json``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measure import RESULTS, machine

from vfi_plugin.errors import UsageError

RESULT = RESULTS / "large_frames.json"
PAN_PX = 90
OBJECT_PX = 4

Image = npt.NDArray[np.float32]

_CHILD = """
import sys
import vfi_plugin.render.network_tiles as network_tiles
from vfi_plugin.cli.main import main
most, grid = int(sys.argv.pop(1)), network_tiles.grid
def middle(window, side):
    tiles = list(grid(window, side))
    first = max((len(tiles) - most) // 2, 0) if most else 0
    return iter(tiles[first : first + most] if most else tiles)
network_tiles.grid = middle
code = main(sys.argv[1:])
status = open("/proc/self/status").read()
print("PEAK", next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1], file=sys.stderr)
sys.exit(code)
"""


def texture(folder: Path, size: tuple[int, int]) -> npt.NDArray[np.float16]:
    """Noise of all scales from 6 px on, (H, W + 4 pans, 3) in [0.02, 0.9]; made once in ``folder``, then mapped."""
    import cv2

    width, height = size[0] + 4 * PAN_PX, size[1]
    path = folder / f"texture.{width}x{height}.npy"
    if not path.exists():
        rng = np.random.default_rng(6)
        total = np.zeros((height, width, 3), np.float32)
        for cell in (6, 12, 24, 48, 96, 192, 384):
            coarse = rng.random((height // cell + 3, width // cell + 3, 3), dtype=np.float32)
            total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        total -= total.min()
        total *= np.float32(0.88 / total.max())
        np.save(path, (total + np.float32(0.02)).astype(np.float16))
    mapped: npt.NDArray[np.float16] = np.load(path, mmap_mode="r")
    return mapped


def plate(pattern: npt.NDArray[np.float16], size: tuple[int, int], time_: float, rows: slice) -> Image:
    """Rows of the frame (H, W, 3) at a time: a background pans by 90 px to the right a frame, a square of 4 px and the
    value 4 goes left by 40 over it. Times are multiples of a half: the background is moved by whole pixels."""
    width, height = size
    start = 3 * PAN_PX - round(PAN_PX * time_)
    rgb = pattern[rows, start : start + width].astype(np.float32)
    y, x = np.mgrid[rows, 0:width].astype(np.float32)
    left, top = width // 2 - 40 * time_, height // 2
    share = np.clip(OBJECT_PX / 2 + 0.5 - np.abs(x - left), 0, 1) * np.clip(OBJECT_PX / 2 + 0.5 - np.abs(y - top), 0, 1)
    made: Image = rgb + share[..., np.newaxis] * (np.float32(4.0) - rgb)
    return made


def write_plates(folder: Path, size: tuple[int, int], count: int, alpha: bool = True) -> str:
    """Half-float RGBA frames from 1001 on; returns the pattern."""
    import OpenEXR

    width, height = size
    place = folder / f"{width}x{height}"
    place.mkdir(parents=True, exist_ok=True)
    pattern = texture(folder, size)
    for number in range(count):
        path = place / f"plate.{1001 + number}.exr"
        if path.exists():
            continue
        rgba = np.ones((4, height, width), np.float16)
        for top in range(0, height, 256):
            rows = slice(top, min(top + 256, height))
            rgba[:3, rows] = plate(pattern, size, float(number), rows).transpose(2, 0, 1)
        channels = dict(zip("RGBA"[: 4 if alpha else 3], rgba, strict=False))
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, channels).write(str(path))
    return str(place / "plate.####.exr")


def retimed(source: str, target: Path, *options: object, tiles: int = 0) -> dict[str, Any]:
    """One run in a process of its own: seconds of processor and wall, and the most memory that it held.

    Of a network's tiles only ``tiles`` in the middle of the frame are made, 0 for all of them.
    """
    command = [
        sys.executable,
        "-c",
        _CHILD,
        str(tiles),
        "retime",
        source,
        str(target),
        "--overwrite",
        *map(str, options),
    ]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:]}
    peak = next(int(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("PEAK"))
    return {
        "peak_gib": round(peak / (1 << 20), 2),
        "processor_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "wall_s": round(time.perf_counter() - begin, 1),
    }


def truth_psnr(path: Path, folder: Path, size: tuple[int, int], time_: float) -> float:
    """PSNR in dB of a made frame's colour, up to 1, against the scene itself, but for a pan's width at both sides."""
    import OpenEXR

    pattern, inner = texture(folder, size), slice(PAN_PX, -PAN_PX)
    with OpenEXR.File(str(path), separate_channels=True) as file:
        planes = [file.channels()[name].pixels for name in "RGB"]
    squares, count = 0.0, 0
    for top in range(0, size[1], 256):
        rows = slice(top, min(top + 256, size[1]))
        made = np.stack([plane[rows, inner].astype(np.float32) for plane in planes], axis=-1)
        truth = plate(pattern, size, time_, rows)[:, inner]
        squares += float(np.square(made.clip(max=1) - truth.clip(max=1), dtype=np.float64).sum())
        count += made.size
    return round(10 * float(np.log10(count / squares)), 2)


def plates(folder: Path, caps: tuple[float, ...]) -> list[dict[str, Any]]:
    size = 8192, 4320
    source = write_plates(folder, size, 3)
    rows = []
    for cap in caps:
        out = folder / "out"
        row = {"model": "dis", "size": list(size), "frames": 3, "cap_gib": cap}
        row |= retimed(source, out / "slow.####.exr", "--speed", 0.5, "--memory-gb", cap)
        if "failed" not in row:
            row["psnr_db"] = truth_psnr(out / "slow.1002.exr", folder, size, 0.5)
            row["kept"] = row["peak_gib"] <= cap
        print(row, flush=True)
        rows.append(row)
    return rows


def networks(folder: Path, caps: tuple[float, ...], names: tuple[str, ...], tiles: int) -> list[dict[str, Any]]:
    """UHD frames by models with the weights in use here; with ``tiles`` > 0 random ones of the published width, of
    whose frames only so many tiles are made."""
    size = 3840, 2160
    source = write_plates(folder, size, 2)
    rows = []
    for name in names:
        weights = published_width(name, folder) if tiles else ()
        for cap in caps:
            out = folder / "out" / name
            row = {"model": name, "size": list(size), "cap_gib": cap, "pieces": pieces_of(source, name, cap, weights)}
            asked = ("--speed", 0.5, "--memory-gb", cap, "--model", name, *weights)
            row |= retimed(source, out / "s.####.exr", *asked, tiles=tiles)
            if tiles:
                row |= {"tiles": tiles, "weights": "random, published width" if weights else "none"}
            if "failed" not in row:
                if not tiles:
                    row["psnr_db"] = truth_psnr(out / "s.1002.exr", folder, size, 0.5)
                row["kept"] = row["peak_gib"] <= cap
            print(row, flush=True)
            rows.append(row)
    return rows


def pieces_of(source: str, name: str, cap: float, weights: tuple[str, ...]) -> str:
    """What frames are made in, as a job of these settings plans it."""
    from vfi_plugin.render.options import RetimeOptions
    from vfi_plugin.render.retime import plan_retime

    how = RetimeOptions(speed=0.5, memory_gb=cap, model=name, device="cpu", weights=weights[1] if weights else None)
    try:
        job = plan_retime(source, "nowhere.####.exr", how)
    except UsageError as error:
        return str(error)
    with job.clip:
        return job.tiling.pieces or "at once"


def published_width(name: str, folder: Path) -> tuple[str, ...]:
    """The option for random weights of a network's published width: what it holds is that of any weights of it.

    They follow the fast classic where the weights in use here do.
    """
    import torch

    from vfi_plugin.models.registry import variants_of, weights_facts
    from vfi_plugin.models.weights import Weights, save_weights
    from vfi_plugin.models.weights_place import weights_file
    from vfi_plugin.train.recipes import recipe_of

    if not variants_of(name):
        return ()
    torch.manual_seed(1)
    recipe = recipe_of(name)
    path = folder / f"{name}.random.safetensors"
    tensors = recipe.build(recipe.variant, 1.0).state_dict()
    in_use = weights_facts(name, None) if weights_file(name, None) else None
    follows = in_use is not None and in_use.follows and in_use.variant == recipe.variant
    save_weights(path, name, Weights(tensors, recipe.variant, "", "random", follows=follows), None)
    return "--weights", str(path)


def save_rows(name: str, rows: Any) -> None:
    """Merges what was measured into the result."""
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    known |= {"machine": machine(), name: rows}
    RESULT.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("plates", "networks"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "vfi-large-frames")
    parser.add_argument("--caps", type=float, nargs="+", default=(4.0, 8.0))
    parser.add_argument("--tiles", type=int, default=0, help="of a network's frame, with random weights; 0 for all")
    parser.add_argument("--models", nargs="+", default=("dis", "voxelflow", "superslomo", "figan", "sepconv"))
    chosen = parser.parse_args()
    if chosen.what == "plates":
        save_rows("plates", plates(chosen.folder, tuple(chosen.caps)))
    else:
        rows = networks(chosen.folder, tuple(chosen.caps), tuple(chosen.models), chosen.tiles)
        save_rows("networks_tiles" if chosen.tiles else "networks", rows)


if __name__ == "__main__":
    main()
