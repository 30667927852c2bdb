"""Puts an adapter into its host, and takes back exactly what was put there."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vfi_plugin.errors import InputError, UsageError, WriteError
from vfi_plugin.media.writing import written_whole
from vfi_plugin.worker.adapter_places import Places
from vfi_plugin.worker.start_line import PLUGIN_PATH_LINE, with_line, without_line

LIST_NAME = "vfi_installed.json"
"""In the adapter's folder: what was installed, so that it can be taken back."""


_ADVICE = "ask whoever may write there, or install with --user"


@dataclass(frozen=True)
class Installed:
    """What an installation has put there.

    Attributes:
        files: path -> SHA-256 of the content.
        folders: those that were made for it.
        start_file: the user's file that has a line of ours; None where there is none.
        made_start_file: whether that file was made for it.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    start_file: str | None = None
    made_start_file: bool = False

    @classmethod
    def read(cls, path: Path) -> Installed:
        """From the list of an installation; an empty one where there is none. Raises InputError where it is broken."""
        try:
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return cls(dict(told["files"]), tuple(told["folders"]), told["start_file"], bool(told["made_start_file"]))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the list {path} cannot be read: {error}; remove the adapter's folder by hand") from None

    def write(self, path: Path) -> None:
        """As a list. Raises WriteError."""
        told = {
            "vfi": version("vfi-plugin"),
            "files": dict(self.files),
            "folders": list(self.folders),
            "start_file": self.start_file,
            "made_start_file": self.made_start_file,
        }
        _write(path, json.dumps(told, indent=2).encode() + b"\n")


def install(files: Mapping[Path, bytes], places: Places, *, dry_run: bool = False) -> list[str]:
    """Puts files in place; a line for each thing that was done. Installing again replaces what was installed.

    Raises:
        UsageError: a file stands in the way that was not installed by us, or was changed since.
        WriteError: a folder cannot be written.
    """
    listed = places.adapter / LIST_NAME
    before = Installed.read(listed)
    _check_free(files, before)
    start = None if places.start_file is None else places.start_file.resolve()  # a link stays a link
    folders = list(_missing_folders([*files, *([] if start is None else [start])]))
    after = Installed(
        {str(path): _digest(content) for path, content in files.items()},
        (*before.folders, *map(str, folders)),
        None if start is None else str(start),
        before.made_start_file or (start is not None and not start.exists()),
    )
    old = {path: digest for path, digest in before.files.items() if path not in after.files}
    if not dry_run:
        _make_ready(folders, {path.parent for path in files})
        # Listed before they are written: an installation that breaks off can be taken back like any other.
        replace(after, files={**after.files, **old}).write(listed)
        for path, content in files.items():
            _write(path, content)
        if start is not None:
            _write(start, with_line(start.read_bytes() if start.exists() else b"", PLUGIN_PATH_LINE))
        after.write(listed)
    told = [*(f"folder  {folder}" for folder in folders), *(f"file    {path}" for path in files)]
    if start is not None:
        told.append(f"line    {PLUGIN_PATH_LINE.decode()} in {start}")
    return told + _take_back(old, dry_run=dry_run)


def uninstall(places: Places, *, dry_run: bool = False) -> list[str]:
    """Takes an installation back; a line for each thing that was done, and for what is left and why.

    Raises:
        InputError: nothing was installed there.
        WriteError: something cannot be removed.
    """
    listed = places.adapter / LIST_NAME
    if not listed.exists():
        raise InputError(f"nothing is installed in {places.adapter}: it has no {LIST_NAME}")
    before = Installed.read(listed)
    told = []
    if before.start_file is not None:
        told.append(f"line    {PLUGIN_PATH_LINE.decode()} out of {before.start_file}")
        if not dry_run:
            _take_line_out(Path(before.start_file), before.made_start_file)
    told += _take_back(before.files, dry_run=dry_run)
    if not dry_run:
        _remove(listed)
        _remove_empty(before.folders)
    return told


def _take_back(files: Mapping[str, str], *, dry_run: bool) -> list[str]:
    """Removes files that are still as they were installed."""
    told = []
    for path in (Path(name) for name in files if Path(name).exists()):
        if _digest(path.read_bytes()) != files[str(path)]:
            told.append(f"left    {path}, which was changed since")
            continue
        told.append(f"remove  {path}")
        if not dry_run:
            _remove(path)
    return told


def _remove_empty(folders: Iterable[str]) -> None:
    """Inner ones first."""
    for folder in sorted(map(Path, folders), key=lambda path: -len(path.parts)):
        with suppress(OSError):  # something else lies in it by now, or it is gone
            folder.rmdir()


def _check_free(files: Mapping[Path, bytes], before: Installed) -> None:
    for path, content in files.items():
        if not path.exists():
            continue
        there = _digest(path.read_bytes()) if path.is_file() else "a folder"
        if there not in (_digest(content), before.files.get(str(path))):
            raise UsageError(f"{path} is there already and not as vfi installed it; move it away, then install again")


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _missing_folders(files: Iterable[Path]) -> Iterator[Path]:
    """Folders that are not there yet, outer ones first, each once."""
    known: set[Path] = set()
    for path in files:
        for folder in reversed(path.parents):
            if folder not in known and not folder.exists():
                yield folder
            known.add(folder)


def _make_ready(new: Iterable[Path], written: Iterable[Path]) -> None:
    """Makes folders and tries whether files can be made; leaves no folder behind where they cannot.

    Tried, not asked: os.access says yes to root and on many network shares where writing fails.
    """
    made: list[str] = []
    try:
        for folder in new:
            folder.mkdir(exist_ok=True)
            made.append(str(folder))
        for folder in written:
            handle, name = tempfile.mkstemp(prefix=".vfi-", suffix=".tmp", dir=folder)
            os.close(handle)
            Path(name).unlink()
    except OSError as error:
        _remove_empty(made)
        raise WriteError(f"cannot write to {folder}: {error.strerror}; {_ADVICE}") from None


def _write(path: Path, content: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    with written_whole(path) as temporary:
        temporary.write_bytes(content)
        if mode is not None:
            temporary.chmod(mode)


def _remove(path: Path) -> None:
    """With what Python has compiled of it."""
    try:
        path.unlink(missing_ok=True)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
        with suppress(OSError):
            (path.parent / "__pycache__").rmdir()
    except OSError as error:
        raise WriteError(f"cannot remove {path}: {error.strerror}; ask whoever may write there") from None


def _take_line_out(path: Path, made: bool) -> None:
    if not path.exists():
        return
    content = without_line(path.read_bytes())
    if made and not content.strip():
        _remove(path)
    else:
        _write(path, content)
