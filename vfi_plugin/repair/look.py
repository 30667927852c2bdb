"""What a scan keeps of a frame while it looks at it: a small picture, some patches in full, facts about its numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.render.layout import Layout
from vfi_plugin.repair.pixels import Pixels, pixels_of

LONGER_SIDE_PX = 480
"""Of the small picture at most. Grain averages out of it, and motion is estimated on it in 10 ms."""

PATCH_PX = 96
"""Side of a patch in full resolution: some periods of the coarsest structure that a blur takes away."""

PATCH_GRID = (3, 4)
"""Rows and columns of patches, evenly spread: what is sharp in a picture with a shallow focus lies in some of them."""

_READERS = 2
"""Files that are read at a time: one decodes while another waits for the disk. Movies are read in order by one."""

_AHEAD = 2
"""Looks that wait for each reader at most, so that it has work while a frame takes longer to measure."""

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Look:
    """A frame as a scan sees it; all pictures are guides (see ``image.colour``) at an exposure gain of 1.

    Attributes:
        number: of the frame.
        rgb: (h, w, 3) float32 in [0, 1], the display window with its longer side brought down to ``LONGER_SIDE_PX``
            by whole factors: each pixel the mean of a block.
        patches: (P, S, S) float32 luma of patches in full resolution, always at the same places; P is less than 12 and
            S less than ``PATCH_PX`` only in small frames.
        factor: pixels of the frame a pixel of ``rgb``, along each side.
        non_finite: NaN and infinite values of the colour.
        digest: of the stored values of the colour: equal where frames are the same to the last bit.
        fault: why the file cannot be read, else "". All else is then empty.
    """

    number: int
    rgb: npt.NDArray[np.float32]
    patches: npt.NDArray[np.float32]
    factor: int
    non_finite: int
    digest: bytes
    fault: str = ""

    @cached_property
    def luma(self) -> npt.NDArray[np.float32]:
        """(h, w) float32 of ``rgb``."""
        grey: npt.NDArray[np.float32] = single_threaded_opencv().transform(self.rgb, LUMA[None])
        return grey


@dataclass(frozen=True)
class Looker:
    """Looks at frames of a clip.

    Args:
        clip: the open source.
        layout: of its channels; the first guide's is the picture.
        transform: from its colour to the guide.
        size: height and width that frames must have, px; None for any. A frame of another cannot be compared, so it is
            a look with a ``fault``.
    """

    clip: Clip
    layout: Layout
    transform: GuideTransform
    size: tuple[int, int] | None = None

    def look(self, number: int) -> Look:
        """Reads a frame. One that cannot be read is a look with a ``fault``; see ``Clip.read`` for what is raised."""
        try:
            pixels = pixels_of(self.clip, self.layout, number)
            if self.size not in (None, pixels.size):
                raise UnreadableImageError(_other_size(number, pixels.size, self.size))
        except UnreadableImageError as error:
            nothing = np.zeros((0, 0, 3), np.float32)
            return Look(number, nothing, np.zeros((0, 0, 0), np.float32), 1, 0, b"", fault=str(error))
        factor = max(1, -(-max(pixels.size) // LONGER_SIDE_PX))
        means = pixels.means(factor)
        # Means of finite values are finite, so the small picture and its ragged edges tell of NaN for all others.
        whole = np.isfinite(means).all() and np.isfinite(_edges(pixels, factor)).all()
        return Look(
            number=number,
            rgb=self.transform.to_guide(_without_nan(means)),
            patches=self._patches(pixels),
            factor=factor,
            non_finite=0 if whole else pixels.non_finite(),
            digest=pixels.digest(),
        )

    def looks(self, numbers: Sequence[int], check: Callable[[], None]) -> Iterator[Look]:
        """Looks at frames in order, reading ahead; ``check`` is called before each and raises to stop."""
        waiting: deque[Future[Look]] = deque()
        readers = _READERS if len({self.clip.path(number) for number in numbers[:2]}) > 1 else 1
        with ThreadPoolExecutor(readers, thread_name_prefix="vfi-look") as pool:
            try:
                for number in numbers:
                    check()
                    waiting.append(pool.submit(self.look, number))
                    if len(waiting) > _AHEAD * readers:
                        yield waiting.popleft().result()
                while waiting:
                    check()
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _patches(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        cut = np.stack([pixels.cut(window) for window in patch_windows(*pixels.size)])
        count, side = cut.shape[:2]
        guide = self.transform.to_guide(cut.reshape(count * side, side, 3)) @ LUMA
        return guide.reshape(count, side, side)


def patch_windows(height: int, width: int) -> list[Window]:
    """Where the patches of a frame of this size are: the middles of a grid's cells, in whole pixels."""
    side = min(PATCH_PX, height, width)
    rows, columns = min(PATCH_GRID[0], height // side), min(PATCH_GRID[1], width // side)
    tops = [(2 * row + 1) * height // (2 * rows) - side // 2 for row in range(rows)]
    lefts = [(2 * column + 1) * width // (2 * columns) - side // 2 for column in range(columns)]
    return [
        Window(min(max(left, 0), width - side), min(max(top, 0), height - side), side, side)
        for top in tops
        for left in lefts
    ]


def _without_nan(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The picture itself, or a copy without what would spread over a block's mean."""
    return rgb if np.isfinite(rgb).all() else np.nan_to_num(rgb, nan=0.0, posinf=0.0, neginf=0.0)


def _edges(pixels: Pixels, factor: int) -> npt.NDArray[np.float32]:
    """(N, 3): the pixels at the right and bottom that fill no block."""
    height, width = pixels.size
    rows, columns = height // factor * factor, width // factor * factor
    strips = Window(columns, 0, width - columns, height), Window(0, rows, width, height - rows)
    return np.concatenate([pixels.cut(strip).reshape(-1, 3) for strip in strips])


def _other_size(number: int, size: tuple[int, int], wanted: tuple[int, int] | None) -> str:
    told = [f"{width}x{height}" for height, width in (size, wanted or size)]
    return f"frame {number} is {told[0]}, and the clip {told[1]}"
