"""Layers in front of each other, drawn at any time, with the exact flow and what of it is hidden."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.train.layer_motion import Floats, LayerMotion
from vfi_plugin.train.layer_places import LayerPlaces
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor
Integers = npt.NDArray[np.int64]


_LOOKS_BYTES = 1 << 30
"""Memory for looks that are drawn together on a GPU: ten of the twelve for three frames of 32 scenes of 128 px."""

_LOOK_BYTES_A_PIXEL = 80
"""Of each layer: place, colour and opacity as float32, and what the steps between hold for a while."""


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
        return self.film(times[:, None])[:, 0]

    def film(self, times: Floats) -> Tensor:
        """(N, T, 3, H, W) float32 in [0, 1], each scene at T times of its own (N, T).

        The numbers of all looks at all times are brought to the device at once, and as many looks are drawn together
        as its memory allows; what is seen does not depend on how many.
        """
        x, y, offset = np.array(_looks(self.looks)).T
        count = times.shape[1]
        # All looks at all times, (looks * T, N): the times of a look come one after another.
        when = (times.T[None] + self.shutter * offset[:, None, None]).reshape(-1, len(times))
        line = _line(self.side)
        columns = (line + np.repeat(x, count).astype(np.float32)[:, None])[:, None, :]
        rows = (line + np.repeat(y, count).astype(np.float32)[:, None])[:, :, None]
        device = self.endless.device
        columns_there, rows_there, *numbers = uploaded(
            device, columns, rows, *self.motion.inward(when[:, self.scenes].T)
        )
        places = LayerPlaces(*numbers)
        total = torch.zeros(count, len(times), 3, self.side, self.side, device=device)
        together = self._looks_together()
        for first in range(0, len(when), together):
            some = slice(first, first + together)
            canvas = places.at(some).on_canvas(columns_there[some], rows_there[some])
            composed = self._composed(self._sampled(canvas, slice(0, 4)))
            for look, seen in enumerate(composed.unbind(2), first):
                total[look % count] += seen
        return (total / self.looks).transpose(0, 1).contiguous()

    def seen(self, at: Floats, to: Floats) -> Seen:
        """The flow from times ``at`` to times ``to``, each (N,), of the layer that is seen best in each pixel.

        It is that of the pixel's centre in the middle of the shutter.
        """
        canvas = self._canvas(at)
        flow = self.motion.to_frame(canvas, to[self.scenes]) - torch.stack(self._grid, -1)
        hidden_there = self._in_front(self._alpha(self._canvas(to)))
        alpha = self._alpha(canvas)
        weight = torch.cat(alpha) * self._in_front(alpha)
        place = (flow + torch.stack(self._grid, -1)) * (2.0 / (self.side - 1))
        visible = F.grid_sample(hidden_there, place, padding_mode="zeros", align_corners=True)
        return self._of_best(weight, torch.cat([flow.permute(0, 3, 1, 2), visible], 1))

    def _looks_together(self) -> int:
        """Looks that are drawn at once. On a CPU one: more would only leave its caches."""
        if self.endless.device.type == "cpu":
            return 1
        return max(1, _LOOKS_BYTES // (_LOOK_BYTES_A_PIXEL * len(self.depths) * self.side**2))

    @cached_property
    def _groups(self) -> list[tuple[slice, Tensor]]:
        """From the back to the front: layers side by side, of one depth and either endless or bounded; their scenes."""
        count = len(self.endless)
        (scenes,) = uploaded(self.endless.device, self.scenes)
        found: list[tuple[slice, Tensor]] = []
        for depth in range(int(self.depths.max()) + 1):
            at = np.flatnonzero(self.depths == depth)
            groups = [group for group in (at[at < count], at[at >= count]) if len(group)]
            found += [(slice(g[0], g[-1] + 1), scenes[g[0] : g[-1] + 1]) for g in groups]
        return found

    @cached_property
    def _grid(self) -> tuple[Tensor, Tensor]:
        """Pixel centres x (1, W) and y (H, 1), expanded to (H, W), px from the middle of the frame."""
        (line,) = uploaded(self.endless.device, _line(self.side))
        shape = (self.side, self.side)
        return line.expand(shape), line[:, None].expand(shape)

    def _canvas(self, times: Floats) -> Tensor:
        """(P, H, W, 2) canvas px of each pixel's centre, for the scenes' times."""
        x, y = self._grid
        return self.motion.to_canvas(x[:1], y[:, :1], times[self.scenes])

    def _alpha(self, canvas: Tensor) -> list[Tensor]:
        """(E, 1, H, W) and (P - E, 1, H, W), at (P, H, W, 2)."""
        return [alpha[:, :, 0] for alpha in self._sampled(canvas[:, None], slice(3, 4))]

    def _sampled(self, canvas: Tensor, channels: slice) -> list[Tensor]:
        """(E, k, L, H, W) and (P - E, k, L, H, W), those channels of the canvases at (P, L, H, W, 2)."""
        place = canvas * (2.0 / (self.endless.shape[-1] - 1))
        count = len(self.endless)
        parts = [_read(self.endless[:, channels], place[:count], "reflection")]
        return [*parts, _read(self.bounded[:, channels], place[count:], "zeros")] if len(self.bounded) else parts

    def _part(self, values: list[Tensor], at: slice) -> Tensor:
        """Some layers of what ``_sampled`` gave, without a copy of all of it."""
        count = len(self.endless)
        return values[0][at] if at.start < count else values[1][at.start - count : at.stop - count]

    def _composed(self, layers: list[Tensor]) -> Tensor:
        """R G B A as ``_sampled`` gives it -> (N, 3, L, H, W)."""
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
    """(n, k, L, H, W) of canvases (n, k, C, C) at (n, L, H, W, 2); the looks lie below each other, so that no canvas is
    copied for each."""
    seen = F.grid_sample(canvases, place.flatten(1, 2), mode="bilinear", padding_mode=beyond, align_corners=True)
    return seen.view(*seen.shape[:2], *place.shape[1:4])


def _line(side: int) -> npt.NDArray[np.float32]:
    """Pixel centres, px from the middle."""
    return (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)).astype(np.float32)


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
