"""Random scenes: how many layers, how each moves, what covers it and what shape it has."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.train.layer_motion import STEEPEST, WAVES, Floats, LayerMotion

Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LEAST_PX = 0.25
"""The least motion that is drawn where something moves: less is hardly seen."""

_SCALES = (0.4, 0.9)
"""Frame px a canvas px. Below, what is fine on a canvas would fall between the looks at a pixel; above, its pixels
would be seen, and the same surface would be sharper where they fall on those of the frame."""

_MOST_TURN = 0.6
"""Radians in an interval, 34 degrees: more, and even a person would not know which way it turned."""

_MOST_GROWTH = 0.25
"""Of the logarithm of size in an interval: what a car does that comes towards the camera at close range."""

_MOST_TILT = 0.12
"""Of the depth across half a frame's diagonal, at rest and by change each; together they stay below the 0.5 at which
the far side of a layer twice as far away would come near the horizon."""


@dataclass(frozen=True)
class MotionRange:
    """What moves, how often and how far. Shares are of layers where nothing else is said.

    Lengths are drawn evenly by their logarithm, from 0.25 px up to the longest: half of them are below a ninth of a
    longest of 20 px, so that large motion is seen often enough and small motion stays the rule.

    Attributes:
        reach: the longest way of a layer from one end to the other, as a part of the frame's side. What turning,
            growing, tilting and waving add at the edge of a frame is at most half of it.
        layers: chances of scenes of one layer, two and so on; the last but one more often shows occlusion than not.
        filmed: share of cameras that move. Other layers follow the camera by more or less, as by their distance.
        moving: share of layers in front that move by themselves, too.
        turning, growing, tilting, waving: shares that do.
        bending: share whose speed changes on the way, and whose way is bent: what two frames cannot tell.
        bend: how far off they are at most in the middle, as a part of the way.
    """

    reach: float = 0.25
    layers: tuple[float, ...] = (0.15, 0.35, 0.3, 0.2)
    filmed: float = 0.8
    moving: float = 0.75
    turning: float = 0.4
    growing: float = 0.35
    tilting: float = 0.25
    waving: float = 0.2
    bending: float = 0.3
    bend: float = 0.06

    def __post_init__(self) -> None:
        shares = (self.filmed, self.moving, self.turning, self.growing, self.tilting, self.waving, self.bending)
        if not all(0 <= share <= 1 for share in shares) or not self.layers or min(self.layers) < 0:
            raise UsageError(
                f"got shares {shares} and layers {self.layers}; give shares in [0, 1], and chances of 0 up"
            )
        if self.reach < 0 or not 0 <= self.bend <= 0.25 or sum(self.layers) <= 0:
            raise UsageError(
                f"got a reach of {self.reach:g} and a bend of {self.bend:g}; give a reach of 0 or more, and a bend of"
                " 0 to 0.25: with more, a layer would turn back on its way"
            )


@dataclass(frozen=True)
class LayerDraw:
    """The layers of a batch, those that never end first, of which those at the back are the first of all.

    Attributes:
        scenes, depths: (P,), see ``LayerScene``.
        endless: how many never end.
        motion: of all of them.
    """

    scenes: Integers
    depths: Integers
    endless: int
    motion: LayerMotion


class LayerDrawer:
    """Draws the layers of one batch."""

    def __init__(self, side: int, canvas: int, how: MotionRange, rng: np.random.Generator) -> None:
        self._side = side
        self._canvas = canvas
        self._how = how
        self._rng = rng
        self._longest = max(how.reach * side, _LEAST_PX)
        self._radius = side * 0.5**0.5

    def draw(self, count: int, endless_share: float) -> LayerDraw:
        """Layers of ``count`` scenes; ``endless_share`` of those in front never end."""
        chances = np.asarray(self._how.layers) / np.sum(self._how.layers)
        layers = 1 + self._rng.choice(len(chances), count, p=chances)
        scenes = np.repeat(np.arange(count), layers)
        depths = np.arange(len(scenes)) - np.repeat(np.cumsum(layers) - layers, layers)
        endless = (depths == 0) | (self._rng.random(len(scenes)) < endless_share)
        order = np.lexsort((scenes, depths, ~endless))
        scenes, depths = scenes[order], depths[order]
        return LayerDraw(scenes, depths, int(endless.sum()), self._motion(scenes, depths, endless[order]))

    def _motion(self, scenes: Integers, depths: Integers, endless: Bools) -> LayerMotion:
        count = len(scenes)
        scale = np.exp(self._rng.uniform(np.log(_SCALES[0]), np.log(_SCALES[1]), count))
        travel = self._travels(scenes, depths)
        bending = self._chosen(self._how.bending, count)
        # Way and speed are bent apart: aside by the first, sooner or later by the second.
        bend = self._rng.uniform(-self._how.bend, self._how.bend, (2, count)) * bending
        aside = np.stack([-travel[:, 1], travel[:, 0]], 1)
        still = LayerMotion.still(count)
        moved = replace(
            still,
            centre=self._centres(depths, endless, scale),
            travel=travel,
            detour=aside * bend[0, :, None],
            ease=bend[1],
            base=self._bases(scale),
            turn=self._signed(self._how.turning, count, _MOST_TURN * self._radius) / self._radius,
            growth=self._signed(self._how.growing, count, _MOST_GROWTH * self._radius) / self._radius,
        )
        return self._waved(self._tilted(moved), scale)

    def _travels(self, scenes: Integers, depths: Integers) -> Floats:
        """(P, 2) px: the camera's, weaker or stronger by distance, and each layer's own, at most the reach together."""
        scene_count, count = int(scenes.max()) + 1, len(scenes)
        camera = self._vectors(scene_count) * self._chosen(self._how.filmed, scene_count)[:, None]
        nearness = np.where(depths > 0, np.exp(self._rng.normal(0.0, 0.4, count)), 1.0)
        own = self._vectors(count) * (self._chosen(self._how.moving, count) & (depths > 0))[:, None]
        travel = camera[scenes] * nearness[:, None] + own
        length = np.maximum(np.hypot(*travel.T), _LEAST_PX)
        found: Floats = travel * np.minimum(1.0, self._longest / length)[:, None]
        return found

    def _centres(self, depths: Integers, endless: Bools, scale: Floats) -> Floats:
        """(P, 2) px. What ends has its middle in the frame, what never ends lies anywhere."""
        whole = np.where(endless, scale * self._canvas, self._side)
        # At the back, mirrored surfaces would fill the frame: its edge is moved in by half a frame at most.
        back = np.maximum(scale * self._canvas - self._side, 0.0) + self._side / 2
        half = np.where(depths == 0, back, whole)[:, None] / 2
        centres: Floats = self._rng.uniform(-1.0, 1.0, (len(depths), 2)) * half
        return centres

    def _bases(self, scale: Floats) -> Floats:
        """(P, 2, 2): mirrored or not, stretched a little, half of them nearly upright and the others turned anyhow."""
        count = len(scale)
        upright = self._chosen(0.5, count)
        angle = self._rng.uniform(-1.0, 1.0, count) * np.where(upright, 0.15, np.pi)
        stretch = np.exp(self._rng.uniform(-0.15, 0.15, count))
        mirror = self._rng.choice((-1.0, 1.0), count)
        # Neither way is stretched beyond what ``_SCALES`` allows but by those few hundredths.
        along, across = scale * stretch * mirror, scale / stretch
        cosine, sine = np.cos(angle), np.sin(angle)
        base: Floats = np.stack(
            [np.stack([cosine * along, -sine * across], -1), np.stack([sine * along, cosine * across], -1)], 1
        )
        return base

    def _tilted(self, motion: LayerMotion) -> LayerMotion:
        count = len(motion.ease)
        tilting = self._chosen(self._how.tilting, count)[:, None]
        most = _MOST_TILT / self._radius
        # At a distance r a tilt h shifts by h r^2.
        change = np.minimum(self._lengths(count, self._longest / 2) / self._radius**2, most)
        rest = self._rng.uniform(-most, most, (count, 2))
        return replace(motion, tilt=rest * tilting, tilt_change=self._directions(count) * change[:, None] * tilting)

    def _waved(self, motion: LayerMotion, scale: Floats) -> LayerMotion:
        count = len(motion.ease)
        waving = self._chosen(self._how.waving, count)
        length = self._rng.uniform(0.3, 1.2, (count, WAVES)) * self._side / scale[:, None]
        vectors = self._directions(count * WAVES).reshape(count, WAVES, 2) * (2 * np.pi / length)[..., None]
        total = self._lengths(count, self._longest / 2) / scale * waving
        heights = self._directions(count * WAVES).reshape(count, WAVES, 2) * (total / WAVES)[:, None, None]
        steepness = (np.hypot(*np.moveaxis(heights, -1, 0)) * np.hypot(*np.moveaxis(vectors, -1, 0))).sum(1)
        heights *= np.minimum(1.0, STEEPEST / np.maximum(steepness, 1e-9))[:, None, None]
        return replace(
            motion,
            wave_vectors=vectors,
            wave_heights=heights,
            wave_phases=self._rng.uniform(0.0, 2 * np.pi, (count, WAVES)),
            wave_speeds=self._rng.uniform(-1.5, 1.5, (count, WAVES)),
        )

    def _chosen(self, share: float, count: int) -> Bools:
        return self._rng.random(count) < share

    def _lengths(self, count: int, longest: float) -> Floats:
        """(count,) px, evenly by their logarithm."""
        lengths: Floats = np.exp(self._rng.uniform(np.log(_LEAST_PX), np.log(max(longest, _LEAST_PX)), count))
        return lengths

    def _directions(self, count: int) -> Floats:
        angles = self._rng.uniform(0.0, 2 * np.pi, count)
        return np.stack([np.cos(angles), np.sin(angles)], 1)

    def _vectors(self, count: int) -> Floats:
        return self._directions(count) * self._lengths(count, self._longest)[:, None]

    def _signed(self, share: float, count: int, most: float) -> Floats:
        """(count,) px at the edge of a frame, either way; 0 where not chosen."""
        lengths = np.minimum(self._lengths(count, self._longest / 2), most)
        signed: Floats = lengths * self._rng.choice((-1.0, 1.0), count) * self._chosen(share, count)
        return signed
