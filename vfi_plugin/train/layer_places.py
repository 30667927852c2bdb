"""Where on their canvases layers are seen, at many times at once: the numbers of ``LayerMotion`` on a device."""

from __future__ import annotations

from dataclasses import dataclass

import torch

Tensor = torch.Tensor

_STEPS_BACK = 10
"""Leaves 0.3^10, 6e-6, of the first error, the height of the waves: less than float32 keeps of a place in a frame."""


@dataclass(frozen=True)
class LayerPlaces:
    """P layers, each at L times of its own; W of them wave. All are float32 on one device but for ``waving``.

    Attributes:
        matrices: (P, L, 3, 3), from the frame to the canvas without its waves, or the other way round.
        waving: (W,) int64, which layers wave.
        vectors: (W, 3, 2) radians a canvas px.
        heights: (W, 3, 2) canvas px.
        phases: (W, L, 3) radians.
    """

    matrices: Tensor
    waving: Tensor
    vectors: Tensor
    heights: Tensor
    phases: Tensor

    def at(self, times: slice) -> LayerPlaces:
        """Some of the times."""
        return LayerPlaces(
            self.matrices[:, times], self.waving, self.vectors, self.heights, self.phases[:, times]
        )  # fmt: skip

    def on_canvas(self, x: Tensor, y: Tensor) -> Tensor:
        """(P, L, H, W, 2) canvas px of frame px x and y, which broadcast to (P, L, H, W)."""
        found = self._projected(x, y)
        if len(self.waving):
            part = found[self.waving]
            found[self.waving] = part + self._waves(part)
        return found

    def in_frame(self, canvas: Tensor) -> Tensor:
        """(P, L, H, W, 2) frame px of canvas px (P, L, H, W, 2), by the matrices of that way."""
        if len(self.waving):
            canvas = canvas.clone()
            waved = plain = canvas[self.waving]
            for _ in range(_STEPS_BACK):
                plain = waved - self._waves(plain)
            canvas[self.waving] = plain
        return self._projected(canvas[..., 0], canvas[..., 1])

    def _projected(self, x: Tensor, y: Tensor) -> Tensor:
        m = self.matrices[..., None, None]
        rows = m[:, :, :, 0] * x[..., None, :, :] + (m[:, :, :, 1] * y[..., None, :, :] + m[:, :, :, 2])
        return (rows[:, :, :2] / rows[:, :, 2:]).movedim(2, -1)

    def _waves(self, plain: Tensor) -> Tensor:
        """(W, L, H, W, 2) canvas px, by which the waves shift each place."""
        shift = torch.zeros_like(plain)
        x, y = plain.unbind(-1)
        for wave in range(self.vectors.shape[1]):
            right, down = self.vectors[:, wave, :, None, None, None].unbind(1)
            height = torch.sin(x * right + (y * down + self.phases[:, :, wave, None, None]))
            shift += height[..., None] * self.heights[:, wave, None, None, None]
        return shift
