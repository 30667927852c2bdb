"""Clips of any kind in a file or a folder, opened when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.evaluate.codes import Codes
from vfi_plugin.evaluate.layouts.folder import entries_of, numbered_files, subfolders
from vfi_plugin.evaluate.picture import frame_codes
from vfi_plugin.media.clip import Clip, SequenceClip
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES, open_clip


@dataclass(frozen=True)
class ClipSource:
    """A clip that can be opened, and what it is called."""

    name: str
    open: Callable[[], Clip]


class OneOpenClip:
    """Reads frames of many clips and keeps one of them open: hundreds of movies at once would fill the memory."""

    def __init__(self) -> None:
        self._source: ClipSource | None = None
        self._clip: Clip | None = None

    def read(self, source: ClipSource, number: int) -> Codes:
        """A frame, (H, W, 3) uint8. Raises InputError where it cannot be read."""
        if self._clip is None or source is not self._source:
            self.close()
            self._clip, self._source = source.open(), source
        return frame_codes(self._clip.read(number), f"frame {number} of {source.name}")

    def close(self) -> None:
        """Closes the clip; the next read opens one again."""
        if self._clip is not None:
            self._clip.close()
        self._clip = self._source = None


@dataclass(frozen=True)
class ClipPicture:
    """A picture that is a frame of a clip."""

    source: ClipSource
    number: int
    reader: OneOpenClip

    @property
    def where(self) -> str:
        """The clip and the frame's number."""
        return f"frame {self.number} of {self.source.name}"

    def read(self) -> Codes:
        """See ``Picture.read``."""
        return self.reader.read(self.source, self.number)


def clip_sources(source: str | Path) -> list[ClipSource]:
    """The clips that a path stands for, by name.

    A movie or a sequence (any notation of ``media.pattern``) is one clip. In a folder every movie and every sequence of
    images is one, and so are the sequences in its folders.

    Raises:
        InputError: there are none.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        opener = partial(open_clip, source)
        opener().close()  # what is not there is told now, not when the first frame is wanted
        return [ClipSource(Path(str(source).strip()).name, opener)]
    movies = [path for path in entries_of(folder) if path.suffix.lower() in MOVIE_SUFFIXES and path.is_file()]
    found = [ClipSource(path.name, partial(open_clip, path)) for path in movies]
    for place in (folder, *subfolders(folder)):
        found += _sequences(folder, place)
    if not found:
        raise InputError(f"{folder} holds no clips; looked for movies, numbered images, and folders of those")
    return sorted(found, key=lambda clip: clip.name)


def _sequences(root: Path, folder: Path) -> list[ClipSource]:
    return [
        _sequence(f"{folder.relative_to(root).as_posix()}/{name}" if folder != root else name, files)
        for name, files in numbered_files(folder).items()
    ]


def _sequence(name: str, files: Mapping[int, Path]) -> ClipSource:
    return ClipSource(name, partial(SequenceClip, name, files))
