"""Frames of the source, read once and kept for a while, and the pairs made of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.colour import GuideTransform, count_non_finite
from vfi_plugin.image.frame import Frame
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.render.curved_path import Curvature
from vfi_plugin.render.cuts import WINDOW, Signature, cut_between, signature
from vfi_plugin.render.frames_ahead import FramesAhead
from vfi_plugin.render.given_vectors import GivenFlows
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.layout import GuideSource, Layout
from vfi_plugin.render.path_look import PathLook
from vfi_plugin.render.thinned import thinned
from vfi_plugin.render.tiling import Tiling

KEPT_FRAMES = 2 * WINDOW + 2
"""Frames that one pair and its look for cuts read, and those of the pairs beside it, in whichever direction time runs;
more would only fill memory."""

_SIGNATURE_SIDE_PX = 256
"""Pixels of the longer side that a frame is thinned to before its guide is made for a signature."""


@dataclass(frozen=True)
class GuidePair:
    """Both guides of a pair for one view: (H, W, 3) float32 in [0, 1] over ``window``, bent by the same ``gain``.

    ``flows`` is set where motion was given and is not to be looked for. ``pieces`` are the same guides, for who has to
    see parts of both frames that lie apart. ``curvature`` is of the way between both frames; None where it is straight.
    """

    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]
    gain: float
    window: Window
    flows: GivenFlows | None = None
    pieces: LargeGuides | None = None
    curvature: Curvature | None = None


class FrameSource:
    """A clip with its colour and channels understood. Safe to use from one thread at a time per method."""

    def __init__(
        self,
        clip: Clip,
        numbers: tuple[int, ...],
        layout: Layout,
        transform: GuideTransform,
        tiling: Tiling,
        paths: PathLook | None = None,
    ) -> None:
        self.layout = layout
        self._paths = paths  # sees what is read for another reason anyway
        self._tiling = tiling
        # A movie's frames are decoded one after the other, whoever asks for them.
        self._decoding = FramesAhead(clip.read, tiling.readers if clip.is_of_files else 1)
        self._numbers = numbers
        self._transform = transform
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._signatures: dict[int, Signature] = {}
        self._lock = threading.Lock()
        self.non_finite: dict[int, int] = {}
        """Source frame -> how many values of its colour are NaN or infinite."""

    def frame(self, number: int) -> Frame:
        """A frame, from the cache where it is there. Raises as ``Clip.read``."""
        with self._lock:
            if number in self._frames:
                self._frames.move_to_end(number)
                return self._frames[number]
        frame = self._decoding.get(number)
        with self._lock:
            self._frames[number] = frame
            while self._has_too_many():
                self._frames.popitem(last=False)
        return frame

    def expect(self, numbers: Iterable[int]) -> None:
        """Tells which frames will be wanted, in order, so that they are decoded before they are asked for."""
        self._decoding.expect(numbers)

    def close(self) -> None:
        """Ends what is being read ahead."""
        self._decoding.close()

    def _has_too_many(self) -> bool:
        held = sum(frame.nbytes for frame in self._frames.values())
        return len(self._frames) > KEPT_FRAMES or (len(self._frames) > 2 and held > self._tiling.cache_bytes)

    def guides(self, pair: tuple[Frame, Frame], source: GuideSource, window: Window) -> GuidePair | LargeGuides:
        """The guides of a pair for one view, with an exposure measured on both."""
        if self._tiling.is_large(window):
            return self._large_guides(LargeGuides(pair, source, window, self.layout, self._transform))
        rgb = [self.layout.guide_rgb(frame, source, window) for frame in pair]
        for frame, pixels in zip(pair, rgb, strict=True):
            if bad := count_non_finite(pixels):
                self.non_finite[frame.number] = bad
        gain = self._transform.exposure_gain(rgb[0], rgb[1])
        before, after = (self._transform.to_guide(pixels, gain) for pixels in rgb)
        pieces = LargeGuides(pair, source, window, self.layout, self._transform, gain)
        return GuidePair(before, after, gain, window, pieces=pieces)

    def _large_guides(self, guides: LargeGuides) -> LargeGuides:
        for which, frame in enumerate(guides.frames):
            if bad := guides.non_finite(which):
                self.non_finite[frame.number] = bad
        return guides.with_exposure()

    def is_cut_after(self, earlier: int) -> bool:
        """Whether a new shot begins with the next frame, seen in a fixed window of frames around the pair.

        The window is of source frames, wherever a chunk begins, so that every chunk decides alike.
        """
        around = self.around(earlier)
        at = around.index(earlier)
        self._signatures = {n: kept for n, kept in self._signatures.items() if abs(n - earlier) <= 4 * WINDOW}
        return cut_between([self._signature(number) for number in around], at)

    def around(self, earlier: int) -> tuple[int, ...]:
        """The frames that tell whether a new shot begins after one of them."""
        at = self._numbers.index(earlier)
        return self._numbers[max(0, at + 1 - WINDOW) : at + 1 + WINDOW]

    def _signature(self, number: int) -> Signature:
        if number not in self._signatures:
            frame = self.frame(number)
            display = frame.parts[0].display_window
            step = max(1, max(display.shape) // _SIGNATURE_SIDE_PX)
            colour = thinned(self.layout, frame, self.layout.guides[0], display, step)
            self._signatures[number] = signature(self._transform.to_guide(colour))
            if self._paths is not None:
                self._paths.see(frame)
        return self._signatures[number]
