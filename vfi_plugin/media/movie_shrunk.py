"""Movie frames in small and in pieces, straight from the decoder's planes: a full-size RGB picture is never made.

For analysis only: chroma is resampled by areas and lines, not by the filter of ``movie_colour.to_rgb``.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vfi_plugin.compiled import native_module
from vfi_plugin.image.window import Window
from vfi_plugin.media.movie_colour import Floats, plane_view, rgb_of_yuv, sample_bits, to_rgb

_CHANNELS = 3


def stored_planes(frame: Any) -> list[npt.NDArray[np.uint8]]:
    """The bytes of a decoded frame's colour planes, (H, bytes) uint8, padding left out where it is known."""
    if is_planar_yuv(frame):
        bits = sample_bits(frame)
        return [np.ascontiguousarray(plane_view(frame, index, bits)).view(np.uint8) for index in range(_CHANNELS)]
    return [np.frombuffer(plane, np.uint8).reshape(plane.height, -1) for plane in frame.planes]


def is_planar_yuv(frame: Any) -> bool:
    """Whether luma and chroma lie in three planes of their own, of whole bytes in the machine's order."""
    name = str(frame.format.name)
    return name.startswith(("yuv4", "yuvj4")) and not name.endswith("be")


def shrunk_rgb(frame: Any, factor: int) -> Floats:
    """(H // factor, W // factor, 3) float32 display-referred, each pixel the mean of a block of ``factor`` px a side.

    Args:
        frame: of PyAV.
        factor: 1 and more.
    """
    if not is_planar_yuv(frame):
        planes = to_rgb(frame)
        return np.stack([block_means(planes[name], factor) for name in "RGB"], axis=-1)
    bits = sample_bits(frame)
    size = max(frame.width // factor, 1), max(frame.height // factor, 1)
    part = size[0] * factor / frame.width, size[1] * factor / frame.height
    y, cb, cr = (_resized(plane_view(frame, index, bits), size, part) for index in range(_CHANNELS))
    rgb = rgb_of_yuv(y, cb, cr, frame, bits)
    return np.stack([rgb[name] for name in "RGB"], axis=-1)


def cut_rgb(frame: Any, window: Window) -> Floats:
    """(h, w, 3) float32 display-referred: the pixels of ``window``, which lies within the frame."""
    if not is_planar_yuv(frame):
        planes = to_rgb(frame)
        return np.stack([planes[name][window.y : window.y_end, window.x : window.x_end] for name in "RGB"], axis=-1)
    bits = sample_bits(frame)
    y, cb, cr = (_cut(plane_view(frame, index, bits), frame, window) for index in range(_CHANNELS))
    rgb = rgb_of_yuv(y, cb, cr, frame, bits)
    return np.stack([rgb[name] for name in "RGB"], axis=-1)


def block_means(plane: npt.NDArray[Any], factor: int) -> Floats:
    """(H // factor, W // factor) float32 over blocks; what fills no block at the right and bottom is left out."""
    height, width = (max(side // factor, 1) for side in plane.shape)
    if plane.dtype == np.float16 and min(plane.shape) >= factor:
        # Five times as fast as numbers made float first, and nothing of full size is made.
        small = np.empty((height, width), np.float32)
        halfs = plane if plane.strides[1] == plane.itemsize else np.ascontiguousarray(plane)
        native_module().half_block_means(halfs.view(np.uint16), factor, small)
        return small
    floats = np.ascontiguousarray(plane, np.float32)
    if factor == 1:
        return floats
    trimmed = floats[: height * factor, : width * factor]
    means: Floats = cv2.resize(trimmed, (width, height), interpolation=cv2.INTER_AREA)
    return means


def _resized(plane: npt.NDArray[Any], size: tuple[int, int], part: tuple[float, float]) -> Floats:
    """The left and upper ``part`` of a plane at another size; chroma may have to grow."""
    width, height = (max(round(side * share), 1) for side, share in zip(plane.shape[::-1], part, strict=True))
    floats = plane[:height, :width].astype(np.float32)
    if size == (width, height):
        return floats
    shrinks = width >= size[0] and height >= size[1]
    resized: Floats = cv2.resize(floats, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return resized


def _cut(plane: npt.NDArray[Any], frame: Any, window: Window) -> Floats:
    """A plane's pixels of ``window``; a coarser plane's are repeated."""
    rows = np.arange(window.y, window.y_end) * plane.shape[0] // frame.height
    columns = np.arange(window.x, window.x_end) * plane.shape[1] // frame.width
    cut: Floats = plane[rows[:, None], columns].astype(np.float32)
    return cut
