"""Networks on tiles against the same networks on whole frames, in units of the guide, on a panning texture of noise.

python benchmarks/large_tiles.py MODEL:WIDTH:HEIGHT:PAN:TILE ...      such as voxelflow:640:384:6:128
python benchmarks/large_tiles.py appetite MODEL:SIDE,SIDE ...         bytes a pixel; such as sepconv:256,512
python benchmarks/large_tiles.py field MODEL:PX,PX ...                how far it sees; such as sepconv:64,96,128

Weights are those in use here, random ones of the published width where there are none. What is measured is merged into
``results/large_frames.json``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from large_frames import PAN_PX, RESULT, save_rows, texture

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.image.guide_curve import encode
from vfi_plugin.models.field import change_from_outside
from vfi_plugin.models.registry import info_in_use, load_model, variants_of
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.run import made_frames
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.train.recipes import recipe_of

BORDER_PX = 32  # the outer one is left out


def random_weights(name: str, folder: Path) -> str | None:
    """A file for a network without weights here; None where there are some, or none are needed."""
    if not variants_of(name) or info_in_use(name).weights_sha256:
        return None
    torch.manual_seed(1)
    recipe = recipe_of(name)
    path = folder / f"{name}.safetensors"
    state = recipe.build(recipe.variant, 1.0).state_dict()
    save_weights(path, name, Weights(state, recipe.variant, "", "random"), None)
    return str(path)


def write_pair(folder: Path, size: tuple[int, int], pan: int) -> str:
    import OpenEXR

    pattern = texture(folder, size)
    for number in (1, 2):
        left = 2 * PAN_PX - pan * number
        rgb = np.array(pattern[:, left : left + size[0]])
        planes = {name: np.ascontiguousarray(rgb[..., axis]) for axis, name in enumerate("RGB")}
        header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
        OpenEXR.File(header, planes).write(str(folder / f"pan.{number}.exr"))
    return str(folder / "pan.#.exr")


def made(source: str, tiling: Tiling, model: str, weights: str | None) -> npt.NDArray[np.float32]:
    """The guide of the frame in the middle."""
    how = RetimeOptions(speed=0.5, frames="2", model=model, weights=weights, device="cpu", cuts="off")
    job = replace(plan_retime(source, Path(source).parent / "out" / "x.#.exr", how), tiling=tiling)
    with job.clip:
        [(_, frame)] = made_frames(job, Cancellation())
    planes = frame.parts[0].planes
    return np.stack([encode(planes[name].astype(np.float32)) for name in "RGB"], axis=-1)


def against_whole(text: str) -> dict[str, Any]:
    name, *numbers = text.split(":")
    width, height, pan, tile = map(int, numbers)
    with tempfile.TemporaryDirectory() as folder:
        source = write_pair(Path(folder), (width, height), pan)
        weights = random_weights(name, Path(folder))
        whole = made(source, Tiling(1 << 40, 1 << 40, None), name, weights)
        tiles = made(source, Tiling(1 << 33, 0, tile), name, weights)
    inner = slice(BORDER_PX, -BORDER_PX)
    difference = (tiles - whole)[inner, inner]
    steps = np.abs(np.diff(difference.mean(-1), axis=1)).mean(0)
    lines = [line - 1 - BORDER_PX for line in range(tile, width - BORDER_PX - 1, tile)]
    return {
        "model": name,
        "size": [width, height],
        "pan_px": pan,
        "tile_px": tile,
        "overlap_px": info_in_use(name).overlap_px,
        "weights": "random" if weights else "in use",
        "greatest": float(np.abs(difference).max()),
        "percentile_99_9": float(np.percentile(np.abs(difference), 99.9)),
        "mean": float(np.abs(difference).mean()),
        "step_at_lines": float(steps[lines].max()),
        "step_99_percent": float(np.percentile(steps, 99)),
    }


def appetite(text: str) -> dict[str, Any]:
    """By how much the peak of a process rises, at two sizes of frames."""
    name, sides = text.split(":")
    rises = {}
    for side in map(int, sides.split(",")):
        command = [sys.executable, __file__, "one", name, str(side)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rises[side] = json.loads(done.stdout)
    (small, first), (large, second) = rises.items()
    slope = (second["rise"] - first["rise"]) / (large**2 - small**2)
    return {"model": name, "base_bytes": second["base"], "bytes_a_pixel": round(max(slope, second["rise"] / large**2))}


def field(text: str) -> dict[str, Any]:
    """By how much 32 px of a frame change when all that is further away than so many pixels is another picture."""
    name, radii = text.split(":")
    with tempfile.TemporaryDirectory() as folder:
        weights = random_weights(name, Path(folder))
        model = load_model(name, weights=weights, device="cpu")
    changes = {radius: change_from_outside(model, int(radius)) for radius in radii.split(",")}
    return {
        "model": name,
        "overlap_px": model.info.overlap_px,
        "weights": "random" if weights else "in use",
        "changes": changes,
    }


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(key))


def _one(name: str, side: int) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        model = load_model(name, weights=random_weights(name, Path(folder)), device="cpu")
    _look(model, 64)
    base = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
    _look(model, side)
    print(json.dumps({"base": base, "rise": _status("VmHWM") - base}))


def _look(model: Any, side: int) -> None:
    coarse = torch.rand(1, 3, side // 8, side // 8)
    before = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)
    after, payload = before.roll((1, 3), (2, 3)), torch.cat([before, before[:, :1]], 1)
    with torch.inference_mode():
        if model.info.paints:
            model.interpolate(before, after, 0.5)
        else:
            model.estimate(before, after, 0.5).apply(payload, payload)


def main() -> None:
    asked = sys.argv[1:]
    if asked[:1] == ["one"]:
        _one(asked[1], int(asked[2]))
        return
    key = asked[0] if asked[:1] in (["appetite"], ["field"]) else "tiles"
    measure = {"appetite": appetite, "field": field, "tiles": against_whole}[key]
    known = json.loads(RESULT.read_text(encoding="utf-8")).get(key, []) if RESULT.exists() else []
    for text in asked if key == "tiles" else asked[1:]:
        row = measure(text)
        print(row, flush=True)
        known = [old for old in known if old["model"] != row["model"]] + [row]
        save_rows(key, known)


if __name__ == "__main__":
    main()
