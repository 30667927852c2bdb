"""How fast what is seen moves in the pairs of a clip, measured on small frames and kept for the pairs beside them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import torch

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.frame import Frame
from vfi_plugin.image.window import Window
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.model import SMALLEST_SIDE_PX
from vfi_plugin.render.alignment import look_factor
from vfi_plugin.render.curved_path import Curvature, curvature, planes
from vfi_plugin.render.layout import GuideSource, Layout
from vfi_plugin.render.thinned import Colour, thinned
from vfi_plugin.render.way import Way

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

KEPT = 16
"""Frames, and pairs, whose small forms are kept, 1 to 3 MB each and view; a pair asks for four and three."""


class PathLook:
    """Looks at the frames around pairs; for one thread at a time.

    All is measured on a pair of frames alone, with their own exposure, so that it is the same whichever part of a clip
    is rendered.
    """

    def __init__(self, layout: Layout, transform: GuideTransform) -> None:
        self._layout, self._transform = layout, transform
        self._small: OrderedDict[int, dict[str, Colour]] = OrderedDict()
        self._velocities: OrderedDict[tuple[int, int], dict[str, torch.Tensor]] = OrderedDict()

    def see(self, frame: Frame) -> dict[str, Colour]:
        """View -> a frame in small, kept for whom asks later: reading it again takes longer."""
        return _kept(self._small, frame.number, lambda: self._made_small(frame))

    def _made_small(self, frame: Frame) -> dict[str, Colour]:
        return {
            guide.view: thinned(self._layout, frame, guide, window, look_factor(window))
            for guide in self._layout.guides
            if min((window := self._window(frame, guide)).shape) >= SMALLEST_SIDE_PX
        }

    def curvatures(self, way: Way, read: Callable[[int], Frame]) -> dict[str, Curvature]:
        """For each view between the inner two of four frames; none where they are not all of one size."""
        velocities = [self._between(first, second, read) for first, second in pairwise(way.frames)]
        found = {}
        for guide in self._layout.guides:
            if all(guide.view in each for each in velocities):
                window = self._window(read(way.frames[1]), guide)
                before, own, after = (each[guide.view] for each in velocities)
                found[guide.view] = curvature((before, own, after), way.durations, look_factor(window), window)
        return found

    def _window(self, frame: Frame, guide: GuideSource) -> Window:
        return frame.parts[self._layout.roles[guide.places[0]].part].display_window

    def _between(self, first: int, second: int, read: Callable[[int], Frame]) -> dict[str, torch.Tensor]:
        """View -> (1, 2, h, w) pixels from one frame to the other, in the middle between them."""
        return _kept(self._velocities, (first, second), lambda: self._measured(first, second, read))

    def _measured(self, first: int, second: int, read: Callable[[int], Frame]) -> dict[str, torch.Tensor]:
        before, after = (self._small.get(number) or self.see(read(number)) for number in (first, second))
        alike = [view for view in before if view in after and before[view].shape == after[view].shape]
        return {view: self._velocity(before[view], after[view]) for view in alike}

    def _velocity(self, before: Colour, after: Colour) -> torch.Tensor:
        gain = self._transform.exposure_gain(before, after)
        first, second = (planes(self._transform.to_guide(colour, gain)) for colour in (before, after))
        return FastPair(first, second, factor=1).velocity(0.5)


def _kept(kept: OrderedDict[_Key, _Value], key: _Key, make: Callable[[], _Value]) -> _Value:
    """What is there under a key, or is made for it; of what is there the last ``KEPT`` that were asked for stay."""
    value = kept[key] if key in kept else make()
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return value
