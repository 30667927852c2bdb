"""Every model on one frame between two, each in a process of its own: seconds and the most memory it held.

Weights decide what a network makes, not how long it takes. So networks are measured in their published size with random
weights, and once more with the weights that are in use here.

On a GPU (``--device cuda``) whole frames are measured, the second of two, in wall-clock time; memory is the GPU's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import save

from vfi_plugin.models.registry import info_in_use, model_names, variants_of

WIDTH, HEIGHT = 1920, 1080
_MOST_MULTIPLY_ADDS = 2e12
"""Of a frame: beyond, one takes minutes. A heavier model is measured on as many rows of it as fit, scaled up."""
_LEAST_ROWS = 64
_PREPARING_ROWS = 64  # of the frame that warms a model up

_CHILD = """
import json, resource, sys, time
import torch
from vfi_plugin.models.registry import load_model

name, weights, place = sys.argv[1], sys.argv[2] or None, sys.argv[3]
height, width, first_height, first_width = map(int, sys.argv[4:])
cuda = place != "cpu"
clock, settle = (time.perf_counter, torch.cuda.synchronize) if cuda else (time.process_time, lambda: None)
torch.set_num_threads(1)
if weights == "random":
    from pathlib import Path
    from tempfile import TemporaryDirectory
    from vfi_plugin.models.weights import Weights, save_weights
    from vfi_plugin.train.recipes import recipe_of
    torch.manual_seed(1)
    recipe = recipe_of(name)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        net = recipe.build(recipe.variant, 1.0)
        save_weights(path, name, Weights(net.state_dict(), recipe.variant, "", "random"), None)
        model = load_model(name, weights=path, device=place)
else:
    model = load_model(name, weights=weights, device=place)

def frame(rows, columns):
    coarse = torch.rand(1, 3, rows // 8, columns // 8, generator=torch.Generator().manual_seed(2))
    return torch.nn.functional.interpolate(coarse, (rows, columns), mode="bicubic").clamp(0, 1).to(place)

def made(rows, columns):
    before = frame(rows, columns)
    settle()
    begin = clock()
    with torch.inference_mode():
        motion = model.estimate(before, before.roll((1, 3), (2, 3)), 0.5)
        getattr(motion, "guide_frame" if model.info.paints else "apply")(before, before)
    settle()
    return clock() - begin

made(first_height, first_width)
seconds = made(height, width)
peak = torch.cuda.max_memory_allocated() if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "peak_bytes": peak, "parameters": model.info.parameters}))
"""


@dataclass(frozen=True)
class Setting:
    """Frames of what size, on which device."""

    height: int = HEIGHT
    width: int = WIDTH
    device: str = "cpu"

    def rows(self, multiply_adds: int) -> int:
        """How many of the frame's rows a model of that many multiply-adds a pixel is measured on."""
        rows = self.height
        if self.device == "cpu" and multiply_adds * self.height * self.width > _MOST_MULTIPLY_ADDS:
            rows = max(_LEAST_ROWS, int(_MOST_MULTIPLY_ADDS / (multiply_adds * self.width)) // 64 * 64)
        return min(rows, self.height)

    @property
    def first(self) -> tuple[int, int]:
        """Height and width of the frame that warms a model up: on a GPU, kernels are chosen by the size."""
        return (min(_PREPARING_ROWS, self.height), 128) if self.device == "cpu" else (self.height, self.width)


def measured(name: str, weights: str, multiply_adds: int, setting: Setting) -> dict[str, Any]:
    """One model; ``weights`` is "random", or "" for those in use."""
    rows = setting.rows(multiply_adds)
    arguments = [name, weights, setting.device, *map(str, (rows, setting.width, *setting.first))]
    with tempfile.TemporaryDirectory() as folder:  # not here, where the sources would be taken for the package
        done = subprocess.run([sys.executable, "-c", _CHILD, *arguments], capture_output=True, text=True, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"{name} cannot be measured: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "seconds": found["seconds"] * setting.height / rows, "rows_measured": rows}


def rows(setting: Setting, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The models of these names, or all."""
    found = []
    for name in names or model_names():
        info = info_in_use(name)
        kinds = [("none", "")] if not variants_of(name) else [("published size", "random")]
        if variants_of(name) and info.weights_sha256 is not None:
            kinds.append(("weights in use", ""))
        for kind, weights in kinds:
            row = {"name": name, "weights": kind, **measured(name, weights, info.multiply_adds, setting)}
            row |= {"any_time": info.any_time, "frames_at_once": info.frames_at_once, "paints": info.paints}
            print(f"{name} ({kind}): {row['seconds']:.3g} s, {row['peak_bytes'] / 2**30:.2f} GiB", flush=True)
            found.append(row)
    return found


def models_cpu() -> dict[str, Any]:
    """For ``make bench``."""
    return {"size": f"{WIDTH}x{HEIGHT}, one thread", "rows": rows(Setting())}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the result (default: results beside this file)")
    parser.add_argument("--size", default=f"{WIDTH}x{HEIGHT}", help="of the frames")
    parser.add_argument("--models", nargs="*", default=(), metavar="NAME", help="only these")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for models_gpu.json")
    given = parser.parse_args()
    columns, lines = map(int, given.size.split("x"))
    cpu = given.device == "cpu"
    size = f"{given.size}, one thread" if cpu else given.size
    found = rows(Setting(lines, columns, given.device), given.models)
    save("models_cpu" if cpu else "models_gpu", {"size": size, "rows": found}, given.out)
