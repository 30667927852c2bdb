"""Moving 2D Shapes: circles, squares and triangles in steady motion before an even background, with the whole truth.

Named by Chen et al., "Long-Term Video Interpolation with Bidirectional Predictive Network", VCIP 2017. We found no
generator of theirs; this one follows the shapes of Xue et al., "Visual Dynamics", NIPS 2016, as we know them: circles
move up and down, squares from side to side, triangles on a diagonal; sizes, places and colours are random, and shapes
hide each other. The numbers are ours.

Pixel centres lie at integers, x right, y down. Time runs from 0, the earlier frame of a pair, to 1, the later.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.shapes_clip import Floats, Shape, ShapesClip

AXES = {"circle": (0.0, 1.0), "square": (1.0, 0.0), "triangle": (0.5**0.5, 0.5**0.5)}
"""Kind -> the direction (x, y), of length 1, that it moves along, there or back."""

MOST_SHAPES = 3
RADII_PX = (5.0, 11.0)
"""At most an eighth of the frame each at the published 64 px, so that three can still be told apart."""

SPEEDS_PX = (1.0, 4.0)
"""From one frame of a clip to the next: still seen to move, and never further than the smallest shape's radius."""

DETOURS_PX = (2.0, 8.0)
"""How far the middle of a detour lies off the straight path: seen, but no more than the fastest goes in two frames."""

_LEAST_SIDE_PX = 32
"""Below, the largest shapes have hardly a place to start from."""

_PATH_POINTS = 17
"""Points at which a bent path is held against the frame; between them it strays by less than 0.1 px."""


@dataclass(frozen=True)
class MovingShapes:
    """An endless list of clips: clip ``index`` is the same whichever others were asked for before.

    Attributes:
        seed: another gives other clips; keep one for training and one for testing.
        frames_between: how many frames a clip has between its ends, evenly spaced.
        side_px: of the square frames.
        detour: whether paths are bent by a random amount that the ends do not tell, as is fit for networks with noise.
    """

    seed: int
    frames_between: int = 3
    side_px: int = 64
    detour: bool = False

    def __post_init__(self) -> None:
        if self.frames_between < 1 or self.side_px < _LEAST_SIDE_PX:
            raise UsageError(
                f"got {self.frames_between} frames between and a side of {self.side_px} px; give 1 frame or more, and"
                f" {_LEAST_SIDE_PX} px or more"
            )
        if (longest := (self.frames_between + 1) * SPEEDS_PX[0]) > self.side_px / 2:
            raise UsageError(
                f"got {self.frames_between} frames between: even the slowest shape would move {longest:g} px, out of"
                f" frames of {self.side_px} px; give fewer frames or a longer side"
            )

    @property
    def times(self) -> tuple[float, ...]:
        """When a clip's frames are, its ends included: 0, ..., 1."""
        steps = self.frames_between + 1
        return tuple(step / steps for step in range(steps + 1))

    def __getitem__(self, index: int) -> ShapesClip:
        """The clip of a number from 0 on; there is no last."""
        if index < 0:
            raise UsageError(f"got clip {index}; clips are numbered from 0, without an end")
        rng = np.random.default_rng((self.seed, index))
        background = tuple(float(value) for value in rng.random(3))
        count = int(rng.integers(1, MOST_SHAPES + 1))
        shapes = tuple(self._shape(rng) for _ in range(count))
        return ShapesClip(self.side_px, (background[0], background[1], background[2]), shapes)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Several clips, (N, 3, H, W) at either end and (N, frames_between, 3, H, W) between, on the CPU."""
        frames = torch.stack([self[index].frames(self.times) for index in indices])
        times = torch.tensor(self.times[1:-1]).expand(len(indices), -1)
        return Batch(frames[:, 0], frames[:, -1], frames[:, 1:-1], times)

    def _shape(self, rng: np.random.Generator) -> Shape:
        """A random shape that stays in the frame, at least half of it: paths that do not are drawn again."""
        kind = tuple(AXES)[rng.integers(len(AXES))]
        radius = float(rng.uniform(*RADII_PX))
        colour = colorsys.hsv_to_rgb(rng.random(), 1.0, 1.0)
        while True:
            start = rng.uniform(radius - 0.5, self.side_px - 0.5 - radius, 2)
            travel = np.array(AXES[kind]) * rng.uniform(*SPEEDS_PX) * rng.choice((-1, 1)) * (self.frames_between + 1)
            shape = Shape(kind, radius, colour, _pair(start), _pair(travel), self._bend(rng))
            path = shape.centres(np.linspace(0.0, 1.0, _PATH_POINTS))
            if path.min() >= -0.5 and path.max() <= self.side_px - 0.5:
                return shape

    def _bend(self, rng: np.random.Generator) -> tuple[float, float]:
        if not self.detour:
            return 0.0, 0.0
        angle = rng.uniform(0.0, 2.0 * np.pi)
        return _pair(rng.uniform(*DETOURS_PX) * np.array([np.cos(angle), np.sin(angle)]))


def _pair(values: Floats) -> tuple[float, float]:
    return float(values[0]), float(values[1])
