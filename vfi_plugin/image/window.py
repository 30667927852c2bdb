"""Rectangles of pixels, as OpenEXR's data and display windows are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: ``x`` right, ``y`` down, ``width`` and ``height`` in pixels; the origin may be negative.

    Rows and columns run from ``x`` to ``x_end - 1`` and from ``y`` to ``y_end - 1``.
    """

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 0 or self.height < 0:
            raise ValueError(f"a window cannot have a negative size: {self.width}x{self.height}")

    @property
    def x_end(self) -> int:
        """One past the last column."""
        return self.x + self.width

    @property
    def y_end(self) -> int:
        """One past the last row."""
        return self.y + self.height

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)``, the shape of an array over this window."""
        return self.height, self.width

    def union(self, other: Window) -> Window:
        """The smallest window that holds both; an empty one adds nothing."""
        if not other.width or not other.height:
            return self
        if not self.width or not self.height:
            return other
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Window(x, y, max(self.x_end, other.x_end) - x, max(self.y_end, other.y_end) - y)

    def intersection(self, other: Window) -> Window:
        """What both windows cover; of size 0 where they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        width, height = min(self.x_end, other.x_end) - x, min(self.y_end, other.y_end) - y
        return Window(x, y, max(width, 0), max(height, 0))

    def moved(self, right: int, down: int) -> Window:
        """The same window elsewhere."""
        return Window(self.x + right, self.y + down, self.width, self.height)

    def expanded(self, pixels: int) -> Window:
        """A window that reaches this much further on each side."""
        return Window(self.x - pixels, self.y - pixels, self.width + 2 * pixels, self.height + 2 * pixels)

    def nearest_inside(self, outer: Window) -> Window:
        """What lies inside ``outer``; where nothing does, the pixels at its edge that are nearest."""
        x, y = (
            min(max(start, first), last - 1)
            for start, first, last in ((self.x, outer.x, outer.x_end), (self.y, outer.y, outer.y_end))
        )
        x_end, y_end = min(max(self.x_end, x + 1), outer.x_end), min(max(self.y_end, y + 1), outer.y_end)
        return Window(x, y, x_end - x, y_end - y)

    def padded_to(self, values: npt.NDArray[Any], target: Window) -> npt.NDArray[Any]:
        """An array (H, W) or (H, W, C) over this window as one over ``target``, with its edges repeated.

        This window is ``target.nearest_inside`` of some larger one.
        """
        rows = np.clip(np.arange(target.y, target.y_end) - self.y, 0, self.height - 1)
        columns = np.clip(np.arange(target.x, target.x_end) - self.x, 0, self.width - 1)
        return values[rows][:, columns]

    def slices_in(self, outer: Window) -> tuple[slice, slice]:
        """Row and column slices of this window inside an array over ``outer``, which must hold it."""
        if self.intersection(outer) != self:
            raise ValueError(f"{self} does not lie inside {outer}")
        top, left = self.y - outer.y, self.x - outer.x
        return slice(top, top + self.height), slice(left, left + self.width)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}{self.x:+d}{self.y:+d}"


def union_of(windows: Iterable[Window]) -> Window:
    """The smallest window that holds all of ``windows``."""
    total = Window(0, 0, 0, 0)
    for window in windows:
        total = total.union(window)
    return total
