"""How flat layers move through a frame: shifted, turned, scaled, tilted and waving, forth and back exactly.

Two places are told apart. A place in the *frame* is in px from its middle, x right and y down. A place on a layer's
*canvas* is in px of the canvas from its middle. At time t a layer is laid into the frame by::

    frame = centre(t) + tilted(turn(t) * scale(t) * base * c),     canvas = c + waves(c, t)

where ``tilted(v) = v / (1 + tilt(t) . v)``. Frames are drawn by the way from the frame to the canvas, which is in
closed form; the way back has to undo the waves, which is done by iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.train.layer_places import LayerPlaces
from vfi_plugin.train.uploads import Array, uploaded

Tensor = torch.Tensor
Floats = npt.NDArray[np.float64]

WAVES = 3
"""Plane waves that a waving layer is bent by: enough that it looks like cloth or water and not like a sheet of tin."""

STEEPEST = 0.3
"""Of the waves of a layer together, canvas px a px: each step back brings the error down to this part of itself."""


@dataclass(frozen=True)
class LayerMotion:
    """Where P layers are at any time from 0 to 1. All arrays are float64 on the CPU; they are small.

    What changes over time is what it is at time 1/2, and changes by ``s - 1/2`` times its change, so that no end is
    special; s = t + 4 t (1 - t) ease, a parabola, so that a layer may speed up or slow down.

    Attributes:
        centre: (P, 2) frame px.
        travel: (P, 2) frame px from time 0 to 1.
        detour: (P, 2) frame px at time 1/2, on top of the straight way; a parabola, 0 at both ends.
        ease: (P,), within 1/4 a layer never turns back.
        base: (P, 2, 2), canvas px to frame px before anything moves.
        turn: (P,) radians from time 0 to 1, clockwise as y runs down.
        growth: (P,) natural logarithm of how much larger it is at time 1 than at 0.
        tilt: (P, 2) 1 / frame px.
        tilt_change: (P, 2) the same, from time 0 to 1.
        wave_vectors: (P, 3, 2) radians a canvas px.
        wave_heights: (P, 3, 2) canvas px, x and y.
        wave_phases: (P, 3) radians at time 0.
        wave_speeds: (P, 3) radians from time 0 to 1.
    """

    centre: Floats
    travel: Floats
    detour: Floats
    ease: Floats
    base: Floats
    turn: Floats
    growth: Floats
    tilt: Floats
    tilt_change: Floats
    wave_vectors: Floats
    wave_heights: Floats
    wave_phases: Floats
    wave_speeds: Floats

    @classmethod
    def still(cls, count: int, scale: float = 1.0) -> LayerMotion:
        """``count`` layers at rest in the middle, ``scale`` frame px a canvas px; ``replace`` moves them."""
        pair, waves = np.zeros((count, 2)), np.zeros((count, WAVES))
        base = np.tile(np.eye(2) * scale, (count, 1, 1))
        single, wave_pairs = np.zeros(count), np.zeros((count, WAVES, 2))
        return cls(
            pair, pair, pair, single, base, single, single, pair, pair, wave_pairs, wave_pairs, waves, waves
        )  # fmt: skip

    def of(self, layers: npt.NDArray[np.int64]) -> LayerMotion:
        """The motion of some of the layers, in that order."""
        return LayerMotion(**{field.name: getattr(self, field.name)[layers] for field in fields(self)})

    def matrices(self, times: Floats) -> Floats:
        """(P, 3, 3): c on the canvas, without its waves, to the frame, both homogeneous, at each layer's time (P,)."""
        bent = 4.0 * times * (1.0 - times)
        since = times + bent * self.ease - 0.5
        angle, size = self.turn * since, np.exp(self.growth * since)
        cosine, sine = np.cos(angle) * size, np.sin(angle) * size
        turned = np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], 1)
        laid = np.tile(np.eye(3), (len(times), 1, 1))
        laid[:, :2, :2] = turned @ self.base
        tilted = np.tile(np.eye(3), (len(times), 1, 1))
        tilted[:, 2, :2] = self.tilt + since[:, None] * self.tilt_change
        moved = np.tile(np.eye(3), (len(times), 1, 1))
        moved[:, :2, 2] = self.centre + since[:, None] * self.travel + bent[:, None] * self.detour
        matrices: Floats = moved @ tilted @ laid
        return matrices

    def to_canvas(self, x: Tensor, y: Tensor, times: Floats) -> Tensor:
        """The places on the canvas that are seen in the frame.

        Args:
            x, y: frame px, float32, broadcasting to (P, H, W).
            times: (P,), each layer's.

        Returns:
            (P, H, W, 2) canvas px, x and y.
        """
        arrays = self.inward(times[:, None])
        return LayerPlaces(*uploaded(x.device, *arrays)).on_canvas(x, y)[:, 0]

    def to_frame(self, canvas: Tensor, times: Floats) -> Tensor:
        """Where places on the canvas are seen: the inverse of ``to_canvas``.

        Args:
            canvas: (P, H, W, 2) canvas px, x and y.
            times: (P,), each layer's.

        Returns:
            (P, H, W, 2) frame px, x and y.
        """
        outward = _single(self.matrices(times))[:, None]
        arrays = outward, *self.inward(times[:, None])[1:]
        return LayerPlaces(*uploaded(canvas.device, *arrays)).in_frame(canvas[:, None])[:, 0]

    def inward(self, times: Floats) -> tuple[Array, ...]:
        """What ``LayerPlaces`` is made of, from the frame to the canvas, at times (P, L)."""
        count = times.shape[1]
        repeated = self.of(np.repeat(np.arange(len(times)), count))
        matrices: Floats = np.linalg.inv(repeated.matrices(times.ravel())).reshape(-1, count, 3, 3).astype(np.float64)
        waving = np.flatnonzero(np.abs(self.wave_heights).max((1, 2), initial=0.0) > 0)
        phases = self.wave_phases[waving, None] + times[waving, :, None] * self.wave_speeds[waving, None]
        waves = self.wave_vectors[waving], self.wave_heights[waving], phases
        return _single(matrices), waving, *(_single(values) for values in waves)


def _single(values: Floats) -> Array:
    return values.astype(np.float32)
