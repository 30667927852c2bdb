"""Files of weights as they lie on disk: safetensors and torch's own pickles, read without running anything in them."""

from __future__ import annotations

import datetime
import pickle
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.weights_header import digest_of

# What published files hold besides tensors and plain values: Super SloMo's has the date of its last epoch.
_HARMLESS: list[Any] = [datetime.datetime]


@dataclass(frozen=True)
class Container:
    """What a file of weights holds.

    Attributes:
        path: where it lies.
        values: by name: tensors, or whatever else a pickle's top level holds.
        metadata: the text entries of a safetensors header; empty for a pickle.
        sha256: of the whole file.
    """

    path: Path
    values: Mapping[str, object]
    sha256: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_container(path: str | Path) -> Container:
    """Reads a safetensors file, or a pickle of ``torch.save`` (with or without zip), told apart by their content.

    A pickle may build tensors, plain values and dates and nothing else: one that names any other class or function is
    refused before that is looked up, let alone called.

    Raises:
        WeightsError: there is no such file, it may not be read, it is damaged, or it is no file of weights.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise WeightsError(f"there is no weights file {path}; give the path of a file")
        read = _read_safetensors if _looks_like_safetensors(path) else _read_pickle
        values, metadata = read(path)
        digest = digest_of(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror or error}); check who may read it") from error
    if not isinstance(values, Mapping):
        raise WeightsError(f"{path.name} holds a {type(values).__name__}, not tensors by name; is it a weights file?")
    return Container(path, values, digest, metadata)


def _looks_like_safetensors(path: Path) -> bool:
    """The format begins with the length of its header, a JSON object, in 8 bytes."""
    with path.open("rb") as file:
        start = file.read(9)
    return len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] < path.stat().st_size


def _read_safetensors(path: Path) -> tuple[Mapping[str, object], Mapping[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path.name} is a damaged safetensors file ({_one_line(error)}); get it again") from error


def _read_pickle(path: Path) -> tuple[object, Mapping[str, str]]:
    try:
        # A truncated zip makes torch warn before it raises.
        with torch.serialization.safe_globals(_HARMLESS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True), {}
    except pickle.UnpicklingError as error:
        raise WeightsError(_refusal(path, error)) from error
    except Exception as error:  # what torch's reader stumbles over in a damaged file has no common type
        raise WeightsError(
            f"{path.name} is damaged or no weights file ({_one_line(error)}); get it again from where it came"
        ) from error


def _refusal(path: Path, error: Exception) -> str:
    """Torch's text is a page of advice on how to run the file all the same; what matters is what it wanted."""
    text = " ".join(str(error).split())
    for mark in ("GLOBAL ", "Unsupported class ", "Unsupported global: "):
        if mark in text:
            wanted = text.split(mark, 1)[1].split()[0].rstrip(".,")
            return (
                f"{path.name} is refused: it is a pickle that asks for {wanted}, which weights do not need and which"
                " could run anything; nothing was run. Get the weights from their authors"
            )
    return f"{path.name} is damaged or no weights file ({text[:120]}); get it again from where it came"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
