"""How every benchmark here measures: two things in turn, several times, one thread, medians and their ratio."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def thread_seconds_of(work: Callable[[], Any]) -> float:
    """Processor seconds of one call that stays in this thread: the turns that other programs take do not count."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def compare(
    ours: Callable[[], Any],
    peer: Callable[[], Any],
    repeats: int = 5,
    clock: Callable[[Callable[[], Any]], float] = seconds_of,
) -> dict[str, float]:
    """Median seconds of both and the median of ours / peer, from runs that take turns.

    Taking turns cancels what a shared machine does to both alike; the first round only warms caches.
    """
    ours(), peer()
    rounds = [(clock(ours), clock(peer)) for _ in range(repeats)]
    return {
        "ours_s": statistics.median(a for a, _ in rounds),
        "peer_s": statistics.median(b for _, b in rounds),
        "ratio": statistics.median(a / b for a, b in rounds),
        "repeats": repeats,
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on; None for what is not installed."""
    import torch

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": load_average(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "opencv": _version("opencv-python-headless"),
        "OpenImageIO": _version("OpenImageIO"),
        "OpenEXR": _version("OpenEXR"),
        "OpenColorIO": _version("opencolorio"),
        "cuda": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
    }


def load_average() -> float:
    """Of the last minute; ours is 1 of it."""
    return round(os.getloadavg()[0], 2)


def save(name: str, figures: dict[str, Any], folder: Path | None = None) -> None:
    """Writes one result, with the machine it was measured on, into ``results`` beside this file or another folder."""
    path = (folder or RESULTS) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {path}")


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
