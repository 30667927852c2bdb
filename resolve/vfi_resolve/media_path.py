"""Names of media, and of the frames that are put beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BRACKETS = re.compile(r"\[(-?\d+)-(-?\d+)\]")
_MARKS = re.compile(r"[%#@$\[\]]")
"""What stands for a frame number in one program or another."""


def first_number(path: str) -> int | None:
    """The number of the first file of a sequence, ``dir/plate.[1001-1100].exr``; None for a movie or a single file."""
    match = _BRACKETS.search(Path(path).name)
    return int(match[1]) if match else None


@dataclass(frozen=True)
class Frames:
    """A sequence of EXR files that is to be.

    Attributes:
        folder, stem: the files are ``folder/stem.1001.exr`` and so on.
        first, count: their numbers.
    """

    folder: str
    stem: str
    first: int
    count: int

    @property
    def last(self) -> int:
        """The last number."""
        return self.first + self.count - 1

    @property
    def pattern(self) -> str:
        """As the worker takes it."""
        return self._named("####")

    @property
    def printf(self) -> str:
        """As ImportMedia takes it."""
        return self._named("%04d")

    @property
    def as_listed(self) -> str:
        """As Resolve lists it in the property File Path."""
        return self._named(f"[{self.first:04d}-{self.last:04d}]")

    def _named(self, number: str) -> str:
        return str(Path(self.folder) / f"{self.stem}.{number}.exr")


def frames_beside(media: str, tag: str, first: int, count: int) -> Frames:
    """Where new frames of ``media`` go: into a folder beside it, named after it and ``tag``."""
    path = Path(media)
    stem = path.name[: -len(path.suffix)] if path.suffix else path.name
    name = f"{_MARKS.sub('_', _BRACKETS.sub('', stem).rstrip('._ -'))}_{tag}"
    return Frames(str(path.parent / name), name, first, count)


def same_path(one: str, other: str) -> bool:
    """Whether two paths are the same but for the kind of slash, which Resolve chooses on Windows."""
    return one.replace("\\", "/") == other.replace("\\", "/")
