"""The way of what moves, through the frames around a pair and not from one of its frames straight to the other.

From two frames nobody can tell whether a thing between them speeds up, slows down or turns; the frame before and the
frame after can. Xu, Siyao, Sun, Yin, Yang: "Quadratic Video Interpolation", NeurIPS 2019, lead flow along a parabola
through four frames, by a network. Here velocities of three pairs of frames are measured on small frames, and what the
pair's own velocity differs from both others by is its acceleration, as far as both say so.

Measured on dropped frames (every second one left out), means of clips, by motion of `disfast`: +0.42 dB on 26 clips of
other scenes (up to +1.40, none under -0.05), +0.09 dB on 6 of held-out scenes (-0.22 to +0.34: a hand that shakes from
frame to frame follows no parabola). The mean of what both sides say in the place of the smaller: +0.17 and +0.07 dB
where it is one for the whole frame, and a third of the frames of the shaking clip get worse by 0.3 dB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.image.window import Window
from vfi_plugin.kernels.warp import warp
from vfi_plugin.motion.bend import Bend
from vfi_plugin.render.thinned import Colour
from vfi_plugin.render.way import Lengths

Tensor = torch.Tensor

_BLOCK_PX = 4
"""Of the small frames: acceleration is as smooth as that, and half a pixel of noise is not."""

_AROUND = 3
"""Blocks a side of the mean. 5 are 0.03 dB worse, 9 on grainy footage no better."""

_DOUBT_PX = 0.5
"""Where both sides disagree by this much, of the small frames, a block counts half in the mean of those around."""

_LEAST_PX = 0.05
"""Of the small frames: what a search for motion errs by where nothing speeds up. Less is none, so that what stands or
moves evenly is not sampled between pixels for the sake of noise; it costs 0.02 dB."""

Velocities = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Curvature:
    """By how much the velocity of what is seen changes over a pair, in the middle of it.

    Attributes:
        field: (1, 2, h, w) float32, pixels a pair a pair, x then y, y down, over blocks.
        factor: pixels of a block's side.
        window: the pixels that the blocks begin at.
    """

    field: Tensor
    factor: int
    window: Window

    def bend(self, t: float, view: Window) -> Bend | None:
        """For a frame at ``t`` over the pixels of a view; None where the way is straight.

        With constant acceleration a, content is a t (1 - t) / 2 behind the straight way, so that is where to look.
        """
        if not 0.0 < t < 1.0 or not bool(self.field.any()):
            return None
        return Bend(0.5 * t * (1.0 - t) * self.field, self.factor, self._origin(view))

    def gained(self, t: float, view: Window) -> Tensor:
        """(1, 2, H, W): what is to be added to a velocity that is the same all along, in pixels a pair."""
        field = Bend((t - 0.5) * self.field, self.factor, self._origin(view))
        return field.over(slice(0, view.height), slice(0, view.width))

    def _origin(self, view: Window) -> tuple[int, int]:
        return view.x - self.window.x, view.y - self.window.y


def curvature(velocities: Velocities, durations: Lengths, factor: int, window: Window) -> Curvature:
    """From velocities in the middle of the pair before, of the pair, and of the pair after.

    Args:
        velocities: (1, 2, h, w) float32 pixels a pair, of small frames.
        durations: of the three pairs, in any unit.
        factor: by how much the sides of frames were divided.
        window: of the frames.
    """
    before, own, after = (float(length / durations[1]) for length in durations)
    now = velocities[1]
    # What is here now was there in the middle of the pair before, and will be there in that of the pair after.
    steps = 0.5 * (before + own), 0.5 * (own + after)
    ways = (-steps[0] * now).contiguous(), (steps[1] * now).contiguous()
    since = _blocks((now - warp(velocities[0], ways[0]) / before) / steps[0])
    until = _blocks((warp(velocities[2], ways[1]) / after - now) / steps[1])
    doubt_px = (until - since).square().sum(1, keepdim=True).sqrt()
    trust = 1.0 / (1.0 + (doubt_px / _DOUBT_PX).square())
    field = _least(*(_mean(trust * gain) / _mean(trust) for gain in (since, until)))
    field = field.sign() * (field.abs() - _LEAST_PX).clamp(min=0.0)
    return Curvature(field * factor, _BLOCK_PX * factor, window)


def _least(first: Tensor, second: Tensor) -> Tensor:
    """What both have in common: the smaller of two of one sign, else nothing (the "minmod" of slope limiters)."""
    smaller = torch.where(first.abs() < second.abs(), first, second)
    return torch.where(first * second > 0, smaller, torch.zeros_like(first))


def _blocks(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, _BLOCK_PX, ceil_mode=True, count_include_pad=False)


def _mean(values: Tensor) -> Tensor:
    beyond = _AROUND // 2
    return F.avg_pool2d(F.pad(values, (beyond,) * 4, mode="replicate"), _AROUND, 1)


def planes(guide: Colour) -> Tensor:
    """(H, W, C) as (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(guide.transpose(2, 0, 1)))[None]
