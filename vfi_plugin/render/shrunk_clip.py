"""A clip seen small: blocks of pixels averaged, for previews."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.frame import Frame, Part, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader

_CACHE_BYTES = 256 << 20
"""Some hundred frames of 960x540 RGBA: an artist goes to and fro over a shot, and a plate takes long to read."""


@dataclass(frozen=True)
class Shrinking:
    """How frames are shrunk.

    Attributes:
        factor: pixels of the source a pixel, along each side.
        channels: names of the channels to keep, by the number of their part; all others are left out.
    """

    factor: int
    channels: Mapping[int, frozenset[str]]

    def window(self, window: Window) -> Window:
        """What becomes of a display window; what fills no whole pixel at the right and bottom is cut off."""
        return Window(0, 0, max(window.width // self.factor, 1), max(window.height // self.factor, 1))

    def frame(self, frame: Frame) -> Frame:
        """The display windows of all parts, each pixel the float32 mean of its block; empty where there is no data."""
        return replace(frame, parts=tuple(self._part(index, part) for index, part in enumerate(frame.parts)))

    def _part(self, index: int, part: Part) -> Part:
        window, display = self.window(part.display_window), part.display_window
        kept = [name for name in part.planes if name in self.channels.get(index, ())]
        planes = {name: self.mean(part.plane_over(name, display)) for name in kept}
        return replace(part, planes=planes, data_window=window, display_window=window)

    def mean(self, plane: Plane) -> npt.NDArray[np.float32]:
        """A plane over a whole display window, each pixel the float32 mean of its block."""
        rows, columns = (min(self.factor, side) for side in plane.shape)
        window = self.window(Window(0, 0, plane.shape[1], plane.shape[0]))
        trimmed = plane[: window.height * rows, : window.width * columns]
        blocks = trimmed.reshape(window.height, rows, window.width, columns)
        mean: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
        return mean


class ShrunkFrames:
    """Shrunk frames of the clips that were looked at last; a file that was written anew is read anew."""

    def __init__(self) -> None:
        self._frames: OrderedDict[object, Frame] = OrderedDict()

    def get(self, clip: Clip, number: int, shrinking: Shrinking) -> Frame:
        """Frame ``number`` of ``clip``, shrunk. Raises as ``Clip.read``."""
        path = clip.path(number)
        state = path.stat() if path.exists() else None
        identity = None if state is None else (state.st_mtime_ns, state.st_size)
        key = (path, number, identity, shrinking.factor, frozenset(shrinking.channels.items()))
        if key not in self._frames:
            self._frames[key] = shrinking.frame(clip.read(number))
        self._frames.move_to_end(key)
        while len(self._frames) > 1 and sum(frame.nbytes for frame in self._frames.values()) > _CACHE_BYTES:
            self._frames.popitem(last=False)
        return self._frames[key]


class ShrunkClip(Clip):
    """The frames of another clip, shrunk."""

    def __init__(self, clip: Clip, shrinking: Shrinking, frames: ShrunkFrames) -> None:
        self.name, self.numbers, self.rate = clip.name, clip.numbers, clip.rate
        self._clip = clip
        self._shrinking = shrinking
        self._frames = frames

    def read(self, number: int) -> Frame:
        """See ``Clip.read``."""
        return self._frames.get(self._clip, number, self._shrinking)

    def header(self, number: int) -> tuple[PartHeader, ...]:
        """See ``Clip.header``; the windows are the small ones."""
        shrunk = []
        for index, part in enumerate(self._clip.header(number)):
            window = self._shrinking.window(part.display_window)
            kept = tuple(item for item in part.channels if item[0] in self._shrinking.channels.get(index, ()))
            shrunk.append(replace(part, channels=kept, data_window=window, display_window=window))
        return tuple(shrunk)

    def path(self, number: int) -> Path:
        """See ``Clip.path``."""
        return self._clip.path(number)
