"""A frame as it is in its file: parts, each with named channels over a data window in a display window.

Nothing here computes on pixels. Planes keep the type of the file (``float16``, ``float32``, ``uint32``...), so a frame
that is read and written again is the same frame, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.window import Window

Plane = npt.NDArray[Any]
"""One channel: ``(height, width)`` over the data window, in the file's own type."""


@dataclass(frozen=True)
class Attribute:
    """A header entry with its type, so that it is written back as what it was.

    ``type`` is OpenEXR's name of the type: ``"float"``, ``"rational"``, ``"m44f"``, ``"timecode"``, ``"string"``...
    """

    type: str
    value: Any


@dataclass(frozen=True)
class Part:
    """One part of a file (a subimage); most files have one.

    Attributes:
        planes: channel name as in the file -> array ``(data_window.height, data_window.width)``, in file order.
            Values are as stored: scene-linear and unbounded for EXR, scaled to [0, 1] for integer formats.
        data_window: the pixels that are there.
        display_window: the format of the shot; the data window may be larger, smaller or apart.
        name: the part's name, or "".
        view: the stereo view the whole part belongs to, or "".
        attributes: all other header entries, windows excluded.
    """

    planes: Mapping[str, Plane]
    data_window: Window
    display_window: Window
    name: str = ""
    view: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for channel, plane in self.planes.items():
            if plane.shape != self.data_window.shape:
                raise ValueError(f"channel {channel}: shape {plane.shape} is not the data window's {self.data_window}")

    def with_attributes(self, changes: Mapping[str, Attribute | None]) -> Part:
        """A copy with header entries set, or removed where the new value is None."""
        merged = {**self.attributes, **changes}
        return replace(self, attributes={name: value for name, value in merged.items() if value is not None})

    def plane_over(self, channel: str, window: Window) -> Plane:
        """One channel over ``window``: cropped where that is smaller, zero where there is no data."""
        plane = self.planes[channel]
        if window == self.data_window:
            return plane
        placed = np.zeros(window.shape, plane.dtype)
        shared = self.data_window.intersection(window)
        if shared.width and shared.height:
            placed[shared.slices_in(window)] = plane[shared.slices_in(self.data_window)]
        return placed


@dataclass(frozen=True)
class Frame:
    """A picture of a clip: its parts, in file order, and its number in the clip."""

    parts: tuple[Part, ...]
    number: int = 0

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a frame needs at least one part")

    @property
    def nbytes(self) -> int:
        """Bytes of pixels held."""
        return sum(plane.nbytes for part in self.parts for plane in part.planes.values())
