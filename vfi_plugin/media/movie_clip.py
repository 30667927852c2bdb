"""Movies as clips, through PyAV (FFmpeg)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader
from vfi_plugin.media.movie_colour import MATRIX_NAMES, matrix_of, to_rgb

FIRST_NUMBER = 1  # movies count from 1, as Nuke's Read does

# Decoding on is cheaper than a seek up to about the distance of key frames in camera and web files (12 to 250 frames).
_DECODE_ON = 24


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class MovieClip(Clip):
    """The frames of a movie's first video stream, in display order, numbered from 1; audio is left out.

    The frames are counted by walking through the packets, not by the header, which may lie. The numbers follow the
    order of the frames also where their times are uneven; the attribute ``movie/variableRate`` then says so. Rotation
    marks are not applied: ``movie/rotation`` holds them.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.name = str(self._path)
        self._lock = threading.Lock()
        self._frames: Iterator[Any] = iter(())
        self._next = 0  # index of the frame that the decoder gives next; -1 where that is unknown
        self._last: tuple[int, Any] = (-1, None)  # the frame decoded last, which is often asked for again
        try:
            self._container = av.open(self.name)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnreadableImageError(f"{self.name} cannot be read as a movie: {_why(error)}") from None
        try:
            self._stream = self._video_stream()
            self._times = self._list_times()
        except BaseException:
            self._container.close()
            raise
        self.numbers = tuple(range(FIRST_NUMBER, FIRST_NUMBER + len(self._times)))
        self.rate = self._find_rate()
        self._rewind(0)

    def _video_stream(self) -> Any:
        pictures = [stream for stream in self._container.streams.video if not stream.disposition & _ATTACHED_PICTURE]
        if not pictures:
            raise UnreadableImageError(f"{self.name} has no video stream")
        pictures[0].thread_type = "AUTO"
        return pictures[0]

    def _list_times(self) -> list[int]:
        """Time stamps of all frames in display order, from the packets; decoded where packets carry none."""
        try:
            packets = [
                packet for packet in self._container.demux(self._stream) if packet.size and not packet.is_discard
            ]
            times = [packet.pts for packet in packets]
            if None in times:
                self._container.seek(0)
                times = [frame.pts for frame in self._container.decode(self._stream)]
        except (av.FFmpegError, OSError) as error:
            raise UnreadableImageError(f"{self.name} is damaged: {_why(error)}") from None
        if not times:
            raise UnreadableImageError(f"{self.name} has no frames")
        if None in times:
            raise UnreadableImageError(
                f"{self.name} has frames without a time: wrap it anew (ffmpeg -i IN -c copy OUT.mov)"
            )
        return sorted(times)

    def _find_rate(self) -> Fraction | None:
        rate = self._stream.average_rate if self._is_variable() else self._stream.guessed_rate
        rate = rate or self._stream.average_rate
        return Fraction(rate) if rate else None

    def _is_variable(self) -> bool:
        steps = [after - before for before, after in pairwise(self._times)]
        # Containers that count milliseconds round to one tick, so steps of one rate differ by up to two.
        return bool(steps) and max(steps) - min(steps) > 2

    def _rewind(self, index: int) -> None:
        self._container.seek(self._times[index], stream=self._stream, backward=True, any_frame=False)
        self._frames = iter(self._container.decode(self._stream))
        self._next = -1  # unknown until a frame says its time

    def _decode_to(self, index: int) -> Any:
        wanted = self._times[index]
        for frame in self._frames:
            if frame.pts is None or frame.pts < wanted:
                continue
            if frame.pts > wanted:
                break
            self._next = index + 1
            return frame
        self._next = -1
        return None

    def _decoded(self, index: int) -> Any:
        if index == self._last[0]:
            return self._last[1]
        if not (self._next >= 0 and 0 <= index - self._next <= _DECODE_ON):
            self._rewind(index)
        frame = self._decode_to(index)
        if frame is None:  # a seek may land too late in files with open groups of pictures: start from the front
            self._rewind(0)
            frame = self._decode_to(index)
        if frame is None:
            raise UnreadableImageError(f"frame {index + FIRST_NUMBER} of {self.name} cannot be decoded: it is damaged")
        self._last = (index, frame)
        return frame

    def _frame(self, number: int) -> Any:
        if number not in range(FIRST_NUMBER, FIRST_NUMBER + len(self._times)):
            raise self._no_such_frame(number)
        try:
            return self._decoded(number - FIRST_NUMBER)
        except (av.FFmpegError, OSError) as error:
            self._next = -1
            raise UnreadableImageError(f"frame {number} of {self.name} cannot be decoded: {_why(error)}") from None

    def _attributes(self, frame: Any) -> dict[str, Attribute]:
        aspect = self._stream.sample_aspect_ratio
        attributes = {
            "pixelAspectRatio": Attribute("float", float(aspect) if aspect else 1.0),
            "movie/codec": Attribute("string", self._stream.codec_context.name),
            "movie/pixelFormat": Attribute("string", frame.format.name),
        }
        if not frame.format.is_rgb:
            attributes["movie/matrix"] = Attribute("string", MATRIX_NAMES[matrix_of(frame)])
        if self.rate:
            attributes["framesPerSecond"] = Attribute("rational", (self.rate.numerator, self.rate.denominator))
        if self._is_variable():
            attributes["movie/variableRate"] = Attribute("string", "frames are uneven in time; numbered in their order")
        if frame.rotation:
            attributes["movie/rotation"] = Attribute("int", int(frame.rotation))
        if timecode := self._stream.metadata.get("timecode") or self._container.metadata.get("timecode"):
            attributes["movie/timecode"] = Attribute("string", timecode)
        return attributes

    def read(self, number: int) -> Frame:
        """R, G, B (and A) planes, float32, display-referred, over a window at 0, 0; see ``movie_colour.to_rgb``.

        Raises: as ``Clip.read``.
        """
        with self._lock:
            decoded = self._frame(number)
            attributes = self._attributes(decoded)
        window = Window(0, 0, decoded.width, decoded.height)
        return Frame((Part(to_rgb(decoded), window, window, attributes=attributes),), number)

    def decoded(self, number: int) -> Any:
        """The frame as PyAV has it, its planes not converted; see ``movie_shrunk``. Raises as ``Clip.read``."""
        with self._lock:
            return self._frame(number)

    def header(self, number: int) -> tuple[PartHeader, ...]:
        """See ``Clip.header``. All frames of a stream have the same one, so that of the first is given."""
        if number not in range(FIRST_NUMBER, FIRST_NUMBER + len(self._times)):
            raise self._no_such_frame(number)
        if self._header is None:
            part = self.read(FIRST_NUMBER).parts[0]
            channels = tuple((name, "float") for name in part.planes)
            self._header = PartHeader(channels, part.data_window, part.display_window, attributes=part.attributes)
        return (self._header,)

    _header: PartHeader | None = None

    def path(self, number: int) -> Path:
        """See ``Clip.path``: the movie."""
        if number not in range(FIRST_NUMBER, FIRST_NUMBER + len(self._times)):
            raise self._no_such_frame(number)
        return self._path

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._frames, self._last = iter(()), (-1, None)
            self._container.close()


_ATTACHED_PICTURE = av.stream.Disposition.attached_pic
