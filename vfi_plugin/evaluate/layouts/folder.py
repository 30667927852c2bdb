"""The folder that a data set was unpacked into, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.evaluate.picture import IMAGE_SUFFIXES
from vfi_plugin.media.pattern import parse_pattern


def folder_of(source: str | Path) -> Path:
    """The folder of a data set.

    Raises:
        InputError: there is none.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; give the one that the data set was unpacked into")
    return folder


def entries_of(folder: Path) -> list[Path]:
    """What is in a folder, by name, without hidden files.

    Raises:
        InputError: it may not be looked into.
    """
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be looked into: {error.strerror}") from None


def subfolders(folder: Path) -> list[Path]:
    """Folders in a folder, by name, without hidden ones. Raises as ``entries_of``."""
    return [path for path in entries_of(folder) if path.is_dir()]


def numbered_files(folder: Path) -> Mapping[str, Mapping[int, Path]]:
    """The sequences of images in a folder: what stands around the number, such as "frame#.png" -> number -> file.

    Numbers may be padded or not (Adobe240's are often 0.png to 3000.png).

    Raises:
        InputError: two files of one number (1.png and 01.png), or as ``entries_of``.
    """
    sequences: dict[str, dict[int, Path]] = {}
    for path in entries_of(folder):
        pattern = parse_pattern(path) if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() else None
        number = pattern.number_in(path.name) if pattern else None
        if pattern is None or number is None:
            continue
        frames = sequences.setdefault(f"{pattern.prefix}#{pattern.suffix}", {})
        if number in frames:
            raise InputError(f"{path} and {frames[number].name} are both frame {number}; leave one of them")
        frames[number] = path
    return {name: dict(sorted(frames.items())) for name, frames in sequences.items()}


def lines_of(listing: Path) -> list[str]:
    """The lines of a list of names; blank ones, which published lists end in, are left out.

    Raises:
        InputError: it cannot be read, is no text, or has no line.
    """
    try:
        names = [line.strip() for line in listing.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{listing} cannot be read as a list of names: {error}") from None
    if not names:
        raise InputError(f"{listing} names nothing; each line should be one sequence")
    return names
