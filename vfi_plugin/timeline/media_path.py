"""From what a timeline calls its media to files on this machine.

``target_url`` is a URL by OTIO's documentation and a bare path in what Resolve and many others write; paths come from
other systems; sequences are written in every notation there is. So all readings are tried, and the one that is there
counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote

import opentimelineio as otio

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES
from vfi_plugin.media.pattern import SequencePattern, find_files, parse_pattern

_DRIVE = re.compile(r"/?[A-Za-z]:[\\/]")
_NUMBER_MARK = re.compile(r"(%0\dd)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters or more: one is a drive


@dataclass(frozen=True)
class MediaPlaces:
    """Where media are looked for.

    Attributes:
        folder: the timeline's; relative paths begin there.
        moved_to: a folder to look in by file name alone, where a path leads nowhere.
    """

    folder: Path
    moved_to: Path | None = None


def find_media(reference: Any, places: MediaPlaces) -> str:
    """The text that `open_clip` takes for the media of a reference.

    Raises:
        InputError: no reference to a file, or no such file; the message names it.
    """
    if not isinstance(reference, otio.schema.ExternalReference | otio.schema.ImageSequenceReference):
        kind = "a " + type(reference).__name__ if reference is not None else "none"
        raise InputError(f"it has no media: its reference is {kind}; link it to a file")
    written = list(_paths_written(reference))
    if not written:
        raise InputError("its reference names no file; link it again")
    for text in written:
        for candidate in _places_of(text, places):
            if is_there(candidate):
                return candidate
    raise InputError(f"{written[0]} is not there; put it back, or name its new folder with --sources")


def is_there(text: str) -> bool:
    """Whether a path, or a pattern with at least one frame, exists."""
    path = Path(text)
    if path.is_file():
        return True
    # A missing movie with a number in its name is no sequence of movies.
    if path.is_dir() or path.suffix.lower() in MOVIE_SUFFIXES:
        return False
    pattern = _pattern(text)
    return pattern is not None and bool(find_files(pattern))


def _pattern(text: str) -> SequencePattern | None:
    try:
        return parse_pattern(text)
    except UsageError:
        return None


def _paths_written(reference: Any) -> Iterator[str]:
    """Every path that a reference may mean, the likeliest first."""
    if isinstance(reference, otio.schema.ExternalReference):
        yield from _readings(reference.target_url or "")
        return
    name = f"{reference.name_prefix}{'#' * max(reference.frame_zero_padding, 1)}{reference.name_suffix}"
    for folder in _readings(reference.target_url_base or ""):
        yield f"{folder.rstrip('/')}/{name}"
    if not reference.target_url_base:
        yield name


def _readings(url: str) -> Iterator[str]:
    """A URL or path as paths: decoded first where it is a URL, as it is first where it is a path."""
    if not url:
        return
    if not url.lower().startswith("file:"):
        yield url
        if "%" in url and not _SCHEME.match(url):
            yield _decoded(url)
        return
    host, path = _parts(url)
    yield from dict.fromkeys(_local(host, text) for text in (_decoded(path), path))


def _decoded(url: str) -> str:
    """A URL's path decoded, save for the %04d of a sequence: as a code it would be no letter that names have."""
    parts = _NUMBER_MARK.split(url)
    return "".join(part if _NUMBER_MARK.fullmatch(part) else unquote(part) for part in parts)


def _parts(url: str) -> tuple[str, str]:
    """Host and path of a file URL; marks such as # and ? are part of names here, not of URLs."""
    rest = url[len("file:") :]
    if not rest.startswith("//"):
        return "", rest
    host, slash, path = rest[2:].partition("/")
    return ("", host + slash + path) if re.fullmatch(r"[A-Za-z]:", host) else (host, slash + path)


def _local(host: str, path: str) -> str:
    if _DRIVE.match(path):
        return path.lstrip("/")
    return path if host in ("", "localhost") else f"//{host}{path}"


def _places_of(text: str, places: MediaPlaces) -> Iterator[str]:
    """Where a path may be meant to lead: there, from the timeline's folder, or by its name into the new folder."""
    slashed = text.replace("\\", "/")
    for path in dict.fromkeys((text, slashed)):
        yield str(places.folder / path)  # an absolute path stays as it is
    if places.moved_to is not None:
        yield str(places.moved_to / (PureWindowsPath(text).name if _is_windows(text) else Path(text).name))


def _is_windows(text: str) -> bool:
    return bool(_DRIVE.match(text)) or text.startswith("\\\\") or "/" not in text
