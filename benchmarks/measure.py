"""How every benchmark here measures: two things in turn, several times, one thread, medians and their ratio."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall-clock seconds of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(ours: Callable[[], Any], peer: Callable[[], Any], repeats: int = 5) -> dict[str, float]:
    """Median seconds of both and the median of ours / peer, from runs that take turns.

    Taking turns cancels what a shared machine does to both alike; the first round only warms caches.
    """
    ours(), peer()
    rounds = [(seconds_of(ours), seconds_of(peer)) for _ in range(repeats)]
    return {
        "ours_s": statistics.median(a for a, _ in rounds),
        "peer_s": statistics.median(b for _, b in rounds),
        "ratio": statistics.median(a / b for a, b in rounds),
        "repeats": repeats,
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    import cv2
    import OpenEXR
    import OpenImageIO
    import PyOpenColorIO
    import torch

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "opencv": cv2.__version__,
        "OpenImageIO": OpenImageIO.__version__,
        "OpenEXR": OpenEXR.__version__,
        "OpenColorIO": PyOpenColorIO.__version__,
        "cuda": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
