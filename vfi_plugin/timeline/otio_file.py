"""Timelines on disk: reading what others wrote, and writing without destroying anything of theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio

from vfi_plugin.errors import InputError, SettingsMismatchError, UsageError
from vfi_plugin.media.writing import explained, written_whole

METADATA = "vfi"
"""The key of our entries in a timeline's and in a clip's metadata."""

EDL_MARK = "* MADE BY VFI TIMELINE"
"""The line that tells an EDL of ours."""


def read_timeline(path: Path) -> Any:
    """The timeline in an ``.otio`` file.

    Raises:
        UsageError: another kind of file.
        InputError: it is not there, cannot be read, or holds no timeline.
    """
    if path.suffix.lower() != ".otio":
        raise UsageError(f"{path} is no .otio file; export the timeline as OpenTimelineIO")
    root = _parsed(path, _text(path))
    if not isinstance(root, otio.schema.Timeline):
        raise InputError(f"{path} holds a {type(root).__name__}, not a timeline; export the whole timeline")
    return root


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} cannot be read: it is not text; export the timeline again") from None


def _parsed(path: Path, text: str) -> Any:
    try:
        json.loads(text)  # its message has the line, the library's has not
        return otio.adapters.read_from_string(text, "otio_json")
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}: no OTIO timeline: {error.msg}") from None
    except (otio.exceptions.OTIOError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise InputError(f"{path}: no OTIO timeline: {str(error).splitlines()[0]}") from None


def check_free(path: Path, *, source: Path, overwrite: bool) -> None:
    """Whether a file may be written.

    Raises:
        UsageError: it is the timeline that is read.
        SettingsMismatchError: something that was not written by this command stands there.
    """
    if path.exists() and path.resolve() == source.resolve():
        raise UsageError(f"{path} is the timeline that is read; choose another name for --out")
    if path.exists() and not overwrite and not _is_ours(path):
        raise SettingsMismatchError(
            f"{path} is there already and was not made by vfi timeline; choose another name or use --overwrite"
        )


def _is_ours(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        return EDL_MARK in text if path.suffix.lower() == ".edl" else METADATA in json.loads(text)["metadata"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all; its folder is made. Raises WriteError."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
