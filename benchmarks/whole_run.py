"""A whole retime in a process of its own: frames a second, and the most memory it held, for clips of two lengths."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.writing import write_image

WIDTH, HEIGHT = 1920, 1080

_CHILD = """
import json, resource, sys, time
import vfi_plugin as vfi
begin = time.perf_counter()
report = vfi.retime(sys.argv[1], sys.argv[2], speed=0.5)
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"frames": len(report.written), "seconds": seconds, "peak_bytes": peak}))
"""


def clip(folder: Path, count: int) -> str:
    """A half RGB clip of a drifting texture: detail of eight pixels and a little grain."""
    rng = np.random.default_rng(2)
    height, width = HEIGHT + count, WIDTH + 4 * count
    coarse = rng.random((height // 8 + 1, width // 8 + 1, 3), dtype=np.float32)
    texture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    texture = (texture + rng.normal(0, 0.01, texture.shape)).astype(np.float16)
    window = Window(0, 0, WIDTH, HEIGHT)
    for n in range(count):
        rgb = texture[n : n + HEIGHT, 4 * n : 4 * n + WIDTH]
        planes = {name: np.ascontiguousarray(rgb[..., axis]) for axis, name in enumerate("RGB")}
        part = Part(planes, window, window, attributes={"compression": Attribute("compression", "zips")})
        write_image(folder / f"in.{1001 + n}.exr", Frame((part,), 1001 + n))
    return str(folder / "in.####.exr")


def run(count: int) -> dict[str, Any]:
    """Half speed of ``count`` frames."""
    with tempfile.TemporaryDirectory() as folder:
        source = clip(Path(folder), count)
        command = [sys.executable, "-c", _CHILD, source, str(Path(folder) / "out.####.exr")]
        result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout)
    return {**result, "frames_per_second": result["frames"] / result["seconds"], "source_frames": count}


def whole_runs() -> dict[str, Any]:
    """A short and a long clip, both long enough to fill the cache of frames; their peaks must be alike."""
    short, long = run(24), run(72)
    return {"short": short, "long": long, "peak_ratio": long["peak_bytes"] / short["peak_bytes"]}
