"""Evaluations of two tiny clips, and the script that takes them into a folder of weights."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from tiny_sets import picture, write_frames

import vfi_plugin
from vfi_plugin.cli.main import main
from vfi_plugin.models.weights_place import SHIPPED

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
NETWORK = "figan"
"""The smallest network whose weights ship."""

LOOKS = {"left": 0, "right": 1}
"""Folder of a clip -> its texture."""

FRAMES = 5
"""Of a clip: two are dropped and made again."""


def write_clips(folder: Path) -> Path:
    for name, look in LOOKS.items():
        write_frames(folder / name, range(FRAMES), name=f"{name}.{{:04d}}.png", look=look)
    return folder


def evaluated(clips: Path, report: Path, *more: str) -> Path:
    """The JSON of a real evaluation."""
    command = ["evaluate", "clips", str(clips), "--progress", "plain", "--device", "cpu", "--json", str(report)]
    assert main([*command, *more]) == 0
    return report


def average_db(look: int) -> float:
    """PSNR of frame averaging, the mean over a clip's dropped frames; codes are rounded to the even one at a tie."""
    found = []
    for number in range(1, FRAMES, 2):
        mixed = np.rint((picture(number - 1, look).astype(float) + picture(number + 1, look)) / 2)
        found.append(10 * math.log10(255**2 / np.mean((mixed - picture(number, look)) ** 2)))
    return sum(found) / len(found)


def weights_folder(folder: Path) -> Path:
    """Like the package's own, with one file of weights in it."""
    folder.mkdir()
    shutil.copy(SHIPPED / f"{NETWORK}.safetensors", folder)
    return folder


def run_benchmark(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A script of ``benchmarks/``, or ``-c`` and a text, with the package that is tested here."""
    package = str(Path(vfi_plugin.__file__).resolve().parents[1])
    clean = {**os.environ, "PYTHONPATH": os.pathsep.join([package, str(BENCHMARKS)])}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=300, cwd=Path(sys.prefix))


def merge(folder: Path, data: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_benchmark(BENCHMARKS / "quality.py", "--folder", folder, "--data", data, *arguments)
