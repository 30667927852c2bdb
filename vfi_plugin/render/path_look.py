"""How fast what is seen moves in the pairs of a clip, measured on small frames and kept for the pairs beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import torch

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.frame import Frame
from vfi_plugin.image.window import Window
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.model import SMALLEST_SIDE_PX
from vfi_plugin.render.alignment import look_factor
from vfi_plugin.render.curved_path import Colour, Curvature, curvature, lengths, planes
from vfi_plugin.render.layout import GuideSource, Layout
from vfi_plugin.render.thinned import thinned

KEPT = 16
"""Frames, and pairs, whose small forms are kept: 2 MB each; a pair asks for four and three."""

Four = tuple[int, int, int, int]


class PathLook:
    """Looks at the frames around pairs; for one thread at a time.

    All is measured on a pair of frames alone, with their own exposure, so that it is the same whichever part of a clip
    is rendered.
    """

    def __init__(self, layout: Layout, transform: GuideTransform) -> None:
        self._layout, self._transform = layout, transform
        self._small: dict[int, dict[str, Colour]] = {}
        self._velocities: dict[tuple[int, int], dict[str, torch.Tensor]] = {}

    def see(self, frame: Frame) -> None:
        """Keeps a frame in small, for whom asks later: reading it again takes longer."""
        if frame.number in self._small:
            return
        self._small[frame.number] = {
            guide.view: thinned(self._layout, frame, guide, window, look_factor(window))
            for guide in self._layout.guides
            if min((window := self._window(frame, guide)).shape) >= SMALLEST_SIDE_PX
        }
        _limit(self._small)

    def curvatures(self, frames: Four, times: Sequence[Fraction], read: Callable[[int], Frame]) -> dict[str, Curvature]:
        """For each view between the inner two of four frames; none where the pairs do not compare."""
        durations = lengths(times)
        if durations is None:
            return {}
        found = {}
        velocities = [self._between(first, second, read) for first, second in pairwise(frames)]
        for guide in self._layout.guides:
            if guide.view in velocities[1]:
                window = self._window(read(frames[1]), guide)
                before, own, after = (each[guide.view] for each in velocities)
                found[guide.view] = curvature((before, own, after), durations, look_factor(window), window)
        return found

    def _window(self, frame: Frame, guide: GuideSource) -> Window:
        return frame.parts[self._layout.roles[guide.places[0]].part].display_window

    def _between(self, first: int, second: int, read: Callable[[int], Frame]) -> dict[str, torch.Tensor]:
        """View -> (1, 2, h, w) pixels from one frame to the other, in the middle between them."""
        if (first, second) not in self._velocities:
            for number in (first, second):
                if number not in self._small:
                    self.see(read(number))
            pair = self._small[first], self._small[second]
            self._velocities[first, second] = {view: self._velocity(pair[0][view], pair[1][view]) for view in pair[0]}
            _limit(self._velocities)
        return self._velocities[first, second]

    def _velocity(self, before: Colour, after: Colour) -> torch.Tensor:
        gain = self._transform.exposure_gain(before, after)
        first, second = (planes(self._transform.to_guide(colour, gain)) for colour in (before, after))
        return FastPair(first, second, factor=1).velocity(0.5)


def _limit(kept: dict[int, dict[str, Colour]] | dict[tuple[int, int], dict[str, torch.Tensor]]) -> None:
    while len(kept) > KEPT:
        del kept[next(iter(kept))]  # type: ignore[arg-type]
