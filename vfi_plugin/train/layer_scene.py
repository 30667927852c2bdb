"""Layers in front of each other, drawn at any time, with the exact flow and what of it is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.train.layer_motion import Floats, LayerMotion

Tensor = torch.Tensor
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """What is seen at a time, and where it is at another.

    Attributes:
        flow: (N, 2, H, W) px, x and y: where the content of each pixel is at the other time, less where it is.
        visible: (N, 1, H, W) in [0, 1]: how much of it can be seen there; 0 outside the frame and behind others.
    """

    flow: Tensor
    visible: Tensor


@dataclass(frozen=True)
class LayerScene:
    """N scenes of one size, each of one layer or several, P in all.

    Layers are sampled between pixels of their canvases linearly. A pixel is looked at ``looks`` times, no two in one
    row or one column of it, and shows the mean: so edges and what is finer than a pixel are smoothed alike at every
    time, and with an open shutter the looks are spread over it.

    Attributes:
        endless: (E, 4, C, C) float32, R G B A, premultiplied, in [0, 1]: canvases that go on beyond their edges, as in
            a mirror. The first N belong to scenes 0 to N - 1, lie at the back and are opaque.
        bounded: (P - E, 4, C, C), canvases beyond whose edges is nothing.
        motion: of the P layers, endless ones first.
        scenes: (P,) which scene a layer belongs to.
        depths: (P,) 0 for the one at the back; those of one scene differ. Among the endless layers and among the
            bounded ones they ascend.
        side: of the square frames, px.
        shutter: (N,) how long each scene's shutter is open, as a part of the interval, around the time of the frame.
        looks: a power of 2.
    """

    endless: Tensor
    bounded: Tensor
    motion: LayerMotion
    scenes: Integers
    depths: Integers
    side: int
    shutter: Floats
    looks: int = 4

    def frames(self, times: Floats) -> Tensor:
        """(N, 3, H, W) float32 in [0, 1], each scene at a time of its own (N,)."""
        total = torch.zeros(len(self.shutter), 3, self.side, self.side, device=self.endless.device)
        for x, y, when in _looks(self.looks):
            canvas = self._canvas(times + self.shutter * when, (x, y))
            total += self._composed(self._sampled(canvas, slice(0, 4)))
        return total / self.looks

    def seen(self, at: Floats, to: Floats) -> Seen:
        """The flow from times ``at`` to times ``to``, each (N,), of the layer that is seen best in each pixel.

        It is that of the pixel's centre in the middle of the shutter.
        """
        canvas = self._canvas(at)
        flow = self.motion.to_frame(canvas, to[self.scenes]) - torch.stack(self._grid, -1)
        hidden_there = self._in_front(self._sampled(self._canvas(to), slice(3, 4)))
        alpha = self._sampled(canvas, slice(3, 4))
        weight = torch.cat(alpha) * self._in_front(alpha)
        place = (flow + torch.stack(self._grid, -1)) * (2.0 / (self.side - 1))
        visible = F.grid_sample(hidden_there, place, padding_mode="zeros", align_corners=True)
        return self._of_best(weight, torch.cat([flow.permute(0, 3, 1, 2), visible], 1))

    @cached_property
    def _groups(self) -> list[tuple[slice, Tensor]]:
        """From the back to the front: layers side by side, of one depth and either endless or bounded; their scenes."""
        count, device = len(self.endless), self.endless.device
        found: list[tuple[slice, Tensor]] = []
        for depth in range(int(self.depths.max()) + 1):
            at = np.flatnonzero(self.depths == depth)
            groups = [group for group in (at[at < count], at[at >= count]) if len(group)]
            found += [(slice(g[0], g[-1] + 1), torch.from_numpy(self.scenes[g]).to(device)) for g in groups]
        return found

    @cached_property
    def _grid(self) -> tuple[Tensor, Tensor]:
        """Pixel centres x (1, W) and y (H, 1), expanded to (H, W), px from the middle of the frame."""
        line = torch.arange(self.side, device=self.endless.device, dtype=torch.float32) - (self.side - 1) / 2
        shape = (self.side, self.side)
        return line.expand(shape), line[:, None].expand(shape)

    def _canvas(self, times: Floats, offset: tuple[float, float] = (0.0, 0.0)) -> Tensor:
        """(P, H, W, 2) canvas px of each pixel's centre, moved by ``offset`` px, for the scenes' times."""
        x, y = self._grid
        return self.motion.to_canvas(x[:1] + offset[0], y[:, :1] + offset[1], times[self.scenes])

    def _sampled(self, canvas: Tensor, channels: slice) -> list[Tensor]:
        """(E, k, H, W) and (P - E, k, H, W), those channels of the canvases at (P, H, W, 2)."""
        place = canvas * (2.0 / (self.endless.shape[-1] - 1))
        count = len(self.endless)
        parts = [_read(self.endless[:, channels], place[:count], "reflection")]
        return [*parts, _read(self.bounded[:, channels], place[count:], "zeros")] if len(self.bounded) else parts

    def _part(self, values: list[Tensor], at: slice) -> Tensor:
        """Some layers of what ``_sampled`` gave, without a copy of all of it."""
        count = len(self.endless)
        return values[0][at] if at.start < count else values[1][at.start - count : at.stop - count]

    def _composed(self, layers: list[Tensor]) -> Tensor:
        """R G B A as ``_sampled`` gives it -> (N, 3, H, W)."""
        picture = layers[0][: len(self.shutter), :3].clone()
        for at, scenes in self._groups[1:]:
            layer = self._part(layers, at)
            picture[scenes] = torch.addcmul(layer[:, :3], picture[scenes], 1.0 - layer[:, 3:])
        return picture

    def _in_front(self, alpha: list[Tensor]) -> Tensor:
        """(P, 1, H, W): how much light from each layer passes those in front of it."""
        free = alpha[0].new_ones(len(self.shutter), *alpha[0].shape[1:])
        passed = alpha[0].new_empty(len(self.depths), *alpha[0].shape[1:])
        for at, scenes in reversed(self._groups):
            passed[at] = free[scenes]
            free[scenes] *= 1.0 - self._part(alpha, at)
        return passed

    def _of_best(self, weight: Tensor, values: Tensor) -> Seen:
        best = torch.full((len(self.shutter), *weight.shape[1:]), -1.0, device=weight.device)
        found = values.new_zeros(len(self.shutter), *values.shape[1:])
        for at, scenes in self._groups:
            better = weight[at] > best[scenes]
            found[scenes] = torch.where(better, values[at], found[scenes])
            best[scenes] = torch.where(better, weight[at], best[scenes])
        return Seen(found[:, :2], found[:, 2:])


def _read(canvases: Tensor, place: Tensor, beyond: str) -> Tensor:
    return F.grid_sample(canvases, place, mode="bilinear", padding_mode=beyond, align_corners=True)


def _looks(count: int) -> list[tuple[float, float, float]]:
    """Where and when a pixel is looked at: x and y in px from its centre, time in shutters from the middle.

    Hammersley's points: columns in order, rows by the columns' bits mirrored. Times run in yet another order, so that
    neither edge of a pixel is seen before the other.
    """
    bits = count.bit_length() - 1
    mirrored = [sum(((n >> bit) & 1) << (bits - 1 - bit) for bit in range(bits)) for n in range(count)]
    # An odd step goes once through a number of looks that is a power of 2; 3 is the least that mixes.
    return [
        ((n + 0.5) / count - 0.5, (row + 0.5) / count - 0.5, (3 * n % count + 0.5) / count - 0.5)
        for n, row in enumerate(mirrored)
    ]
