"""A small clip, jobs of it, and how these tests call ``vfi`` and ``openjd``: as processes, the way a farm does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import material

from vfi_plugin.farm.job import FarmJob, plan_farm_job
from vfi_plugin.render.options import RetimeOptions

SOURCE_FRAMES = 16
OUTPUTS = range(1001, 1033)
"""All of the clip in 32 frames."""

PROGRAMS = Path(sys.executable).parent
VFI, OPENJD = str(PROGRAMS / "vfi"), str(PROGRAMS / "openjd")


def clip(folder: Path) -> str:
    """Sixteen frames of the moving texture, 64 x 48; returns their pattern."""
    return material.pan(64, 48, count=SOURCE_FRAMES).write(folder)


def job_of(source: str, target: Path, **options: Any) -> FarmJob:
    """A job of 32 frames in chunks of four, none of which needs motion."""
    asked = {"length": len(OUTPUTS), "method": "frame"} | options
    return plan_farm_job(source, target, RetimeOptions(**asked), chunk_size=4, executable=VFI)


def called(*words: str, folder: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, without the settings of whoever runs the tests."""
    return subprocess.run(
        words, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=600, check=False
    )


def environment(**variables: str) -> Mapping[str, str]:
    """The variables of a child: none that rule the product, and ``variables``."""
    kept = {name: value for name, value in os.environ.items() if name != "OCIO" and not name.startswith("VFI_")}
    return {**kept, **variables}


def openjd_words(bundle: Path, *more: str) -> tuple[str, ...]:
    """``openjd run`` of a bundle, as its user is told to call it."""
    return (OPENJD, "run", str(bundle / "template.yaml"), "-p", f"file://{bundle / 'openjd_values.yaml'}", *more)


def pixels(folder: Path) -> dict[str, dict[str, bytes]]:
    """File name -> channel -> bits; raises where a frame is not whole."""
    found = {path.name: material.read_exr(path)[1] for path in sorted(folder.glob("slow.*.exr"))}
    return {name: {key: plane.tobytes() for key, plane in planes.items()} for name, planes in found.items()}


def litter(folder: Path) -> list[str]:
    """What is no frame under its final name."""
    return [path.name for path in folder.iterdir() if not path.match("slow.????.exr")]
