"""What goes wrong within a picture: an edit takes it and gives the broken one, both (H, W, 3) float32, scene-linear."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from defect_shots import Picture, Random

Edit = Callable[[Picture], Picture]

FLASH_GAINS = (1.5, 4.0)
DARK_GAIN = 0.4
BLUR_PX = (1.5, 6.0)
TORN = ("garbage rows", "half of the frame before", "grey band", "garbage blocks")


def blurred(sigma_px: float) -> Edit:
    """A Gaussian blur."""
    return lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)


def gained(gain: float) -> Edit:
    """All light times ``gain``."""
    return lambda picture: picture * np.float32(gain)


def black(level: float) -> Edit:
    """No picture: one level everywhere."""
    return lambda picture: np.full_like(picture, level)


def torn(how: str, before: Picture, random: Random) -> Edit:
    """A part is not of this picture; ``before`` is the frame before it."""
    seed = int(random.integers(2**31))
    share = 0.25 + 0.5 * random.random()

    def edit(picture: Picture) -> Picture:
        own = np.random.default_rng(seed)
        height, width = picture.shape[:2]
        result = picture.copy()
        if how == "garbage rows":
            rows = own.permutation(height)[: height // 2]
            result[rows] = own.random((len(rows), width, 3)) * max(float(picture.max()), 0.1)
        elif how == "half of the frame before":
            result[round(share * height) :] = before[round(share * height) :]
        elif how == "grey band":
            top = round((1 - share) * height * own.random())
            result[top : top + max(round(share * height), 8)] = float(picture.mean())
        else:
            _garbage_blocks(result, own)
        return result

    return edit


def _garbage_blocks(picture: Picture, random: Random) -> None:
    """In place: from some row on, blocks of 16 px come from anywhere in the picture, as in a stream that lost data."""
    height, width = picture.shape[:2]
    source = picture.copy()
    for y in range(round(height * (0.3 + 0.4 * random.random())) // 16 * 16, height - 15, 16):
        for x in range(0, width - 15, 16):
            top, left = int(random.integers(height - 16)), int(random.integers(width - 16))
            picture[y : y + 16, x : x + 16] = source[top : top + 16, left : left + 16]


def not_finite(random: Random) -> Edit:
    """NaN, or infinite: a few values, or a whole tile."""
    seed, value = int(random.integers(2**31)), (np.nan, np.inf, -np.inf)[int(random.integers(3))]
    tile = bool(random.random() < 0.5)

    def edit(picture: Picture) -> Picture:
        own = np.random.default_rng(seed)
        result = picture.copy()
        height, width = picture.shape[:2]
        if tile:
            top, left = int(own.integers(height - 32)), int(own.integers(width - 32))
            result[top : top + 32, left : left + 32] = value
        else:
            rows, columns = own.integers(height, size=5), own.integers(width, size=5)
            result[rows, columns, own.integers(3, size=5)] = value
        return result

    return edit


def frozen(anchor: Picture, box: tuple[int, int, int, int]) -> Edit:
    """The part (top, left, height, width) shows what it showed in ``anchor``."""
    part = np.s_[box[0] : box[0] + box[2], box[1] : box[1] + box[3]]

    def edit(picture: Picture) -> Picture:
        result = picture.copy()
        result[part] = anchor[part]
        return result

    return edit
