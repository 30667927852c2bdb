"""Finds out what a source is, and opens it."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

from vfi_plugin.errors import InputError, UnreadableImageError
from vfi_plugin.media.clip import Clip, SequenceClip
from vfi_plugin.media.pattern import SequencePattern, find_files, parse_pattern

MOVIE_SUFFIXES = frozenset({
    ".mov", ".mp4", ".m4v", ".mkv", ".webm", ".avi", ".mxf", ".mpg", ".mpeg", ".m2v", ".ts", ".mts", ".m2ts", ".wmv",
    ".flv", ".ogv", ".3gp", ".y4m", ".nut", ".gif",
})  # fmt: skip
"""What FFmpeg reads as a movie; everything else is taken for images."""

_MOST_SUGGESTIONS = 3


def _sequences_in(folder: Path) -> list[str]:
    """The sequences of a folder as patterns, those with most frames first."""
    counts: Counter[str] = Counter()
    with os.scandir(folder) as entries:
        for entry in entries:
            match = re.fullmatch(r"(.*?)(\d+)(\.[^.\d][^.]*)", entry.name)
            if match and not entry.name.startswith("."):
                counts[f"{match[1]}{'#' * len(match[2])}{match[3]}"] += 1
    return [f"{pattern} ({count} frames)" for pattern, count in counts.most_common(_MOST_SUGGESTIONS)]


def _nothing_found(what: str, folder: Path) -> InputError:
    if not folder.is_dir():
        return InputError(f"{what}: there is no folder {folder}")
    similar = _sequences_in(folder)
    there = f"; there are {', '.join(similar)}" if similar else "; it holds no sequences"
    return InputError(f"{what}: no such file in {folder}{there}")


def _open_sequence(source: str, pattern: SequencePattern) -> Clip:
    files = dict(find_files(pattern))
    if pattern.frames:
        wanted = set(pattern.frames)
        if files and not wanted & set(files):
            raise InputError(
                f"{source}: frames {pattern.frames[0]}-{pattern.frames[-1]} are not there; "
                f"{pattern} has {min(files)}-{max(files)}"
            )
        files = {number: path for number, path in files.items() if number in wanted}
    if not files:
        raise _nothing_found(source, pattern.folder)
    return SequenceClip(pattern.text, files)


def open_clip(source: str | Path) -> Clip:
    """A sequence (any notation of ``pattern``), one image (a clip of one frame, number 1), or a movie.

    A range in the text (``shot.####.exr 1001-1010``) limits the clip to it.

    Raises:
        InputError: nothing matches; the message lists the sequences that are there.
        UnreadableImageError: an empty or damaged file.
        UsageError: a pattern or range that cannot be read.
    """
    text = str(source).strip()
    path = Path(text).expanduser()
    if path.is_dir():
        raise _nothing_found(f"{text} is a folder; name a sequence in it", path)
    if path.is_file() and not path.stat().st_size:
        raise UnreadableImageError(f"{path} cannot be read: the file is empty")
    if path.suffix.lower() in MOVIE_SUFFIXES and path.is_file():
        from vfi_plugin.media.movie_clip import MovieClip  # loading FFmpeg takes 0.1 s; sequences need none of it

        return MovieClip(path)
    pattern = parse_pattern(text)
    if pattern is not None:
        return _open_sequence(text, pattern)
    if path.is_file():
        return SequenceClip(str(path), {1: path})
    raise _nothing_found(text, path.parent)
