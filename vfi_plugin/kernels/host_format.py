"""How a picture lies in a host's memory: type, order of channels and rows, and the distances between them in bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vfi_plugin.errors import UsageError

PIXEL_TYPES = ("uint8", "uint16", "float16", "float32")
LAYOUTS = ("interleaved", "planar")


@dataclass(frozen=True)
class HostFormat:
    """What a host says of an image, apart from where it is. All distances are in bytes.

    The *first row* is the one that the host's pointer leads to. Row r of the host lies at ``r * row_bytes`` from it, so
    a negative ``row_bytes`` puts the following rows below it in memory. ``bottom_up`` says what the first row shows:

    ==============================  ===========  =========
    host                            row_bytes    bottom_up
    ==============================  ===========  =========
    OFX, rows upward (usual)        as given, >0  True
    OFX, rows downward in memory    as given, <0  True
    Nuke (y upward)                 > 0          True
    movies, stills, numpy           > 0          False
    ==============================  ===========  =========

    Attributes:
        width, height: pixels, at least 1.
        channels: at least 1, in the host's order, which stays (RGBA, BGRA, ...).
        pixel_type: "uint8", "uint16" (0 and the largest code stand for 0.0 and 1.0), "float16" or "float32" (any value,
            NaN and Inf too), in the machine's byte order.
        layout: "interleaved" (RGBARGBA...) or "planar" (RR..., GG..., ...).
        row_bytes: from a row to the host's next one; padding behind a row's pixels is never touched. None: no padding.
        plane_bytes: planar only, from a plane's first row to the next plane's; negative is allowed, and so are planes
            that alternate row by row. None: plane after plane, without a gap.
        bottom_up: whether the first row is the bottom of the picture.

    Raises:
        UsageError: a value is none of these, or rows or planes would overlap.
    """

    width: int
    height: int
    channels: int
    pixel_type: str = "float32"
    layout: str = "interleaved"
    row_bytes: int | None = None
    plane_bytes: int | None = None
    bottom_up: bool = False

    def __post_init__(self) -> None:
        if self.pixel_type not in PIXEL_TYPES or self.layout not in LAYOUTS:
            raise UsageError(
                f"got pixel type {self.pixel_type!r} and layout {self.layout!r}; use one of"
                f" {', '.join(PIXEL_TYPES)} and one of {', '.join(LAYOUTS)}"
            )
        self._check_numbers()
        if self.plane_bytes is not None and self.layout == "interleaved":
            raise UsageError(
                f"got plane_bytes {self.plane_bytes} for interleaved memory, which has no planes; leave it out"
            )
        if not self._rows_are_apart():
            raise UsageError(
                f"got row_bytes {self.row_step} and plane_bytes {self.plane_step}, with which rows of"
                f" {self.packed_row_bytes} bytes overlap; ask the host for both again: they are bytes, not pixels"
            )

    def _check_numbers(self) -> None:
        for name in ("width", "height", "channels"):
            value = getattr(self, name)
            if not is_whole(value) or value < 1:
                raise UsageError(f"got {name} {value!r}; needed a whole number from 1")
        for name in ("row_bytes", "plane_bytes"):
            value = getattr(self, name)
            if value is not None and not is_whole(value):
                raise UsageError(f"got {name} {value!r}; needed a whole number of bytes, or None for no padding")
        if not isinstance(self.bottom_up, bool):
            raise UsageError(f"got bottom_up {self.bottom_up!r}; needed True or False")

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The samples' type."""
        return np.dtype(self.pixel_type)

    @property
    def pixel_step(self) -> int:
        """Bytes from a sample to the same channel's next one in the row."""
        return self.dtype.itemsize * (self.channels if self.layout == "interleaved" else 1)

    @property
    def packed_row_bytes(self) -> int:
        """Bytes of one row's pixels, of one plane where there are planes, without padding."""
        return self.width * self.pixel_step

    @property
    def row_step(self) -> int:
        """Bytes from a row to the host's next one."""
        return self.packed_row_bytes if self.row_bytes is None else self.row_bytes

    @property
    def plane_step(self) -> int:
        """Bytes from a channel's first sample to the next channel's."""
        if self.layout == "interleaved":
            return self.dtype.itemsize
        packed = max(abs(self.row_step), self.packed_row_bytes) * self.height
        return packed if self.plane_bytes is None else self.plane_bytes

    @property
    def span_bytes(self) -> tuple[int, int]:
        """First byte, and the one behind the last, that pixels take, from the first pixel; padding does not count."""
        rows = (self.height - 1) * self.row_step
        planes = (self.channels - 1) * self.plane_step if self.layout == "planar" else 0
        return min(rows, 0) + min(planes, 0), max(rows, 0) + max(planes, 0) + self.packed_row_bytes

    @property
    def size_bytes(self) -> int:
        """How much memory the pixels span, with the padding between but not behind them."""
        first, end = self.span_bytes
        return end - first

    def _rows_are_apart(self) -> bool:
        """Whether no byte belongs to two samples: planes as a whole, or alternating row by row."""
        planes = self.channels if self.layout == "planar" else 1
        steps = sorted((abs(step), count) for step, count in ((self.row_step, self.height), (self.plane_step, planes)))
        reach = self.packed_row_bytes
        for step, count in steps:
            if count > 1 and step < reach:
                return False
            reach += (count - 1) * step
        return True


def is_whole(value: object) -> bool:
    """Whether this is an integer, Python's or numpy's."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
