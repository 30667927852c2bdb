"""Motion vectors as layers of the output: where each pixel's content is in the next and in the previous output frame.

As Nuke writes them: ``forward.u/v`` and ``backward.u/v``, full-resolution pixels, y up. They are float32, so that
nothing is lost where they are given back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.kernels.warp import warp
from vfi_plugin.render.estimator import ViewPair, WholePair
from vfi_plugin.render.layout import GuideSource, Layout
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.spans import Key, Step
from vfi_plugin.render.vector_names import LAYERS, layer_names

Looked = Mapping[Key, Mapping[str, ViewPair]]
"""What was found in each pair, view by view."""


class Vectors:
    """Writes the vectors of a job into its frames: each view's into the part that its motion was seen in."""

    def __init__(self, job: RetimeJob) -> None:
        self._layout = job.layout

    def alone(self, frame: Frame) -> Frame:
        """A source frame without a channel, ready for vectors alone."""
        wanted = sorted({_part_of(guide, self._layout) for guide in self._layout.guides})
        return replace(frame, parts=tuple(replace(frame.parts[part], planes={}) for part in wanted))

    def added(self, frame: Frame, ways: tuple[Sequence[Step], Sequence[Step]], pairs: Looked) -> Frame:
        """The frame with both layers; ``ways`` lead to the next and to the previous output frame."""
        kept = sorted({_part_of(guide, self._layout) for guide in self._layout.guides})
        if any(part.planes for part in frame.parts):
            kept = list(self._layout.kept_parts)
        parts = list(frame.parts)
        for guide in self._layout.guides:
            at = kept.index(_part_of(guide, self._layout))
            for layer, way in zip(LAYERS, ways, strict=True):
                parts[at] = _with_layer(parts[at], layer_names(layer, guide, self._layout), way, guide.view, pairs)
        return replace(frame, parts=tuple(parts))


def _part_of(guide: GuideSource, layout: Layout) -> int:
    """The part that a view's motion is seen in, or the first of the view that is written."""
    own, written = layout.roles[guide.places[0]].part, layout.parts_of_view(guide.view)
    return own if own in written else written[0]


def _with_layer(part: Part, names: tuple[str, str], way: Sequence[Step], view: str, pairs: Looked) -> Part:
    moved = _displacement(way, view, pairs, part.data_window)
    up = np.float32(0) - moved[1]  # 0 - x, not -x: what stands still is 0 and not -0
    return replace(part, planes={**part.planes, names[0]: moved[0], names[1]: up})


def _displacement(way: Sequence[Step], view: str, pairs: Looked, window: Window) -> npt.NDArray[np.float32]:
    """Where a way leads, from each pixel of ``window`` on: (2, H, W) float32 px, x then y, y down."""
    total = None
    for step in way:
        pair = pairs[step.pair][view]
        assert isinstance(pair, WholePair)  # frames that get vectors are made at once
        share = float(step.end - step.begin)
        motion = share * _over(pair.velocity(float(step.begin)), pair.window, window)
        total = motion if total is None else total + warp(motion, total)
    if total is None:
        return np.zeros((2, *window.shape), np.float32)
    found: npt.NDArray[np.float32] = total[0].cpu().numpy()
    return found


def _over(values: torch.Tensor, window: Window, wanted: Window) -> torch.Tensor:
    """(N, C, H, W) over ``window`` brought to ``wanted``, with its edges repeated where it has nothing."""
    rows, columns = (
        (torch.arange(length, device=values.device) + start).clamp(0, size - 1)
        for length, start, size in (
            (wanted.height, wanted.y - window.y, window.height),
            (wanted.width, wanted.x - window.x, window.width),
        )
    )
    return values[..., rows, :][..., columns].contiguous()
