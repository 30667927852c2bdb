"""Clips that exist in memory alone, and what a scan says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import MissingFramesError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.repair.decisions import decide
from vfi_plugin.repair.look import Looker
from vfi_plugin.repair.measuring import measured
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.repair.series import Series

Picture = npt.NDArray[np.float32]

HEIGHT, WIDTH = 96, 160
FIRST = 1001

_ATTRIBUTES = {"compression": Attribute("compression", "zip")}


class MadeClip(Clip):
    """``picture(place)`` is the (H, W, 3) float32 of the frame at each place; numbers begin at 1001 without holes."""

    def __init__(self, picture: Callable[[int], Picture], count: int, numbers: Sequence[int] | None = None) -> None:
        self.name, self.rate = "made", Fraction(24)
        self.numbers = tuple(numbers or range(FIRST, FIRST + count))
        self._picture = picture

    def read(self, number: int) -> Frame:
        pixels = self._picture(self.numbers.index(number)).astype(np.float16)
        window = Window(0, 0, pixels.shape[1], pixels.shape[0])
        planes = {name: np.ascontiguousarray(pixels[..., axis]) for axis, name in enumerate("RGB")}
        return Frame((Part(planes, window, window, attributes=_ATTRIBUTES),), number)

    def header(self, number: int) -> tuple[PartHeader, ...]:
        part = self.read(number).parts[0]
        channels = tuple((name, "half") for name in part.planes)
        return (PartHeader(channels, part.data_window, part.display_window, attributes=_ATTRIBUTES),)

    def path(self, number: int) -> Path:
        if number not in self.numbers:
            raise MissingFramesError(f"no frame {number}", (number,))
        return Path(f"made.{number}.exr")


def looker(clip: Clip) -> Looker:
    headers = clip.header(clip.numbers[0])
    return Looker(clip, Layout.of(headers, RetimeOptions(speed=1)), clip_transform(headers))


def series_of(clip: Clip, span: range | None = None) -> Series:
    span = range(len(clip.numbers)) if span is None else span
    with nullcontext():
        return Series.of(list(measured(looker(clip), clip.numbers, span, lambda: None)))


def report_on(pictures: Sequence[Picture], options: ScanOptions | None = None, **given: Sequence[int]) -> ScanReport:
    """What a scan says of these frames."""
    clip = MadeClip(pictures.__getitem__, len(pictures), **given)
    return decide(series_of(clip), options or ScanOptions())


def backdrop(seed: int, height: int = HEIGHT, width: int = 3 * WIDTH) -> Picture:
    """Coloured clouds of a dozen pixels, from 0.05 to 0.8, like a defocused photograph."""
    noise = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    clouds = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.clip(0.35 + 0.12 * clouds / clouds.std(), 0.05, 0.8).astype(np.float32)


def view(picture: Picture, x: float, y: float = 0.0) -> Picture:
    """What a camera sees of a picture from ``x`` pixels to the right on, between pixels too."""
    height = min(picture.shape[0], HEIGHT)
    matrix = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
    return cv2.warpAffine(picture, matrix, (WIDTH, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def pan(positions: Sequence[float], seed: int = 1, step: float = 3.0) -> list[Picture]:
    """A pan by ``step`` px a frame, seen at these moments."""
    wide = backdrop(seed)
    return [view(wide, step * position) for position in positions]


def grained(pictures: Sequence[Picture], sigma: float, seed: int = 2) -> Iterator[Picture]:
    """With noise that is another on each frame."""
    random = np.random.default_rng(seed)
    for picture in pictures:
        yield picture + random.standard_normal(picture.shape).astype(np.float32) * np.float32(sigma)
