"""Frames as small pictures for a screen, to be put into a page.

Scene-linear light goes through the guide's curve (``image.guide_curve``), which is sRGB with a shoulder that holds all
highlights, and then gets back the contrast that the guide gives away: a lamp of 500 keeps its shape, and what lies
below a light of 0.21 looks as in any viewer. NaN and infinite values are magenta, so that they are seen.
"""

from __future__ import annotations

import base64
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, UnreadableImageError
from vfi_plugin.image.colour import Encoding, GuideTransform
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.pipeline import read_ahead
from vfi_plugin.render.shrunk_clip import Shrinking

Codes = npt.NDArray[np.uint8]

LONGER_SIDE_PX = 960
"""Of a picture at most, before it is brought to its size on the page: half of HD, as in previews of ``vfi retime``."""

_KNEE = 0.5
"""Display value up to which nothing is bent (a light of 0.21, just above a grey card). From there on a white card gives
away a tenth of the range, for lamps: 8 and 500 times its light are still two codes apart."""

_MAGENTA = (255, 0, 255)

_MARK_PX = 3
"""Width of the mark of a single value that is not finite: one pixel would drown in JPEG's halved colour."""

_QUALITIES = (82, 70, 55, 40, 25, 10)
"""JPEG, tried in turn until the file is small enough. Grain and noise of a plate can take five times as much as a
clean render at the same quality."""

_EXPOSED = 4.0
"""Two stops either way a picture can be judged in as it is; beyond, the page shows it at another exposure."""

_METERED = 5
"""Frames whose exposure is measured: the middle one of so many is no flash and no black frame."""


@dataclass(frozen=True)
class Box:
    """The room for a picture.

    Attributes:
        width, height: at most, px.
        most_bytes: of the JPEG file. One that is larger even at the lowest quality stays so: noise at every pixel.
    """

    width: int
    height: int
    most_bytes: int


@dataclass(frozen=True)
class Jpeg:
    """A picture in a page.

    Attributes:
        width, height: px.
        uri: a data URI.
    """

    width: int
    height: int
    uri: str


@dataclass(frozen=True)
class Shown:
    """A frame as it is shown.

    Attributes:
        number: of the frame.
        pixels: (h, w, 3) uint8 sRGB, the longer side up to ``LONGER_SIDE_PX``; empty where there is a fault.
        not_finite: (h, w) bool, where a value of a pixel's block is NaN or infinite.
        fault: why there is no picture, else "".
    """

    number: int
    pixels: Codes
    not_finite: npt.NDArray[np.bool_]
    fault: str = ""

    def jpeg(self, box: Box) -> Jpeg:
        """The picture brought into a box, never enlarged; what is not finite stays visible however small it is."""
        import cv2  # heavy, and only pictures need it

        height, width = self.pixels.shape[:2]
        scale = min(1.0, box.width / width, box.height / height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
        if self.not_finite.any():
            share = cv2.resize(self.not_finite.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            seen = cv2.dilate((share > 0).astype(np.uint8), np.ones((_MARK_PX, _MARK_PX), np.uint8))
            small[seen > 0] = _MAGENTA
        encoded = _encoded(small, box.most_bytes)
        return Jpeg(*size, f"data:image/jpeg;base64,{base64.b64encode(encoded).decode('ascii')}")


@dataclass(frozen=True)
class Viewer:
    """Shows frames of a clip.

    Attributes:
        clip: open.
        layout: of its channels; the first guide's is the picture.
        transform: from its colour to the guide.
        aspect: width of a pixel over its height.
        gain: the exposure, a factor on light; the same for all frames, so that a flash stays one.
    """

    clip: Clip
    layout: Layout
    transform: GuideTransform
    aspect: float = 1.0
    gain: float = 1.0

    @classmethod
    def of(cls, clip: Clip, colorspace: str | None = None, config: str | None = None) -> Viewer:
        """A viewer for a clip; ``colorspace`` and ``config`` as in ``RetimeOptions``.

        Raises:
            ColourError: a config or a space that is not there.
            InputError: no frame that can be read, or no channel to show.
        """
        headers = _first_headers(clip)
        layout = Layout.of(headers, RetimeOptions(speed=1, colorspace=colorspace, config=config))
        if not layout.guides:
            raise InputError(f"{clip.name} has no channel that can be shown; write the report without the page")
        aspect = headers[0].attributes.get("pixelAspectRatio")
        ratio = float(aspect.value) if aspect is not None else 1.0
        transform = clip_transform(headers, colorspace, config)
        return cls(clip, layout, transform, ratio if 0 < ratio < float("inf") else 1.0)

    def metered(self, numbers: Sequence[int], check: Callable[[], None]) -> Viewer:
        """The same with the gain that suits these frames, of which a few are read; 1 where they can be seen without."""
        if self.transform.encoding is not Encoding.SCENE:
            return self
        step = max(1, len(numbers) // _METERED)
        gains = []
        for number in numbers[step // 2 :: step][:_METERED]:
            check()
            light = self._light(number)
            if not isinstance(light, str):
                gains.append(self.transform.exposure_gain(light, light))
        gain = statistics.median(gains) if gains else 1.0
        return replace(self, gain=1.0 if 1 / _EXPOSED <= gain <= _EXPOSED else gain)

    def shown(self, numbers: Sequence[int], check: Callable[[], None]) -> Iterator[Shown]:
        """Reads frames in order, each once and a few ahead. ``check`` is called between them and raises to stop."""
        return read_ahead(map(self._show, numbers), check)

    def _show(self, number: int) -> Shown:
        light = self._light(number)
        if isinstance(light, str):
            return Shown(number, np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.bool_), light)
        not_finite: npt.NDArray[np.bool_] = np.any(~np.isfinite(light), axis=-1)
        light[not_finite] = 0
        black, white = self.transform.picture_range
        display = _bent(
            (self.transform.to_guide(light, self.gain) - black) / (white - black), (1 - black) / (white - black)
        )
        return Shown(number, (display * 255 + 0.5).astype(np.uint8), not_finite)

    def _light(self, number: int) -> npt.NDArray[np.float32] | str:
        """(h, w, 3) float32 in the clip's colour space, block means, NaN where a block has one; or why it cannot be."""
        try:
            frame = self.clip.read(number)
        except UnreadableImageError as error:
            return str(error)
        if lacking := self._lacking(frame):
            return f"{self.clip.path(number).name} has no channel {lacking}"
        window = frame.parts[0].display_window
        return _square(_small(self.layout.guide_rgb(frame, self.layout.guides[0], window)), self.aspect)

    def _lacking(self, frame: Frame) -> str:
        roles = [self.layout.roles[place] for place in self.layout.guides[0].places]
        parts = frame.parts
        return next(
            (role.channel for role in roles if role.part >= len(parts) or role.channel not in parts[role.part].planes),
            "",
        )


def _first_headers(clip: Clip) -> tuple[PartHeader, ...]:
    for number in clip.numbers:
        try:
            return clip.header(number)
        except UnreadableImageError:
            continue
    raise InputError(f"none of the {len(clip.numbers)} frames of {clip.name} can be read; look at the path")


def _small(rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    factor = max(1, -(-max(rgb.shape[:2]) // LONGER_SIDE_PX))
    if factor == 1:
        return rgb
    shrinking = Shrinking(factor, {})
    # Infinities of both signs in a block, and sums beyond float32, are found by their mean and shown as what they are.
    with np.errstate(invalid="ignore", over="ignore"):
        return np.stack([shrinking.mean(rgb[..., axis]) for axis in range(3)], axis=-1)


def _square(light: npt.NDArray[np.float32], aspect: float) -> npt.NDArray[np.float32]:
    """With square pixels, by repeating or leaving out columns: as exact as a small picture needs it."""
    if abs(aspect - 1) < 0.01:
        return light
    width = max(1, round(light.shape[1] * aspect))
    columns = ((np.arange(width) + 0.5) * light.shape[1] / width).astype(np.intp)
    return light[:, columns]


def _bent(display: npt.NDArray[np.float32], largest: float) -> npt.NDArray[np.float32]:
    """Display values in [0, 1] of those up to ``largest``: a parabola from the knee on, which reaches 1 at the end."""
    room = largest - _KNEE
    curvature = max(0.0, (largest - 1) / room**2)
    over = np.maximum(display - np.float32(_KNEE), 0)
    bent: npt.NDArray[np.float32] = np.clip(display - np.float32(curvature) * over * over, 0, 1)
    return bent


def _encoded(pixels: Codes, most_bytes: int) -> bytes:
    import cv2  # heavy, and only pictures need it

    encoded = b""
    for quality in _QUALITIES:
        _, file = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        encoded = file.tobytes()
        if len(encoded) <= most_bytes:
            break
    return encoded


def file_name(source: str | Path) -> str:
    """The last part of a path, of either kind of system."""
    return str(source).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
