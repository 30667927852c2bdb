"""The demo clip: a scene that is known exactly at every moment, so that made-up frames can be held against the truth.

It holds what makes plates hard: values of 500 and of -0.05, layers that pass in front of each other at 4 to 14 px a
frame, a ball that turns and accelerates, soft and transparent parts, data layers, and pixels outside the format.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from math import floor

import numpy as np

from vfi_plugin.demo.canvas import DESIGN_WIDTH, Canvas, Surface
from vfi_plugin.demo.layers import Ball, Chart, Hills, Layer, Look, Sky, Sun
from vfi_plugin.demo.texture import TextureRecipe, random_texture
from vfi_plugin.errors import UsageError
from vfi_plugin.image.frame import Attribute, Frame, Part, Plane
from vfi_plugin.image.window import Window

FIRST_FRAME = 1001
"""Number of the frame at time 0, as shots are numbered in film work."""

RATE = 24
"""Frames a second."""

REC_709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
"""Chromaticities of red, green, blue and white in ITU-R BT.709: what the colours of the scene are meant in."""

SMALLEST = (64, 36)
"""Below this width and height the layers are thinner than a pixel."""


class DemoScene:
    """A dusk landscape with a reference chart and a ball, in front of a sky that ends in transparency.

    Args:
        width: of the display window, in pixels; all speeds scale with it (4 to 14 px a frame at 640).
        height: of the display window.
        seed: chooses the textures and the ridges.

    The data window is a twentieth of the format larger on every side.

    Raises:
        UsageError: the size is below 64x36.
    """

    def __init__(self, width: int = 640, height: int = 360, seed: int = 7) -> None:
        if width < SMALLEST[0] or height < SMALLEST[1]:
            raise UsageError(f"the demo scene is at least {SMALLEST[0]}x{SMALLEST[1]}, got {width}x{height}")
        side, top = round(width / 20), round(height / 20)
        self.seed = seed
        self.display_window = Window(0, 0, width, height)
        self.data_window = Window(-side, -top, width + 2 * side, height + 2 * top)

    def frame(self, time: Fraction | float) -> Frame:
        """The picture ``time`` frames after the first one, whole or not.

        Returns:
            A frame of one part: R G B A (float16, scene-linear, premultiplied), ``depth.Z`` and ``id.r`` (float32;
            ids are whole numbers, 0 for nothing). It is numbered 1001 + time, rounded down, and its timecode runs from
            01:00:00:00 at 24 frames a second.
        """
        canvas = Canvas.empty(self.data_window, self.display_window)
        for layer in self._layers:
            layer.paint(canvas, float(time))
        planes: dict[str, Plane] = {
            name: np.ascontiguousarray(canvas.rgba[..., index], np.float16) for index, name in enumerate("RGBA")
        }
        planes |= {"depth.Z": canvas.depth, "id.r": canvas.number}
        part = Part(planes, self.data_window, self.display_window, attributes=_attributes(floor(time)))
        return Frame((part,), number=FIRST_FRAME + floor(time))

    def ball_window(self, time: Fraction | float) -> Window:
        """The part of the display window around the ball, two fifths of it wide and high: where to look closely."""
        scale = self.display_window.width / DESIGN_WIDTH
        centre = Ball().centre(self.display_window.height / scale, float(time))
        width, height = self.display_window.width * 2 // 5, self.display_window.height * 2 // 5
        left = min(max(round(centre[0] * scale - width / 2), 0), self.display_window.width - width)
        top = min(max(round(centre[1] * scale - height / 2), 0), self.display_window.height - height)
        return Window(left, top, width, height)

    @cached_property
    def _layers(self) -> tuple[Layer, ...]:
        """From the back to the front; the speeds of the hills are those of a camera that pans to the right."""
        clouds = random_texture(TextureRecipe(24, 24, 120, 0.16, (0.7, 1.0, 1.2)), self.seed)
        return (
            Sky(clouds, Sun()),
            Sun(),
            self._hills(Look((0.25, 0.17, 0.22), 0.13, 0.50), -4.0, Surface(300.0, 3)),
            self._hills(Look((0.13, 0.16, 0.085), 0.20, 0.64), -8.0, Surface(100.0, 4)),
            Chart(),
            self._hills(Look((0.16, 0.11, 0.035), 0.26, 0.83), -14.0, Surface(20.0, 6)),
            Ball(),
        )

    def _hills(self, look: Look, velocity: float, surface: Surface) -> Hills:
        """A range of hills; each has a ridge and a texture of its own."""
        random = np.random.default_rng((self.seed, surface.number))
        # Nearly self-similar: a wave a third as long is about a third as high, as in a mountain's outline.
        wavelength = np.geomspace(420, 28, 7)
        waves = np.stack([0.045 * wavelength**0.95, wavelength, 2 * np.pi * random.random(7)], axis=1)
        recipe = TextureRecipe(48, 9, 90, look.contrast, (1.0, 0.9, 0.7))
        return Hills(random_texture(recipe, self.seed + surface.number), look, waves, velocity, surface)


def _attributes(frame_offset: int) -> dict[str, Attribute]:
    """The header of the frame that is ``frame_offset`` frames into the clip."""
    return {
        "framesPerSecond": Attribute("rational", (RATE, 1)),
        "chromaticities": Attribute("chromaticities", REC_709),
        "timeCode": Attribute("timecode", (_packed_timecode(frame_offset), 0)),
        "Copyright": Attribute("string", "vfi-plugin demo, free to use"),
        "ImageDescription": Attribute("string", "Rendered from formulas, known at every moment"),
        "camera/iso": Attribute("int", 800),
    }


def _packed_timecode(frame_offset: int) -> int:
    """SMPTE 12M time address from 01:00:00:00, two decimal digits a byte: hours, minutes, seconds, frames."""
    seconds, frames = divmod(frame_offset + 3600 * RATE, RATE)
    fields = (seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, frames)
    packed = 0
    for value in fields:
        packed = packed << 8 | value // 10 << 4 | value % 10
    return packed
