"""A clip of moving shapes: what they look like, where they are and which of them is seen, at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

Tensor = torch.Tensor
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SAMPLES = 16
"""Places at which a pixel is looked at, no two in one row or one column of it (Hammersley's points): level and upright
edges, too, have 17 levels, and lie right to 1/32 px."""


@dataclass(frozen=True)
class Shape:
    """One shape and its way. All kinds fill a square box of twice the radius around the centre.

    Attributes:
        kind: "circle"; "square", with level sides; or "triangle", with its tip at the middle of the box's upper side.
        radius: half the width and half the height, px.
        colour: RGB in [0, 1].
        start: the centre (x, y) at time 0, px.
        travel: how far (x, y) it moves from time 0 to time 1, px.
        detour: how far off (x, y) the straight path it is at time 1/2; the path is a parabola.
    """

    kind: str
    radius: float
    colour: tuple[float, float, float]
    start: tuple[float, float]
    travel: tuple[float, float]
    detour: tuple[float, float] = (0.0, 0.0)

    def centres(self, times: Sequence[float] | Floats) -> Floats:
        """(T, 2) float64: x and y at each of (T,) times."""
        t = np.asarray(times, np.float64)[:, None]
        bent = 4.0 * t * (1.0 - t)
        way: Floats = np.asarray(self.start) + t * np.asarray(self.travel) + bent * np.asarray(self.detour)
        return way

    def covers(self, x: Floats, y: Floats, times: Sequence[float]) -> Bools:
        """(T, S, Y, X) bool: which places lie in it at each time; ``x`` (S, X) and ``y`` (S, Y) are S grids, px."""
        centres = self.centres(times)[:, :, None, None, None]
        right = x[None, :, None, :] - centres[:, 0]
        down = y[None, :, :, None] - centres[:, 1]
        inside: Bools
        if self.kind == "circle":
            inside = right**2 + down**2 <= self.radius**2
        elif self.kind == "square":
            inside = (np.abs(right) <= self.radius) & (np.abs(down) <= self.radius)
        else:  # from the tip down, a triangle is as wide on either side as half the way down
            inside = (np.abs(right) <= (down + self.radius) / 2) & (down <= self.radius)
        return inside


@dataclass(frozen=True)
class ShapesClip:
    """Shapes before an even background, the last of them in front.

    Attributes:
        side_px: of the square frames, H = W.
        background: RGB in [0, 1].
        shapes: n of them, from the back to the front.
    """

    side_px: int
    background: tuple[float, float, float]
    shapes: tuple[Shape, ...]

    def frames(self, times: Sequence[float]) -> Tensor:
        """(T, 3, H, W) float32 RGB in [0, 1], anti-aliased; each time stands for itself, there is no motion blur."""
        visible = self.visible(times)
        background = torch.tensor(self.background).view(3, 1, 1)
        # Differences from the background are mixed, so that where no shape is it stays as it is to the last bit.
        apart = torch.tensor([shape.colour for shape in self.shapes]).view(-1, 3) - background.view(1, 3)
        return background + torch.einsum("tnhw,nc->tchw", visible, apart)

    def coverage(self, times: Sequence[float]) -> Tensor:
        """(T, n, H, W) float32 in [0, 1]: how much of each pixel lies in each shape, whether it is seen or not."""
        return torch.from_numpy(self._covered(_places(), times).mean(2, dtype=np.float32))

    def visible(self, times: Sequence[float]) -> Tensor:
        """(T, n, H, W) float32 in [0, 1]: how much of each pixel shows each shape; the rest shows the background."""
        return torch.from_numpy(_in_front(self._covered(_places(), times)).mean(2, dtype=np.float32))

    def flow(self, at: float, to: float) -> Tensor:
        """(2, H, W) float32 px, x then y: where what is seen at time ``at`` lies at time ``to``, less where it is.

        It belongs to the shape that is seen at the pixel's centre, and is 0 where that is the background. So
        ``flow(t, 0.0)`` is what ``FlowMotion`` calls ``flow_t_to_0``; where it leads may be hidden.
        """
        seen = _in_front(self._covered(np.zeros((1, 2)), [at]))[0, :, 0]
        moves = np.zeros((len(self.shapes), 2))
        for number, shape in enumerate(self.shapes):
            there, here = shape.centres([to, at])
            moves[number] = there - here
        return torch.from_numpy(np.einsum("nhw,nc->chw", seen, moves).astype(np.float32))

    def _covered(self, places: Floats, times: Sequence[float]) -> Bools:
        """(T, n, S, H, W); ``places`` (S, 2) are those at which each pixel is looked at, from its centre."""
        pixels = np.arange(self.side_px)
        x, y = pixels + places[:, :1], pixels + places[:, 1:]
        return np.stack([shape.covers(x, y, times) for shape in self.shapes], 1)


def _in_front(covered: Bools) -> Bools:
    """(T, n, S, H, W): covered by a shape, and by none of those after it."""
    seen, free = np.empty_like(covered), np.ones_like(covered[:, 0])
    for number in reversed(range(covered.shape[1])):
        seen[:, number] = covered[:, number] & free
        free &= ~covered[:, number]
    return seen


def _places() -> Floats:
    """(16, 2) px, x and y from a pixel's centre: Hammersley's points, columns and their mirrored bits as rows."""
    columns = np.arange(_SAMPLES)
    rows = sum(((columns >> bit) & 1) << (3 - bit) for bit in range(4))
    return (np.stack([columns, rows], 1) + 0.5) / _SAMPLES - 0.5
