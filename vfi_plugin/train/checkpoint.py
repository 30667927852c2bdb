"""A training as it lies in a folder, to go on from: one small JSON file that names the files of tensors.

``checkpoint.json`` is replaced last, by a rename: until then the one before it holds, with its own files. So a process
that is killed while it writes, at whatever point, leaves the folder as it was, but for files that the next one removes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from vfi_plugin.errors import WeightsError
from vfi_plugin.train.tensor_parts import in_parts, joined_parts, shapes_of_cut
from vfi_plugin.train.trainer import State
from vfi_plugin.train.whole_file import write_whole

POINTER = "checkpoint.json"

PART_BYTES = 16_000_000
"""The largest file of a checkpoint: below what repositories and transfers of 16 MB take."""

_FORMAT = 1
"""Of ``checkpoint.json``; another number is another arrangement."""

_PART = re.compile(r"state-\d{8}-[0-9a-f]{8}-\d{3}\.safetensors")
_LEFT_BEHIND = re.compile(r"\.(checkpoint\.json|state-.*\.safetensors)\.\d+\.tmp")


@dataclass(frozen=True)
class Checkpoint:
    """A state, and a record of what it belongs to and how it came about, fit for JSON."""

    state: State
    record: Mapping[str, Any]


def has_checkpoint(folder: Path) -> bool:
    """Whether there is one to go on from."""
    return (folder / POINTER).is_file()


def write_checkpoint(folder: Path, checkpoint: Checkpoint, limit: int = PART_BYTES) -> None:
    """Puts a checkpoint in the place of the one before.

    Args:
        folder: is there.
        checkpoint: what to write.
        limit: the largest size of a file of tensors, bytes.

    Raises:
        WriteError: it cannot be written; the one before still holds.
    """
    state = checkpoint.state
    parts = []
    for number, content in enumerate(in_parts(state.tensors, limit), 1):
        digest = sha256(content).hexdigest()
        # With a piece of the digest, so that no file of the checkpoint that still holds is ever written over.
        parts.append({"file": f"state-{state.step:08d}-{digest[:8]}-{number:03d}.safetensors", "sha256": digest})
        write_whole(folder / parts[-1]["file"], content)
    told = {
        "format": _FORMAT,
        "step": state.step,
        "record": checkpoint.record,
        "values": state.values,
        "cut": shapes_of_cut(state.tensors, limit),
        "parts": parts,
    }
    write_whole(folder / POINTER, json.dumps(told, indent=1).encode())
    _clear(folder, {part["file"] for part in parts})


def read_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a folder, its tensors on the CPU.

    Raises:
        WeightsError: there is none, or it is damaged; nothing in it is run.
    """
    told = read_pointer(folder)
    try:
        parts = [_read_part(folder, part["file"], part["sha256"]) for part in told["parts"]]
        tensors = joined_parts(parts, told["cut"])
        return Checkpoint(State(int(told["step"]), tensors, told["values"]), told["record"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def read_record(folder: Path) -> dict[str, Any]:
    """The record alone, without reading tensors; raises as ``read_checkpoint``."""
    try:
        return dict(read_pointer(folder)["record"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def read_pointer(folder: Path) -> dict[str, Any]:
    """What ``checkpoint.json`` says; raises as ``read_checkpoint``."""
    try:
        told: dict[str, Any] = json.loads((folder / POINTER).read_bytes())
        arrangement = told["format"]
    except FileNotFoundError:
        raise WeightsError(f"there is no {POINTER} in {folder}; leave --resume out to begin a training there") from None
    except OSError as error:
        raise WeightsError(f"{folder / POINTER} cannot be read ({error.strerror or error})") from error
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error
    if arrangement != _FORMAT:
        raise WeightsError(f"{folder / POINTER} has the format {arrangement!r}, and this version reads {_FORMAT} only")
    return told


def _read_part(folder: Path, name: str, digest: str) -> bytes:
    if not _PART.fullmatch(name):
        raise ValueError(f"it names the file {name!r}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise WeightsError(f"{folder / name} cannot be read ({error.strerror or error}); get it again") from error
    if sha256(content).hexdigest() != digest:
        raise WeightsError(f"{folder / name} is damaged: it is not what {POINTER} says; get it again")
    return content


def _damaged(folder: Path, error: Exception) -> WeightsError:
    return WeightsError(f"{folder / POINTER} is damaged ({' '.join(str(error).split())[:200]}); get it again")


def _clear(folder: Path, kept: set[str]) -> None:
    """Removes the files of earlier checkpoints, and what killed processes have left; one that resists stays."""
    for path in folder.iterdir():
        old = _PART.fullmatch(path.name) is not None and path.name not in kept
        if old or _LEFT_BEHIND.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()
