"""A picture being painted, layer over layer, from the back to the front."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vfi_plugin.demo.texture import Floats, Plane, coverage
from vfi_plugin.image.window import Window

DESIGN_WIDTH = 640.0
"""Width in which the layers are drawn: lengths and speeds are pixels of a picture this wide, scaled to any other."""

EMPTY_DEPTH = 10000.0
"""``depth.Z`` where nothing was painted: finite, so that every host can show it, and beyond every layer."""


@dataclass(frozen=True)
class Surface:
    """What the data channels say of a layer: distance to the camera, and its number (0 is for nothing)."""

    depth: float
    number: int


@dataclass(frozen=True)
class Canvas:
    """Colour, depth and object numbers over some rows and columns of the data window.

    Attributes:
        x: ``(W,)`` column centres in design units, 0 at the leftmost column of the display window.
        y: ``(H,)`` row centres in design units.
        pixel: side of a pixel in design units.
        height: height of the display window in design units.
        rgba: ``(H, W, 4)`` float32, scene-linear, premultiplied.
        depth: ``(H, W)`` float32.
        number: ``(H, W)`` float32, whole numbers.
    """

    x: Floats
    y: Floats
    pixel: float
    height: float
    rgba: Plane
    depth: Plane
    number: Plane

    @classmethod
    def empty(cls, data_window: Window, display_window: Window) -> Canvas:
        """Transparent black over ``data_window``, in the scale of ``display_window``."""
        pixel = DESIGN_WIDTH / display_window.width
        return cls(
            x=np.arange(data_window.x, data_window.x_end, dtype=np.float64) * pixel,
            y=np.arange(data_window.y, data_window.y_end, dtype=np.float64) * pixel,
            pixel=pixel,
            height=display_window.height * pixel,
            rgba=np.zeros((*data_window.shape, 4), np.float32),
            depth=np.full(data_window.shape, EMPTY_DEPTH, np.float32),
            number=np.zeros(data_window.shape, np.float32),
        )

    def around(self, centre: tuple[float, float], reach: float) -> Canvas:
        """The square within ``reach`` of ``centre`` (design units), or what of it there is: painting it paints this."""
        columns = slice(*np.searchsorted(self.x, (centre[0] - reach, centre[0] + reach)))
        rows = slice(*np.searchsorted(self.y, (centre[1] - reach, centre[1] + reach)))
        return self._cut(rows, columns)

    def below(self, level: float) -> Canvas:
        """The rows from ``level`` (design units) down: painting them paints this canvas."""
        return self._cut(slice(int(np.searchsorted(self.y, level)), None), slice(None))

    def _cut(self, rows: slice, columns: slice) -> Canvas:
        """The same picture, seen through a smaller opening."""
        cut = rows, columns
        return replace(
            self,
            x=self.x[columns],
            y=self.y[rows],
            rgba=self.rgba[cut],
            depth=self.depth[cut],
            number=self.number[cut],
        )

    def covered(self, distance: Floats) -> Plane:
        """Anti-aliased matte of a shape, from the distance to its edge in design units (negative inside)."""
        matte: Plane = coverage(distance / self.pixel).astype(np.float32)
        return matte

    def over(self, colour: Plane, matte: Plane, surface: Surface) -> None:
        """Lay ``colour`` (``(H, W, 3)`` or ``(3,)``, not premultiplied) over what is there, through ``matte`` (H, W).

        The data channels are not mixed: they change where the matte covers at least half of the pixel.
        """
        rgba = self.rgba
        rgba *= 1 - matte[..., None]
        rgba[..., :3] += colour * matte[..., None]
        rgba[..., 3] += matte
        owned = matte >= 0.5
        self.depth[owned] = surface.depth
        self.number[owned] = surface.number
