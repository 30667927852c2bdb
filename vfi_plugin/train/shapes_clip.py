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

_SAMPLES = 4
"""A pixel is looked at in 4 x 4 places: edges have 17 levels, and areas are right to some tenths of a percent."""


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
        """(T, Y, X) bool: whether the places with columns ``x`` (X,) and rows ``y`` (Y,) lie in it at each time."""
        centres = self.centres(times)
        right = x[None, None, :] - centres[:, 0, None, None]
        down = y[None, :, None] - centres[:, 1, None, None]
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
        return torch.from_numpy(_share(self._covered(self._fine_places(), times)))

    def visible(self, times: Sequence[float]) -> Tensor:
        """(T, n, H, W) float32 in [0, 1]: how much of each pixel shows each shape; the rest shows the background."""
        return torch.from_numpy(_share(_in_front(self._covered(self._fine_places(), times))))

    def flow(self, at: float, to: float) -> Tensor:
        """(2, H, W) float32 px, x then y: where what is seen at time ``at`` lies at time ``to``, less where it is.

        It belongs to the shape that is seen at the pixel's centre, and is 0 where that is the background. So
        ``flow(t, 0.0)`` is what ``FlowMotion`` calls ``flow_t_to_0``; where it leads may be hidden.
        """
        seen = _in_front(self._covered(np.arange(self.side_px, dtype=np.float64), [at]))[0]
        moves = np.zeros((len(self.shapes), 2))
        for number, shape in enumerate(self.shapes):
            there, here = shape.centres([to, at])
            moves[number] = there - here
        return torch.from_numpy(np.einsum("nhw,nc->chw", seen, moves).astype(np.float32))

    def _fine_places(self) -> Floats:
        """The columns, which are the rows, too, of the places that pixels are looked at."""
        return (np.arange(self.side_px * _SAMPLES) + 0.5) / _SAMPLES - 0.5

    def _covered(self, places: Floats, times: Sequence[float]) -> Bools:
        """(T, n, Y, X)."""
        return np.stack([shape.covers(places, places, times) for shape in self.shapes], 1)


def _in_front(covered: Bools) -> Bools:
    """(T, n, Y, X): covered by a shape, and by none of those after it."""
    seen, free = np.empty_like(covered), np.ones_like(covered[:, 0])
    for number in reversed(range(covered.shape[1])):
        seen[:, number] = covered[:, number] & free
        free &= ~covered[:, number]
    return seen


def _share(fine: Bools) -> npt.NDArray[np.float32]:
    """(T, n, 4 H, 4 W) -> (T, n, H, W) float32, the share that is true."""
    t, n, height, width = fine.shape
    blocks = fine.reshape(t, n, height // _SAMPLES, _SAMPLES, width // _SAMPLES, _SAMPLES)
    counts = blocks.sum(5, dtype=np.uint8).sum(3, dtype=np.uint8)
    share: npt.NDArray[np.float32] = counts.astype(np.float32) / np.float32(_SAMPLES**2)
    return share
