"""Rectangles of pixels, as OpenEXR's data and display windows are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
