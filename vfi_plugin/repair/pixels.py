"""The colour of a frame, reached without making a full-size float picture of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.compiled import native_module
from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.colour import count_non_finite
from vfi_plugin.image.frame import Frame, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.movie_shrunk import block_means, cut_rgb, shrunk_rgb, stored_planes
from vfi_plugin.render.layout import Layout

Rgb = npt.NDArray[np.float32]


class Pixels(ABC):
    """The colour of a frame over its display window, in the clip's colour space."""

    size: tuple[int, int]
    """Height and width of the display window, px."""

    @abstractmethod
    def means(self, factor: int) -> Rgb:
        """(H // factor, W // factor, 3) float32: means of blocks; NaN and infinite where a block holds one."""

    @abstractmethod
    def cut(self, window: Window) -> Rgb:
        """(h, w, 3) float32: the pixels of ``window``, which is counted from the display window's corner."""

    @abstractmethod
    def non_finite(self) -> int:
        """How many values are NaN or infinite."""

    @abstractmethod
    def _stored(self) -> list[npt.NDArray[Any]]:
        """The planes as they are stored."""

    def digest(self) -> bytes:
        """Of the stored values, 8 bytes a plane: equal for equal frames, and practically never for others.

        A check sum, at the speed of memory; nobody forges frames to be taken for repeats.
        """
        stored = (np.ascontiguousarray(plane).reshape(-1).view(np.uint8) for plane in self._stored())
        return b"".join(native_module().checksum(values).to_bytes(8, "little") for values in stored)


class FramePixels(Pixels):
    """Of a frame that is read whole; its planes stay in the file's own type until they are small."""

    def __init__(self, frame: Frame, layout: Layout) -> None:
        self._window = frame.parts[0].display_window
        self._planes = [_plane(frame, layout, place, self._window) for place in layout.guides[0].places]
        self.size = self._window.shape

    def means(self, factor: int) -> Rgb:
        """See ``Pixels.means``."""
        small = {id(plane): block_means(plane, factor) for plane in self._planes}
        return np.stack([small[id(plane)] for plane in self._planes], axis=-1)

    def cut(self, window: Window) -> Rgb:
        """See ``Pixels.cut``."""
        cut = [block_means(plane[window.y : window.y_end, window.x : window.x_end], 1) for plane in self._planes]
        return np.stack(cut, axis=-1)

    def non_finite(self) -> int:
        """See ``Pixels.non_finite``."""
        return sum(count_non_finite(plane) for plane in self._planes)

    def _stored(self) -> list[npt.NDArray[Any]]:
        return list({id(plane): plane for plane in self._planes}.values())


class MoviePixels(Pixels):
    """Of a decoded movie frame; it cannot hold NaN."""

    def __init__(self, decoded: Any) -> None:
        self._decoded = decoded
        self.size = decoded.height, decoded.width

    def means(self, factor: int) -> Rgb:
        """See ``Pixels.means``."""
        return shrunk_rgb(self._decoded, factor)

    def cut(self, window: Window) -> Rgb:
        """See ``Pixels.cut``."""
        return cut_rgb(self._decoded, window)

    def non_finite(self) -> int:
        """None."""
        return 0

    def _stored(self) -> list[npt.NDArray[Any]]:
        return list(stored_planes(self._decoded))


def pixels_of(clip: Clip, layout: Layout, number: int) -> Pixels:
    """The colour of a frame.

    Raises:
        UnreadableImageError: the file is damaged, or lacks the channels of the clip's first frame.
        MissingFramesError, InputError: as ``Clip.read``.
    """
    # Only movies have it, and naming their class here would load FFmpeg for every sequence.
    decoded = getattr(clip, "decoded", None)
    if decoded is not None:
        return MoviePixels(decoded(number))
    return FramePixels(clip.read(number), layout)


def _plane(frame: Frame, layout: Layout, place: int, window: Window) -> Plane:
    role = layout.roles[place]
    if role.part >= len(frame.parts) or role.channel not in frame.parts[role.part].planes:
        raise UnreadableImageError(f"frame {frame.number} lacks the channel {role.channel} of the clip's first frame")
    part = frame.parts[role.part]
    shared = part.data_window.intersection(window)
    if shared == window:
        return part.planes[role.channel][window.slices_in(part.data_window)]
    return part.plane_over(role.channel, window)
