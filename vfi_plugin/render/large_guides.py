"""The guides of a pair of frames that is too large for them: made piece by piece, whenever a piece is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.colour import GuideTransform, count_non_finite
from vfi_plugin.image.frame import Frame
from vfi_plugin.image.guide_exposure import sampled_places
from vfi_plugin.image.window import Window
from vfi_plugin.models.resizing import averaged, peaks
from vfi_plugin.render.curved_path import Curvature, planes
from vfi_plugin.render.device_copies import on_device
from vfi_plugin.render.layout import GuideSource, Layout

Image = npt.NDArray[np.float32]

# Pixels of a guide at once: 25 MB, and as much for the colour that it is made of.
_BAND_PIXELS = 1 << 21


@dataclass(frozen=True)
class LargeGuides:
    """Both guides of a view, as ``GuidePair`` tells, of which only pieces are in memory.

    Attributes:
        frames: the earlier and the later one.
        source: the channels that are looked at.
        window: all pixels of the view.
        layout: of the clip.
        transform: from the clip's colour to the guide.
        gain: the exposure of both guides.
        curvature: of the way between both frames; None where it is straight.
    """

    frames: tuple[Frame, Frame]
    source: GuideSource
    window: Window
    layout: Layout
    transform: GuideTransform
    gain: float = 1.0
    curvature: Curvature | None = None

    def with_exposure(self) -> LargeGuides:
        """The same with the gain that both frames together ask for, the one of ``GuidePair``."""
        # The grid is that of the whole frame, so that a frame has one exposure, however it is looked at.
        rows, columns = sampled_places(*self.window.shape)
        samples = [self.layout.guide_samples(frame, self.source, self.window, rows, columns) for frame in self.frames]
        return replace(self, gain=self.transform.exposure_gain(samples[0], samples[1]))

    def non_finite(self, which: int) -> int:
        """How many values of one frame's colour are NaN or infinite."""
        bands = (self._rgb(which, band) for band in self._bands(1))
        return sum(count_non_finite(band) for band in bands)

    def crop(self, which: int, window: Window) -> Image:
        """(H, W, 3) float32 in [0, 1] of the earlier (0) or later (1) frame; its edges are repeated outside."""
        inside = window.nearest_inside(self.window)
        guide = self.transform.to_guide(self._rgb(which, inside), self.gain)
        return guide if inside == window else np.ascontiguousarray(inside.padded_to(guide, window))

    @cached_property
    def before(self) -> Image:
        """The earlier frame's whole guide, for those who need all of it; kept then."""
        return self.crop(0, self.window)

    @cached_property
    def after(self) -> Image:
        """The later frame's whole guide."""
        return self.crop(1, self.window)

    def reduced(self, which: int, factor: int, device: torch.device) -> torch.Tensor:
        """(1, 3, H, W): a guide averaged over blocks of ``factor`` pixels a side, the same as of the whole one."""
        bands = []
        for band in self._bands(factor):
            bands.append(averaged(planes(self.crop(which, band)), factor))
        return on_device(torch.cat(bands, 2), device)

    def peaks(self, which: int, factor: int, device: torch.device) -> torch.Tensor:
        """(1, 1, H, W): the largest value of a guide in each block of ``factor`` pixels a side."""
        bands = [peaks(planes(self.crop(which, band)), factor) for band in self._bands(factor)]
        return on_device(torch.cat(bands, 2), device)

    def _rgb(self, which: int, window: Window) -> Image:
        return self.layout.guide_rgb(self.frames[which], self.source, window)

    def _bands(self, factor: int) -> list[Window]:
        """Bands of the window, of whole blocks of ``factor`` rows."""
        whole = self.window
        rows = max(_BAND_PIXELS // max(whole.width, 1) // factor, 1) * factor
        tops = range(whole.y, whole.y_end, rows)
        return [Window(whole.x, top, whole.width, min(rows, whole.y_end - top)) for top in tops]


@dataclass(frozen=True)
class GuidesOnDevice:
    """The guides as models look at them, see ``WholeFrames``.

    Attributes:
        offsets: how far right and down of the view's place each frame is shown.
    """

    guides: LargeGuides
    device: torch.device
    offsets: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))

    @property
    def height(self) -> int:
        """Of the view."""
        return self.guides.window.height

    @property
    def width(self) -> int:
        """Of the view."""
        return self.guides.window.width

    def crop(self, which: int, top: int, left: int, height: int, width: int) -> torch.Tensor:
        """(1, 3, height, width) of the earlier (0) or later (1) guide, in memory of its own; edges are repeated."""
        whole = self.guides.window
        right, down = self.offsets[which]
        guide = self.guides.crop(which, Window(whole.x + left + right, whole.y + top + down, width, height))
        return on_device(planes(guide), self.device)
