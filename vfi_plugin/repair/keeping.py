"""Files that stay as they are: linked, copied, or put aside before others take their place."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from vfi_plugin.errors import SettingsMismatchError
from vfi_plugin.media.clip import Clip, SequenceClip
from vfi_plugin.media.writing import explained, temporary_path, written_whole
from vfi_plugin.repair.job import is_repaired
from vfi_plugin.timing.ranges import format_range


def is_same_file(path: Path, other: Path) -> bool:
    """Whether both are one file, or hold the same bytes."""
    # Copies keep the time of their original, so that only those that were written since are read.
    return path.samefile(other) or filecmp.cmp(path, other)


def keep_files(files: Mapping[Path, Path], how: str, check: Callable[[], None]) -> str:
    """Puts files of the source under the names of the repaired clip.

    Args:
        files: name to be -> file of the source. What stands there is replaced.
        how: "link" or "copy".
        check: called before each; raises to stop.

    Returns:
        "" or a note for people: links were asked for, but cannot be made there, so files were copied.

    Raises:
        WriteError: a file cannot be written.
    """
    note = ""
    for target, origin in files.items():
        check()
        if how == "link" and not note:
            note = link_file(origin, target)
        if how == "copy" or note:
            copy_file(origin, target)
    return note


def link_file(origin: Path, target: Path) -> str:
    """Makes ``target`` a hard link to ``origin``; "", or why that cannot be done there."""
    temporary = temporary_path(target)
    try:
        # A link's own link would hang in the air when it is moved: what is linked is the file itself.
        os.link(origin.resolve(), temporary)
        temporary.replace(target)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        return f"hard links cannot be made in {target.parent} ({error.strerror}), so untouched frames are copied"
    # Replacing one link to a file by another to the same file does nothing, and leaves the first.
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
    return ""


def copy_file(origin: Path, target: Path) -> None:
    """Copies a file with its times, whole or not at all. Raises WriteError."""
    with written_whole(target) as temporary:
        shutil.copy2(origin, temporary)


def put_aside(clip: Clip, numbers: Mapping[int, Path]) -> str:
    """Keeps the originals of frames that are to be rewritten, by links where these can be made.

    A backup that is there already is the original of a frame that a repair has made since, and stays.

    Args:
        clip: the open source.
        numbers: frame -> the name of its backup.

    Returns:
        "" or a note for people, as ``keep_files``.

    Raises:
        SettingsMismatchError: another file stands under the name of a backup.
        WriteError: a file cannot be written.
    """
    originals = {number: path for number, path in numbers.items() if not is_repaired(clip.path(number))}
    fresh = {number: path for number, path in originals.items() if not path.exists()}
    foreign = [
        number
        for number, path in originals.items()
        if number not in fresh and not is_same_file(clip.path(number), path)
    ]
    if foreign:
        raise SettingsMismatchError(
            f"backups of frames {format_range(foreign)} are already there and are of other files, such as"
            f" {numbers[foreign[0]]}; give another folder with --backup, or remove them"
        )
    for folder in {path.parent for path in fresh.values()}:
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
    note = keep_files({path: clip.path(number) for number, path in fresh.items()}, "link", lambda: None)
    return note.replace("untouched frames", "originals")


def with_originals(clip: Clip, backups: Mapping[int, Path]) -> Clip:
    """The clip as it was: frames that have a backup are read from it."""
    there = {number: path for number, path in backups.items() if path.exists()}
    return SequenceClip(clip.name, {number: there.get(number, clip.path(number)) for number in clip.numbers})


def backup_folder(clip: Clip, told: str | Path | None) -> Path:
    """Where originals go: as told, or ``<name>_originals`` beside the frames."""
    if told is not None:
        return Path(told).expanduser()
    first = clip.path(clip.numbers[0])
    name = Path(clip.name).name.split("#")[0].rstrip("._- ") or "frames"
    return first.parent / f"{name}_originals"
