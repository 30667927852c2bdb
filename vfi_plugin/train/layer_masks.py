"""Outlines of layers: blobs, polygons, lines of type, branches, wires, fences, foliage, all drawn by formulas.

A mask is (C, C) float32 in [0, 1], 1 inside. Lengths are shares of the side C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vfi_plugin.train.spectrum import fractal_noise

Floats = npt.NDArray[np.float32]
Stroke = tuple[float, float, float, float, float]
"""x and y of both ends and the width, px of the canvas."""

_EDGE_PX = 1.5
"""Over which a hard edge rises: canvases are shown at about half their size, so it is sharp in a frame."""

_SOFT = 0.25
"""Share of the masks whose edge is out of focus."""

_SOFT_PX = (4.0, 24.0)
"""Of such an edge."""

_REACH = 0.45
"""How far from the middle bounded masks may reach: the border of their canvas stays empty."""

Drawer = Callable[[int, np.random.Generator], Floats]


def bounded_mask(side: int, rng: np.random.Generator) -> Floats:
    """A mask that is 0 along the border: a thing in front of others."""
    return _drawn(side, rng, _BOUNDED)


def endless_mask(side: int, rng: np.random.Generator) -> Floats:
    """A mask that reaches over the border: something that others are seen through or behind."""
    return _drawn(side, rng, _ENDLESS)


def text_mask(side: int, rng: np.random.Generator, lines: int) -> Floats:
    """Lines of made-up letters, each of strokes between the points of a grid of 3 x 3, in the middle."""
    room = 2.0 * _REACH * side
    # One line alone fills half of what it could, so that several letters find room beside each other.
    height = room / (1.5 * lines - 0.5) * min(1.0, 0.3 + 0.25 * lines)
    width, apart = 0.6 * height, 0.85 * height
    letters = max(1, int(room / apart))
    pen = height * rng.uniform(0.08, 0.2)
    alphabet = [_letter(rng) for _ in range(min(letters * lines, _MOST_LETTERS))]
    strokes: list[Stroke] = []
    for line, place in np.ndindex(lines, letters):
        # The gap after the last letter and below the last line is left over on both sides alike.
        left = side / 2 + (place - letters / 2) * apart + 0.125 * height
        top = side / 2 + (line - lines / 2) * 1.5 * height + 0.25 * height
        letter = alphabet[int(rng.integers(len(alphabet)))] if rng.random() >= _SPACES else []
        moved = [(left + a * width, top + b * height, left + c * width, top + d * height) for a, b, c, d in letter]
        strokes += [(*ends, pen) for ends in moved]
    return _stroked(side, strokes, _EDGE_PX)


_MOST_LETTERS = 12
"""Different ones in a text: letters come again, as they do in type."""

_SPACES = 0.15
"""Share of the places in a line that are left empty."""


def _letter(rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Two to four strokes, each beginning where the last one ended."""
    points = rng.integers(0, 3, (rng.integers(3, 6), 2)) / 2.0
    return [(*a, *b) for a, b in pairwise(points.tolist())]


def _drawn(side: int, rng: np.random.Generator, drawers: Sequence[Drawer]) -> Floats:
    return drawers[int(rng.integers(len(drawers)))](side, rng)


def _edge(rng: np.random.Generator) -> float:
    return float(rng.uniform(*_SOFT_PX)) if rng.random() < _SOFT else _EDGE_PX


def _covered(distance: npt.NDArray[np.floating], edge_px: float) -> Floats:
    """From the distance to the edge in px, negative inside, to [0, 1]: a cubic ramp around the edge."""
    ramp = np.clip(0.5 - distance / edge_px, 0.0, 1.0)
    covered: Floats = (ramp * ramp * (3.0 - 2.0 * ramp)).astype(np.float32)
    return covered


def _grid(side: int) -> tuple[Floats, Floats]:
    """x (1, C) and y (C, 1), px from the middle of the canvas."""
    line = (np.arange(side) - (side - 1) / 2).astype(np.float32)
    return line[None, :], line[:, None]


def _blob(side: int, rng: np.random.Generator) -> Floats:
    """Around the middle at a distance that is a sum of waves over the angle."""
    x, y = _grid(side)
    angle, reach = np.arctan2(y, x), np.hypot(x, y)
    waves = [rng.normal() / order * np.cos(order * angle + rng.uniform(0, 2 * np.pi)) for order in range(1, 7)]
    outline = np.exp(rng.uniform(0.1, 0.35) * np.sum(waves, 0))
    outline *= rng.uniform(0.4, 0.95) * _REACH * side / outline.max()
    return _covered(reach - outline, min(_edge(rng), 0.2 * side))


def _polygon(side: int, rng: np.random.Generator) -> Floats:
    """Three to nine corners around the middle, near and far by chance: from a triangle to a star."""
    corners = int(rng.integers(3, 10))
    angles = 2 * np.pi * (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners
    radii = rng.uniform(rng.uniform(0.3, 1.0), 1.0, corners) * rng.uniform(0.5, 1.0) * _REACH * side
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
    x, y = _grid(side)
    inside = np.zeros((side, side), bool)
    nearest = np.full((side, side), np.inf, np.float32)
    for a, b in zip(points, np.roll(points, -1, 0), strict=True):
        # A ray to the right crosses this side where the side passes the point's height to the right of it.
        between = (a[1] > y) != (b[1] > y)
        inside ^= between & (x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]))
        nearest = np.minimum(nearest, _to_segment(x, y, (a[0], a[1], b[0], b[1])))
    return _covered(np.where(inside, -nearest, nearest), _edge(rng))


def _ring(side: int, rng: np.random.Generator) -> Floats:
    """An ellipse with a hole, as logos, cups and wheels have it; half of them have spokes."""
    x, y = _grid(side)
    outer = rng.uniform(0.5, 1.0) * _REACH * side
    width = outer * rng.uniform(0.08, 0.5)
    reach = np.hypot(x, y * rng.uniform(1.0, 1.6))
    mask = _covered(np.abs(reach - outer + width / 2) - width / 2, _EDGE_PX)
    if rng.random() < 0.5:
        turns = int(rng.integers(1, 5)) * np.arctan2(y, x) + rng.uniform(0, np.pi)
        spoke = _covered(np.abs(np.sin(turns)) * np.maximum(reach, 1.0) / 2 - 0.05 * outer, _EDGE_PX)
        mask = np.maximum(mask, spoke * (reach < outer - width / 2))
    return np.asarray(mask, np.float32)


def _text(side: int, rng: np.random.Generator) -> Floats:
    return text_mask(side, rng, int(rng.integers(1, 4)))


def _branch(side: int, rng: np.random.Generator) -> Floats:
    """A twig that forks, each part shorter and thinner than the one it grows from."""
    strokes: list[Stroke] = []
    ends = [(side / 2, side * (0.5 + _REACH), -np.pi / 2, 0.3 * side, rng.uniform(0.012, 0.03) * side)]
    for _ in range(_FORKS):
        grown = []
        for x, y, angle, length, width in ends:
            far_x, far_y = x + length * np.cos(angle), y + length * np.sin(angle)
            strokes.append((x, y, far_x, far_y, width))
            for turn in rng.uniform(-0.9, 0.9, int(rng.integers(2, 4))):
                grown.append((far_x, far_y, angle + turn, 0.62 * length, max(0.65 * width, _THINNEST_PX)))
        ends = grown
    return _stroked(side, strokes, _EDGE_PX)


_FORKS = 4
"""0.3 of the side and 0.62 of it each time add up to 0.67: the twig stays on its canvas, of which it has 0.9."""

_THINNEST_PX = 1.5
"""About a pixel in a frame: thinner, a wire would be a faint line of grain."""


def _wires(side: int, rng: np.random.Generator) -> Floats:
    """Lines right across the canvas, each sagging by a parabola."""
    strokes: list[Stroke] = []
    place = np.linspace(0.0, 1.0, _WIRE_POINTS)
    for _ in range(int(rng.integers(1, 6))):
        start, end, sag = rng.uniform((0.0, 0.0, -0.2), (1.0, 1.0, 0.2))
        heights = side * (start + place * (end - start) + 4 * place * (1 - place) * sag)
        across = -1.0 + (side + 1.0) * place
        width = float(rng.uniform(_THINNEST_PX, max(_THINNEST_PX, 0.02 * side)))
        strokes += [(across[i], heights[i], across[i + 1], heights[i + 1], width) for i in range(_WIRE_POINTS - 1)]
    mask = _stroked(side, strokes, _EDGE_PX)
    return np.ascontiguousarray(mask.T) if rng.random() < 0.5 else mask


_WIRE_POINTS = 9
"""A sag of a fifth of the canvas bends by 6 degrees at each: no corner is seen."""


def _fence(side: int, rng: np.random.Generator) -> Floats:
    """Bars at even distances, alone or crossed."""
    x, y = _grid(side)
    angle, apart = rng.uniform(0, np.pi), rng.uniform(0.06, 0.25) * side
    half = apart * rng.uniform(0.06, 0.3)
    across = [x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)]
    bars = [_covered(np.abs((a + side) % apart - apart / 2) - half, _EDGE_PX) for a in across]
    return bars[0] if rng.random() < 0.5 else np.maximum(*bars)


def _foliage(side: int, rng: np.random.Generator) -> Floats:
    """Where noise is above a level: leaves, smoke, splashes, by how rough it is and how hard its edge."""
    noise = fractal_noise(side, rng, rng.uniform(1.2, 2.2), longest=0.5)
    level = np.quantile(noise, rng.uniform(0.45, 0.85))
    hardness = rng.uniform(0.8, 12.0)
    mask: Floats = np.clip(0.5 + hardness * (noise - level), 0.0, 1.0).astype(np.float32)
    return mask


def _half(side: int, rng: np.random.Generator) -> Floats:
    """All that lies on one side of a nearly straight edge: the corner of a wall, somebody close by."""
    x, y = _grid(side)
    angle = rng.uniform(0, 2 * np.pi)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    bend = rng.uniform(0, 0.06) * side * np.sin(along * rng.uniform(2.0, 12.0) / side + rng.uniform(0, 2 * np.pi))
    return _covered(across + bend, _edge(rng))


def _stroked(side: int, strokes: Sequence[Stroke], edge_px: float) -> Floats:
    """Strokes with round ends; x and y of strokes are counted from the canvas's first pixel."""
    mask = np.zeros((side, side), np.float32)
    line = np.arange(side, dtype=np.float32)
    for x0, y0, x1, y1, width in strokes:
        room = width / 2 + edge_px
        columns = slice(max(0, int(min(x0, x1) - room)), max(0, int(max(x0, x1) + room) + 2))
        rows = slice(max(0, int(min(y0, y1) - room)), max(0, int(max(y0, y1) + room) + 2))
        distance = _to_segment(line[None, columns], line[rows, None], (x0, y0, x1, y1)) - width / 2
        mask[rows, columns] = np.maximum(mask[rows, columns], _covered(distance, edge_px))
    return mask


def _to_segment(x: Floats, y: Floats, ends: tuple[float, float, float, float]) -> Floats:
    """Distance in px of each place from a straight line between two ends."""
    x0, y0, x1, y1 = ends
    right, down = x1 - x0, y1 - y0
    squared = max(right * right + down * down, 1e-6)  # a stroke of no length is a dot
    share = np.clip(((x - x0) * right + (y - y0) * down) / squared, 0.0, 1.0)
    distance: Floats = np.hypot(x - x0 - share * right, y - y0 - share * down).astype(np.float32)
    return distance


_BOUNDED: tuple[Drawer, ...] = (_blob, _blob, _polygon, _ring, _text, _branch)
_ENDLESS: tuple[Drawer, ...] = (_wires, _fence, _foliage, _half)
