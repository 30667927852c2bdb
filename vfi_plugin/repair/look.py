"""What a scan keeps of a frame while it looks at it: a small picture, some patches in full, facts about its numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.colour import GuideTransform, count_non_finite
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.render.layout import Layout

LONGER_SIDE_PX = 480
"""Of the small picture at most. Grain averages out of it, and motion is estimated on it in 10 ms."""

PATCH_PX = 96
"""Side of a patch in full resolution: some periods of the coarsest structure that a blur takes away."""

PATCH_GRID = (3, 4)
"""Rows and columns of patches, evenly spread: what is sharp in a picture with a shallow focus lies in some of them."""

_READERS = 2
"""Files that are read at a time: one decodes while another waits for the disk. Movies are read in order by one."""

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


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


@dataclass(frozen=True)
class Looker:
    """Looks at frames of a clip.

    Args:
        clip: the open source.
        layout: of its channels; the first guide's is the picture.
        transform: from its colour to the guide.
    """

    clip: Clip
    layout: Layout
    transform: GuideTransform

    def look(self, number: int) -> Look:
        """Reads a frame. One that cannot be read is a look with a ``fault``; see ``Clip.read`` for what is raised."""
        try:
            frame = self.clip.read(number)
        except UnreadableImageError as error:
            nothing = np.zeros((0, 0, 3), np.float32)
            return Look(number, nothing, np.zeros((0, 0, 0), np.float32), 1, 0, b"", fault=str(error))
        rgb = self.layout.guide_rgb(frame, self.layout.guides[0], frame.parts[0].display_window)
        factor = max(1, -(-max(rgb.shape[:2]) // LONGER_SIDE_PX))
        return Look(
            number=number,
            rgb=self.transform.to_guide(_block_means(_without_nan(rgb), factor)),
            patches=self._patches(rgb),
            factor=factor,
            non_finite=count_non_finite(rgb),
            digest=blake2b(np.ascontiguousarray(rgb).data, digest_size=16).digest(),
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
                    if len(waiting) > readers:
                        yield waiting.popleft().result()
                while waiting:
                    check()
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _patches(self, rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        windows = patch_windows(rgb.shape[0], rgb.shape[1])
        cut = [rgb[window.y : window.y_end, window.x : window.x_end] for window in windows]
        return np.stack([self.transform.to_guide(patch) @ _LUMA for patch in cut])


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


def _block_means(rgb: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """(H, W, 3) over blocks of ``factor`` px a side; what fills no block at the right and bottom is left out."""
    if factor == 1:
        return rgb
    height, width = (side // factor * factor for side in rgb.shape[:2])
    blocks = rgb[:height, :width].reshape(height // factor, factor, width // factor, factor, 3)
    means: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
