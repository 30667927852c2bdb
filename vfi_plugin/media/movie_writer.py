"""Writes movies through PyAV (FFmpeg), under their final name only when they are whole."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.media.movie_colour import FULL_RANGE, Floats, plane_view, to_yuv444
from vfi_plugin.media.writing import begin_temporary, explained, move_into_place

# ITU-T H.273 codes.
_BT709, _RGB, _LIMITED_RANGE = 1, 0, 1


@dataclass(frozen=True)
class MovieFormat:
    """How frames are packed.

    Attributes:
        codec: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name; "gbrp..." stays RGB, "yuv..." becomes limited-range BT.709.
        bits: a sample.
        options: for the encoder.
    """

    codec: str
    pixel_format: str
    bits: int
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_rgb(self) -> bool:
        """Whether samples stay R, G, B."""
        return self.pixel_format.startswith(("gbr", "bgr", "rgb"))


def ffv1(bits: int = 16) -> MovieFormat:
    """Lossless RGB of 8, 10, 12 or 16 bits."""
    if bits not in (8, 10, 12, 16):
        raise UsageError(f"FFV1 of {bits} bits cannot be written; possible are 8, 10, 12 and 16")
    # Version 3 with a checksum a slice: damage is found, and one bad slice does not spoil the frame (RFC 9043).
    # Every frame a key frame: by default a frame needs up to eleven before it, which makes seeking slow.
    options = {"level": "3", "slicecrc": "1", "g": "1"}
    # FFV1 has no planar RGB of 8 bits; "bgr0" holds the same samples.
    return MovieFormat("ffv1", "bgr0" if bits == 8 else f"gbrp{bits}le", bits, options)


# Profiles 3 and 4 are 422 HQ and 4444; "apl0" is the vendor code without which some Apple software refuses the file.
PRORES_422_HQ = MovieFormat("prores_ks", "yuv422p10le", 10, {"profile": "3", "vendor": "apl0"})
PRORES_4444 = MovieFormat("prores_ks", "yuv444p10le", 10, {"profile": "4", "vendor": "apl0"})


DEFAULT_FORMATS: Mapping[str, MovieFormat] = {
    ".mov": PRORES_422_HQ,
    # x264's author calls CRF 18 visually near lossless; 14 leaves room for another generation of coding.
    ".mp4": MovieFormat("libx264", "yuv420p", 8, {"crf": "14", "preset": "medium", "movflags": "+faststart"}),
    ".mkv": ffv1(),
}
"""What a suffix stands for: ProRes 422 HQ, H.264, lossless FFV1."""


def _format_for(path: Path, chosen: MovieFormat | None, width: int) -> MovieFormat:
    suffix = path.suffix.lower()
    if suffix not in DEFAULT_FORMATS:
        raise UsageError(f'{path.name}: "{suffix}" cannot be written; movies are written as .mov, .mp4 or .mkv')
    if chosen is None and suffix == ".mov" and width % 2:
        return PRORES_4444  # FFmpeg's 4:2:2 encoder spoils the colour of odd widths (measured: errors above 1)
    return chosen or DEFAULT_FORMATS[suffix]


def _check_size(path: Path, width: int, height: int, movie_format: MovieFormat) -> None:
    if width < 1 or height < 1:
        raise UsageError(f"a movie of {width}x{height} cannot be written")
    if "420" in movie_format.pixel_format and (width % 2 or height % 2):
        raise UsageError(
            f"{path.name}: H.264 as players want it needs an even width and height, not {width}x{height}; "
            "write .mov or .mkv, which keep odd sizes"
        )


class MovieWriter:
    """Writes frames one after the other. A context manager: an exception inside it leaves no file.

    Attributes:
        clipped_values: samples so far that lay outside [0, 1] (or were NaN) and could not be kept: frames have to be
            display-referred, so a large count means that scene-linear ones were given.
        frames: written so far.
    """

    def __init__(
        self, path: str | Path, rate: Fraction, width: int, height: int, movie_format: MovieFormat | None = None
    ) -> None:
        """Begin a movie of ``width`` x ``height`` pixels at ``rate`` frames a second; None: the suffix's format.

        Raises:
            UsageError: an unknown suffix, an odd size for 4:2:0, a rate of 0 or below.
            WriteError: the file cannot be made.
        """
        self._target = Path(path)
        self._format = _format_for(self._target, movie_format, width)
        _check_size(self._target, width, height, self._format)
        if rate <= 0:
            raise UsageError(f"{self._target.name}: {rate} frames per second cannot be written; give a rate above 0")
        self.clipped_values = self.frames = 0
        self._size = (width, height)
        self._container: Any = None
        with explained(self._target):
            self._temporary = begin_temporary(self._target, keep_suffix=True)
            try:
                self._open(rate)
            except BaseException:
                self.abort()
                raise

    def _open(self, rate: Fraction) -> None:
        options = dict(self._format.options)
        muxer = {name: options.pop(name) for name in ("movflags",) if name in options}
        try:
            self._container = av.open(str(self._temporary), "w", options=muxer)
            self._stream: Any = self._container.add_stream(self._format.codec, rate=rate, options=options)
        except (av.FFmpegError, ValueError) as error:
            raise WriteError(f"FFmpeg cannot begin it: {error}") from None
        context = self._stream.codec_context
        context.width, context.height = self._size
        context.pix_fmt = self._format.pixel_format
        context.time_base = 1 / rate
        self._tag(context)

    def _tag(self, target: Any) -> None:
        target.color_primaries = target.color_trc = _BT709
        target.colorspace = _RGB if self._format.is_rgb else _BT709
        target.color_range = FULL_RANGE if self._format.is_rgb else _LIMITED_RANGE

    def _rgb(self, part: Part) -> tuple[Floats, Floats, Floats]:
        lacking = [name for name in "RGB" if name not in part.planes]
        if lacking:
            raise UsageError(f"a movie needs the channels R, G and B; the frame has {', '.join(part.planes)}")
        shown = part.display_window
        red, green, blue = (self._limited(part.plane_over(name, shown)) for name in "RGB")
        return red, green, blue

    def _limited(self, plane: npt.NDArray[Any]) -> Floats:
        # Half a step beyond the ends rounds to the ends: nothing is lost there, and it is not counted.
        slack = np.float32(0.5 / (2**self._format.bits - 1))
        kept = (plane >= -slack) & (plane <= 1 + slack)
        self.clipped_values += plane.size - int(np.count_nonzero(kept))
        limited: Floats = np.nan_to_num(plane.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
        return np.clip(limited, 0, 1, out=limited)

    def _picture(self, planes: tuple[Floats, Floats, Floats]) -> Any:
        bits = self._format.bits
        if self._format.is_rgb:
            top, dtype = np.float32(2**bits - 1), np.uint8 if bits == 8 else np.uint16
            red, green, blue = (np.rint(plane * top).astype(dtype) for plane in planes)
            picture = self._filled("gbrp" if bits == 8 else f"gbrp{bits}le", (green, blue, red))
            return self._converted(picture)
        full_chroma = "yuv444p" if bits == 8 else f"yuv444p{bits}le"
        return self._converted(self._filled(full_chroma, to_yuv444(planes, bits)))

    def _converted(self, picture: Any) -> Any:
        """The samples in the layout of the encoder: only order and chroma resolution change, not range or matrix."""
        if picture.format.name == self._format.pixel_format:
            return picture
        same = {f"{side}_{what}": _BT709 for side in ("src", "dst") for what in ("colorspace", "color_range")}
        return picture.reformat(format=self._format.pixel_format, interpolation="BICUBIC", **same)

    def _filled(self, pixel_format: str, planes: tuple[npt.NDArray[Any], ...]) -> Any:
        picture = av.VideoFrame(*self._size, pixel_format)
        for index, plane in enumerate(planes):
            plane_view(picture, index, self._format.bits)[...] = plane
        return picture

    def write(self, frame: Frame) -> None:
        """Append the display window of the first part; R, G, B display-referred in [0, 1], other channels left out.

        Raises:
            UsageError: another size than the movie's, or no R, G, B.
            WriteError: the disk is full, or the encoder failed. The movie cannot be continued then.
        """
        part = frame.parts[0]
        if (part.display_window.width, part.display_window.height) != self._size:
            raise UsageError(
                f"a frame of {part.display_window} does not fit into a movie of {self._size[0]}x{self._size[1]}"
            )
        picture = self._picture(self._rgb(part))
        self._tag(picture)
        picture.pts, picture.time_base = self.frames, self._stream.codec_context.time_base
        self._mux(picture)
        self.frames += 1

    def _mux(self, picture: Any | None) -> None:
        with explained(self._target):
            try:
                self._container.mux(self._stream.encode(picture))
            except (av.FFmpegError, ValueError) as error:
                raise WriteError(str(error)) from None

    def close(self) -> None:
        """Finish the movie and give it its name; calling it again does nothing.

        Raises:
            WriteError: the disk is full, or no frame was written. Nothing is left on the disk then.
        """
        if self._container is None:
            return
        try:
            if not self.frames:
                raise WriteError(f"{self._target} was not written: it has no frames")
            self._mux(None)
            with explained(self._target):
                self._container.close()
                move_into_place(self._temporary, self._target)
            self._container = None
        finally:
            self.abort()

    def abort(self) -> None:
        """Give up: nothing is left on the disk. After ``close`` it does nothing."""
        container, self._container = self._container, None
        if container is not None:
            with suppress(av.FFmpegError, OSError, ValueError):  # it is thrown away
                container.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> MovieWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()
