"""Footage as it lies on a disk: any files and folders, published training sets among them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.train.footage import Footage
from vfi_plugin.train.numbering import by_number, sequences
from vfi_plugin.train.published_sets import (
    IMAGE_SUFFIXES,
    LEAST_FRAMES,
    Split,
    check_whole,
    is_published,
    published,
)


def any_footage(paths: Iterable[str | Path], step: int = 1, split: Split = "train") -> list[Footage]:
    """Movies and sequences, each as ``media.open_clip`` understands it, and all that lies in folders among them.

    Folders are searched to any depth: each movie is footage, and so is each sequence of 3 images or more. Where a
    folder is laid out as a published set, what its lists name for training is taken, and nothing else that lies in it.

    Args:
        paths: what to take.
        step: every ``step``-th frame is used; Vimeo-90K's short clips are left as they are.
        split: "test" for what lists name for tests, to measure on.

    Raises:
        InputError: a folder without any, or of a published set without the list, or a part of one.
    """
    found: list[Footage] = []
    for path in map(Path, paths):
        if split == "train":
            check_whole(path)
        if not path.is_dir():
            found.append(Footage(str(path), str(path), step=step))
            continue
        clips = list(_Search(step, split).clips(path))
        if not clips:
            raise InputError(f"{path} holds neither movies nor sequences of {LEAST_FRAMES} images; name another")
        found += clips
    return found


def frame_folders(root: str | Path, step: int = 1) -> list[Footage]:
    """Every sequence below of 3 images or more, one take each: Adobe-240, X4K1000FPS (XVFI) and GoPro once extracted.

    Args:
        root: searched to any depth.
        step: every ``step``-th frame is used: 8 for Adobe-240 at 30 frames a second, 32 for the usual pairs of
            X4K1000FPS.

    Raises:
        InputError: there is no such folder, or nothing in it.
    """
    if not Path(root).is_dir():
        raise InputError(f"there is no folder {root}; name the one that the set lies in")
    found = list(_Search(step, None).clips(Path(root)))
    if not found:
        raise InputError(f"{root} has no folder with {LEAST_FRAMES} images; name the one that the set lies in")
    return found


@dataclass
class _Search:
    """Through a folder and those in it; ``split`` None takes sequences alone, each known to be one take."""

    step: int
    split: Split | None
    seen: set[Path] = field(default_factory=set)

    def clips(self, folder: Path) -> Iterator[Footage]:
        real = folder.resolve()
        if real in self.seen:  # a link may lead back up
            return
        self.seen.add(real)
        if self.split is not None and is_published(folder):
            yield from published(folder, self.split, self.step)
            return
        with os.scandir(folder) as entries:
            within = sorted((Path(entry.path) for entry in entries), key=by_number)
        files = [path for path in within if not path.is_dir()]
        yield from self._movies(files)
        yield from self._sequences(folder, files)
        for below in within:
            if below.is_dir():
                yield from self.clips(below)

    def _movies(self, files: list[Path]) -> Iterator[Footage]:
        from vfi_plugin.media.open_clip import MOVIE_SUFFIXES

        if self.split is not None:
            movies = [file for file in files if file.suffix.lower() in MOVIE_SUFFIXES]
            yield from (Footage(str(file), str(file), step=self.step) for file in movies)

    def _sequences(self, folder: Path, files: list[Path]) -> Iterator[Footage]:
        found = sequences(file for file in files if file.suffix.lower() in IMAGE_SUFFIXES)
        long_enough = [sequence for sequence in found if len(sequence) >= LEAST_FRAMES]
        for sequence in long_enough:
            name = str(folder if len(long_enough) == 1 else sequence[0])
            yield Footage(name, files=sequence, step=self.step, one_shot=self.split is None)
