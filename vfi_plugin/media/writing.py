"""Files appear under their name only when they are whole.

A file is written under a temporary name in the same folder, flushed to the disk, and renamed; a rename within a folder
is atomic on the file systems of all three platforms (``os.replace``). The temporary name carries the machine and the
process id, so that what a killed process has left can be told from what a living one is writing, here or elsewhere on
a shared disk.
"""

from __future__ import annotations

import itertools
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.exr_rewrap import rewrap_exr
from vfi_plugin.media.exr_write import write_exr
from vfi_plugin.media.pattern import SequencePattern, parse_pattern

EXR_SUFFIXES = (".exr", ".sxr", ".mxr")
_LEFTOVER = re.compile(r"\.(?P<name>.+)\.(?P<host>[\w-]+)\.(?P<process>\d+)\.(?P<count>\d+)\.tmp(?P<suffix>\.\w+)?")
_HOST = re.sub(r"[^\w-]", "-", platform.node()) or "unnamed"
_count = itertools.count()


def temporary_path(target: Path, *, keep_suffix: bool = False) -> Path:
    """A fresh hidden name beside ``target``: ``.<name>.<host>.<process id>.<count>.tmp``.

    ``keep_suffix`` adds the target's suffix at the end, for libraries that choose the format by it.
    """
    suffix = target.suffix if keep_suffix else ""
    return target.with_name(f".{target.name}.{_HOST}.{os.getpid()}.{next(_count)}.tmp{suffix}")


def move_into_place(temporary: Path, target: Path) -> None:
    """Flush ``temporary`` to the disk and give it its final name. Raises OSError."""
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(target)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """Turns what goes wrong in writing ``target`` into one line that names it.

    Raises:
        WriteError: for errors of the system and of a writer.
        UsageError: as it was, with the name in front.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise WriteError(f"{target} cannot be written: {reason}") from None
    except (WriteError, UsageError) as error:
        raise type(error)(f"{target} cannot be written: {error}") from None


def begin_temporary(target: Path, *, keep_suffix: bool = False) -> Path:
    """Makes the empty temporary file for ``target``, so that a folder which cannot be written to is known at once.

    Raises:
        WriteError: there is no such folder.
        OSError: it is read-only, or the disk is full.
    """
    if not target.parent.is_dir():
        raise WriteError(f"there is no folder {target.parent}; make it first")
    if target.is_dir():
        raise WriteError("a folder has that name")
    temporary = temporary_path(target, keep_suffix=keep_suffix)
    with temporary.open("xb"):
        pass
    return temporary


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Gives a temporary path to write to; renames it to ``target`` at the end, removes it on any failure.

    Raises: as ``explained``.
    """
    with explained(target):
        temporary = begin_temporary(target)
        try:
            yield temporary
            move_into_place(temporary, target)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_file(target: Path, content: bytes) -> None:
    """Writes a file whole or not at all, in a folder that is made where there is none.

    Raises: as ``explained``.
    """
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as temporary:
        temporary.write_bytes(content)


def write_image(path: str | Path, frame: Frame, *, pixels_of: str | Path | None = None) -> None:
    """Writes ``frame`` as an EXR file, whole or not at all; an existing file is replaced.

    Planes are written in their own types (float16, float32, uint32), attributes with theirs; the codec is that of the
    ``compression`` attribute, ZIP where there is none.

    Args:
        path: the file to be.
        frame: what to write.
        pixels_of: the file ``frame`` was read from, where its planes were not touched since. If it is an EXR of the
            same parts, channels, windows and codec, its compressed pixels are copied as they are: faster, and exact
            also for codecs that lose something each time (DWA, B44); otherwise the planes are written.

    Raises:
        UsageError: the suffix is not one of EXR, or the frame holds what EXR cannot.
        WriteError: a missing or read-only folder, a full disk, a codec that cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in EXR_SUFFIXES:
        raise UsageError(
            f'{target.name}: "{target.suffix}" cannot be written; '
            "write frames as .exr, or a movie as .mov, .mp4 or .mkv"
        )
    with written_whole(target) as temporary:
        if pixels_of is None or not rewrap_exr(Path(pixels_of), temporary, frame.parts):
            write_exr(temporary, frame.parts)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # not ours, but there
        return True
    return True


def _belongs_to(name: str, target: SequencePattern | Path) -> bool:
    if isinstance(target, SequencePattern):
        return target.number_in(name) is not None
    return name == target.name


def clean_leftovers(target: SequencePattern | str | Path) -> tuple[Path, ...]:
    """Removes what killed processes of this machine have left while writing ``target``; returns what was removed.

    Files that a running process is writing stay. ``target`` is a pattern or one file.
    """
    if not isinstance(target, SequencePattern):
        target = parse_pattern(str(target)) or Path(target)
    folder = target.folder if isinstance(target, SequencePattern) else target.parent
    removed = []
    for entry in sorted(folder.glob(".*.tmp*")) if folder.is_dir() else []:
        match = _LEFTOVER.fullmatch(entry.name)
        if not match or match["host"] != _HOST or not _belongs_to(match["name"], target):
            continue
        if _is_running(int(match["process"])):
            continue
        with suppress(OSError):
            entry.unlink()
            removed.append(entry)
    return tuple(removed)
