"""Colour of a whole frame, averaged over blocks of pixels, in the memory of a band of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.frame import Frame
from vfi_plugin.image.window import Window
from vfi_plugin.render.layout import GuideSource, Layout

_BAND_PIXELS = 1 << 21
"""Pixels of colour that are made at once: 25 MB."""

Colour = npt.NDArray[np.float32]


def thinned(layout: Layout, frame: Frame, source: GuideSource, window: Window, step: int) -> Colour:
    """(H, W, 3) float32 in the clip's colour space over ``window``, averaged over ``step`` x ``step`` pixels.

    What fills no whole block at the right and bottom is dropped.
    """
    rows = max(_BAND_PIXELS // (window.width * step), 1) * step
    bands = []
    for top in range(0, window.height // step * step, rows):
        band = Window(window.x, window.y + top, window.width, min(rows, window.height - top))
        bands.append(_averaged(layout.guide_rgb(frame, source, band), step))
    return np.concatenate(bands)


def _averaged(rgb: Colour, step: int) -> Colour:
    if step == 1:
        return rgb
    import cv2

    height, width = (side // step for side in rgb.shape[:2])
    # Ten times as fast as numpy's mean over two axes, which walks through them value by value.
    averaged = cv2.resize(rgb[: height * step, : width * step], (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(averaged, np.float32)
