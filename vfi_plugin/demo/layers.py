"""The layers of the demo scene: a dusk landscape passing by, with a reference chart and a ball in front.

All lengths are design units (pixels of a 640 px wide picture), all speeds design units a frame. Every layer is a
function of position and time in closed form; none keeps state.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, pi, sin
from typing import ClassVar, Protocol

import numpy as np

from vfi_plugin.demo.canvas import Canvas, Surface
from vfi_plugin.demo.texture import Floats, Plane, Texture, smooth_coverage

Colour = tuple[float, float, float]

HIGHLIGHT = 500.0
"""The sun: a specular or a lamp in a real plate is about as far above white."""

MID_GREY = 0.18
"""Reflectance of a photographic grey card."""

BELOW_BLACK = -0.05
"""A negative such as filtering, noise removal or a gamut conversion leaves in a plate."""


class Layer(Protocol):
    """Something that paints itself over a canvas."""

    def paint(self, canvas: Canvas, time: float) -> None:
        """Lay this layer, as it is ``time`` frames after the first, over ``canvas``."""


@dataclass(frozen=True)
class Sky:
    """Dusk with drifting clouds; it fades to nothing at the top, where the plate behind a render would show."""

    clouds: Texture
    sun: Sun
    velocity: float = -4.0
    surface: ClassVar[Surface] = Surface(depth=1000.0, number=1)

    def paint(self, canvas: Canvas, time: float) -> None:
        """See :class:`Layer`."""
        down = (canvas.y / canvas.height)[:, None, None]
        low, high = np.array([1.05, 0.42, 0.16]), np.array([0.06, 0.10, 0.26])
        fade = np.clip((down - 0.05) / 0.5, 0, 1)
        # Clouds are four times as wide as they are high, as clouds are near the horizon.
        cloud = self.clouds.sample((canvas.x - self.velocity * time) / 4, canvas.y, (canvas.pixel / 4, canvas.pixel))
        centre_x, centre_y = self.sun.centre(time)
        reach = np.hypot(canvas.x[None, :] - centre_x, (canvas.y - centre_y)[:, None])
        glow = (0.9 * np.exp(-reach / 45))[..., None] * np.array([1.0, 0.62, 0.30])
        colour = (high + (low - high) * fade) * (1 + cloud) + glow
        matte = smooth_coverage(0.13 * canvas.height - canvas.y, 0.2 * canvas.height)
        everywhere = np.broadcast_to(matte[:, None], canvas.depth.shape).astype(np.float32)
        canvas.over(colour.astype(np.float32), everywhere, self.surface)


@dataclass(frozen=True)
class Sun:
    """A disc far above white, going down behind the hills."""

    start: tuple[float, float] = (440.0, 112.0)
    velocity: tuple[float, float] = (4.0, 0.8)
    radius: float = 15.0
    surface: ClassVar[Surface] = Surface(depth=900.0, number=2)

    def centre(self, time: float) -> tuple[float, float]:
        """Where the middle of the disc is, in design units."""
        return self.start[0] + self.velocity[0] * time, self.start[1] + self.velocity[1] * time

    def paint(self, canvas: Canvas, time: float) -> None:
        """See :class:`Layer`."""
        x, y = self.centre(time)
        canvas = canvas.around((x, y), self.radius + 2 * canvas.pixel)
        distance = np.hypot(canvas.x[None, :] - x, canvas.y[:, None] - y) - self.radius
        canvas.over(np.full(3, HIGHLIGHT, np.float32), canvas.covered(distance), self.surface)


@dataclass(frozen=True)
class Look:
    """How a range of hills looks: mean colour, contrast of its texture, height of its ridge (0 top, 1 bottom)."""

    colour: Colour
    contrast: float
    level: float


@dataclass(frozen=True)
class Hills:
    """A textured ridge passing by at a constant speed.

    Attributes:
        ground: the texture, three channels, mean 0, in parts of the colour.
        look: colour and height.
        waves: ``(N, 3)``: amplitude, wavelength and phase of each sinusoid of the ridge line.
        velocity: design units a frame.
        surface: depth and number.
    """

    ground: Texture
    look: Look
    waves: Floats
    velocity: float
    surface: Surface

    def paint(self, canvas: Canvas, time: float) -> None:
        """See :class:`Layer`."""
        x = canvas.x - self.velocity * time
        amplitude, wavelength, phase = (self.waves[:, index, None] for index in range(3))
        turn = 2 * pi * x / wavelength + phase
        ridge = self.look.level * canvas.height + (amplitude * np.sin(turn)).sum(axis=0)
        slope = (2 * pi * amplitude / wavelength * np.cos(turn)).sum(axis=0)
        canvas = canvas.below(float(ridge.min()) - 2 * canvas.pixel)
        # Distance to a line that is steep here is shorter than the height above it.
        distance = (ridge - canvas.y[:, None]) / np.hypot(1, slope)
        relief = self.ground.sample(x, canvas.y, (canvas.pixel, canvas.pixel))
        below = np.clip((canvas.y[:, None] - ridge) / (0.6 * canvas.height), 0, 1)[..., None]
        colour = np.asarray(self.look.colour) * (1 + relief) * (1.15 - 0.75 * below)
        canvas.over(colour.astype(np.float32), canvas.covered(distance), self.surface)


@dataclass(frozen=True)
class Chart:
    """A grey card with a patch below black, patches of colour and a checker, carried up and turning a little."""

    start: tuple[float, float] = (150.0, 190.0)
    velocity: tuple[float, float] = (6.0, -2.5)
    half_size: tuple[float, float] = (66.0, 46.0)
    surface: ClassVar[Surface] = Surface(depth=40.0, number=5)

    def paint(self, canvas: Canvas, time: float) -> None:
        """See :class:`Layer`."""
        centre = self.start[0] + self.velocity[0] * time, self.start[1] + self.velocity[1] * time
        canvas = canvas.around(centre, hypot(*self.half_size) + 2 * canvas.pixel)
        across, down = self._local(canvas, centre, time)
        corner = 6.0
        frame = canvas.covered(_box_distance(across, down, self.half_size, corner))
        inner = (self.half_size[0] - 3, self.half_size[1] - 3)
        colour = np.full((*frame.shape, 3), 0.02)
        _mix(colour, (MID_GREY,) * 3, canvas.covered(_box_distance(across, down, inner, corner - 3)))
        row: tuple[Colour, ...] = (
            (BELOW_BLACK,) * 3,
            (0.40, 0.05, 0.03),
            (0.06, 0.25, 0.05),
            (0.04, 0.07, 0.38),
            (0.9,) * 3,
        )
        for index, patch in enumerate(row):
            square = _box_distance(across - (index - 2) * 24, down + 26, (9.0, 9.0), 0.0)
            _mix(colour, patch, canvas.covered(square))
        checks = _checker_distance(across, down - 26, side=8.0)
        strip = canvas.covered(_box_distance(across, down - 26, (56.0, 8.0), 0.0))
        _mix(colour, (0.03,) * 3, strip)
        _mix(colour, (0.8,) * 3, strip * canvas.covered(checks))
        canvas.over(colour.astype(np.float32), frame, self.surface)

    def _local(self, canvas: Canvas, centre: tuple[float, float], time: float) -> tuple[Floats, Floats]:
        """Every pixel's place on the card, measured from its middle; the card swings by 8 degrees in 40 frames."""
        angle = np.radians(8.0) * sin(2 * pi * time / 40)
        x = canvas.x[None, :] - centre[0]
        y = canvas.y[:, None] - centre[1]
        return np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x


@dataclass(frozen=True)
class Ball:
    """A striped ball, rolling and bouncing across: constant speed along, constant acceleration down."""

    start_x: float = 60.0
    velocity: float = 12.0
    radius: float = 40.0
    bounce_frames: float = 26.0
    bounce_height: float = 120.0
    degrees_per_frame: float = 5.0
    surface: ClassVar[Surface] = Surface(depth=10.0, number=7)

    def centre(self, canvas_height: float, time: float) -> tuple[float, float]:
        """Where the middle of the ball is, in design units; it meets the ground at multiples of ``bounce_frames``."""
        phase = (time + 4) / self.bounce_frames % 1.0  # the clip begins as the ball has just left the ground
        floor = 0.96 * canvas_height - self.radius
        return self.start_x + self.velocity * time, floor - 4 * self.bounce_height * phase * (1 - phase)

    def paint(self, canvas: Canvas, time: float) -> None:
        """See :class:`Layer`."""
        centre_x, centre_y = self.centre(canvas.height, time)
        canvas = canvas.around((centre_x, centre_y), self.radius + 2 * canvas.pixel)
        x = canvas.x[None, :] - centre_x
        y = canvas.y[:, None] - centre_y
        reach = np.hypot(x, y)
        angle = np.arctan2(y, x) - np.radians(self.degrees_per_frame * time)
        # Six stripes of 60 degrees, by turns; the distance to the nearest border is the arc at this radius.
        turn = angle / (pi / 3) % 2
        border = (np.abs(turn - 1) - 0.5) * (pi / 3) * reach
        colour = np.empty((*reach.shape, 3))
        colour[:] = (0.82, 0.78, 0.66)
        _mix(colour, (0.62, 0.045, 0.03), canvas.covered(border))
        _mix(colour, (0.05, 0.10, 0.42), canvas.covered(reach - 9))
        colour *= self._shading(x, y)
        canvas.over(colour.astype(np.float32), canvas.covered(reach - self.radius), self.surface)

    def _shading(self, x: Floats, y: Floats) -> Floats:
        """``(H, W, 1)``: light from the upper right on a sphere, with a glint above white; it does not turn along."""
        across, down = x / self.radius, y / self.radius
        towards = np.sqrt(np.clip(1 - across * across - down * down, 0, 1))
        facing = np.clip(0.55 * across - 0.55 * down + 0.63 * towards, 0, 1)
        return (0.10 + 1.1 * facing + 4.0 * facing**60)[..., None]


def _mix(colour: Floats, other: Colour, matte: Plane) -> None:
    """Replace ``colour`` (H, W, 3) by ``other`` where ``matte`` (H, W) is 1, in place."""
    colour += matte[..., None] * (np.asarray(other) - colour)


def _box_distance(across: Floats, down: Floats, half_size: tuple[float, float], corner: float) -> Floats:
    """Signed distance to a rectangle with rounded corners around the origin, negative inside."""
    outside_x = np.abs(across) - (half_size[0] - corner)
    outside_y = np.abs(down) - (half_size[1] - corner)
    outer = np.hypot(np.maximum(outside_x, 0), np.maximum(outside_y, 0))
    distance: Floats = outer + np.minimum(np.maximum(outside_x, outside_y), 0) - corner
    return distance


def _checker_distance(across: Floats, down: Floats, side: float) -> Floats:
    """Signed distance to the nearest line of a checker of ``side``, negative on its bright squares."""
    to_column = np.abs(across % side - side / 2) - side / 2
    to_row = np.abs(down % side - side / 2) - side / 2
    bright = (np.floor(across / side) + np.floor(down / side)) % 2 == 0
    to_line = np.maximum(to_column, to_row)
    return np.where(bright, to_line, -to_line)
