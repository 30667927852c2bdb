"""Numbered frames with a rate, read when they are asked for: image sequences and movies behind one interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from vfi_plugin.errors import InputError, MismatchedFramesError, MissingFramesError
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.header import PartHeader, rate_of
from vfi_plugin.media.image_file import read_header, read_image


class Clip(ABC):
    """Frames by number. Reading is safe from several threads at once.

    Attributes:
        name: text for people: the pattern or the movie's path.
        numbers: the frames that are there, ascending.
        rate: frames per second, exact; None where the files do not say.
        is_of_files: whether each frame is a file of its own, so that several threads read faster than one.
    """

    name: str
    numbers: tuple[int, ...]
    rate: Fraction | None
    is_of_files: bool = False

    @property
    def missing(self) -> tuple[int, ...]:
        """Numbers of the holes between the first and the last frame."""
        return tuple(sorted(set(range(self.numbers[0], self.numbers[-1] + 1)) - set(self.numbers)))

    @abstractmethod
    def read(self, number: int) -> Frame:
        """The frame ``number``.

        Raises:
            MissingFramesError: there is no such frame.
            UnreadableImageError: it is damaged.
        """

    @abstractmethod
    def header(self, number: int) -> tuple[PartHeader, ...]:
        """The parts of frame ``number`` without their pixels. Raises as ``read``."""

    @abstractmethod
    def path(self, number: int) -> Path:
        """The file that holds frame ``number``. Raises MissingFramesError."""

    def close(self) -> None:  # noqa: B027  (most clips hold nothing open)
        """Let go of open files; the clip cannot be read afterwards."""

    def __enter__(self) -> Clip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _no_such_frame(self, number: int) -> MissingFramesError:
        span = f"{self.numbers[0]}-{self.numbers[-1]}"
        return MissingFramesError(f"{self.name} has no frame {number}; it has {len(self.numbers)} in {span}", (number,))


class SequenceClip(Clip):
    """An image file a frame. The rate is that of the first frame's header."""

    is_of_files = True

    def __init__(self, name: str, files: Mapping[int, Path]) -> None:
        if not files:
            raise InputError(f"{name} has no frames")
        self.name = name
        self._files = dict(sorted(files.items()))
        self.numbers = tuple(self._files)
        self.rate = self._first_rate()

    def _first_rate(self) -> Fraction | None:
        try:
            return rate_of(self.header(self.numbers[0])[0].attributes)
        except InputError:
            return None  # a damaged first frame may be repaired or left out; whoever reads it hears of it then

    def path(self, number: int) -> Path:
        """See ``Clip.path``."""
        try:
            return self._files[number]
        except KeyError:
            raise self._no_such_frame(number) from None

    def read(self, number: int) -> Frame:
        """See ``Clip.read``."""
        return read_image(self.path(number), number)

    def header(self, number: int) -> tuple[PartHeader, ...]:
        """See ``Clip.header``."""
        return read_header(self.path(number))


def _difference(first: PartHeader, other: PartHeader) -> str | None:
    if other.display_window != first.display_window:
        return f"its display window is {other.display_window}, not {first.display_window}"
    channels, wanted = dict(other.channels), dict(first.channels)
    if lacking := [name for name in wanted if name not in channels]:
        return f"it lacks the channels {', '.join(lacking)}"
    if added := [name for name in channels if name not in wanted]:
        return f"it has the channels {', '.join(added)} that the first does not have"
    for name, kind in wanted.items():
        if channels[name] != kind:
            return f"channel {name} is {channels[name]}, not {kind}"
    return None


def _frame_difference(first: tuple[PartHeader, ...], other: tuple[PartHeader, ...]) -> str | None:
    if len(other) != len(first):
        return f"it has {len(other)} parts, not {len(first)}"
    for index, (wanted, part) in enumerate(zip(first, other, strict=True)):
        if (part.name, part.view) != (wanted.name, wanted.view):
            return f'part {index} is "{part.name}" of view "{part.view}", not "{wanted.name}" of "{wanted.view}"'
        if difference := _difference(wanted, part):
            return difference if len(first) == 1 else f'in part "{wanted.name or index}" {difference}'
    return None


def check_uniform(clip: Clip, numbers: Iterable[int] | None = None) -> None:
    """Checks by the headers that frames can be mixed: same parts, channels, types and display windows.

    Data windows may differ. ``numbers`` None: all frames of the clip.

    Raises:
        MismatchedFramesError: names the first frame that differs from the first one, and in what.
    """
    chosen = list(clip.numbers if numbers is None else numbers)
    if not chosen:
        return
    first = clip.header(chosen[0])
    for number in chosen[1:]:
        if difference := _frame_difference(first, clip.header(number)):
            raise MismatchedFramesError(
                f"frame {number} of {clip.name} differs from frame {chosen[0]}: {difference}; retime them apart"
            )
