"""Reading and writing time maps: the suffix of a file names its format."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vfi_plugin.errors import TimeMapError, WriteError
from vfi_plugin.timing import csv_map, nuke_curve, nuke_script
from vfi_plugin.timing.curve import RangedCurve
from vfi_plugin.timing.keys import Interpolation

_SUFFIXES = ".csv, .txt, .nk or .otio"


@dataclass(frozen=True)
class ReadOptions:
    """What a file may leave open: see `TimeMap.from_file`."""

    node: str | None = None
    interpolation: Interpolation = "linear"
    source: tuple[int, int] | None = None


@dataclass(frozen=True)
class WriteOptions:
    """What a format needs beside the map: see `TimeMap.to_file`."""

    node_class: str = "TimeWarp"
    rate: Fraction = Fraction(24)


def read_curve(path: Path, options: ReadOptions) -> RangedCurve:
    """The curve in ``path`` and its output range.

    Raises:
        TimeMapError: an unknown suffix, an unreadable file, or contents that are no time map.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".txt", ".nk", ".gizmo", ".otio"):
        raise TimeMapError(f"{path}: the suffix {suffix!r} is no time map format; use {_SUFFIXES}")
    text = _text(path)
    try:
        if suffix == ".otio":
            # Only here: OpenTimelineIO is slow to load, and few maps come from it.
            from vfi_plugin.timing import otio_map

            return otio_map.parse(text, options.node)
        if suffix in (".nk", ".gizmo"):
            return nuke_script.parse(text, options.node, options.source)
        if suffix == ".txt" and nuke_curve.looks_like_curve(text):
            return nuke_curve.parse(text)
        return csv_map.parse(text, options.interpolation)
    except TimeMapError as error:
        raise TimeMapError(f"{path}: {error}") from None


def write_curve(path: Path, ranged: RangedCurve, options: WriteOptions) -> None:
    """Write ``ranged`` as what the suffix of ``path`` names, whole or not at all.

    Raises:
        TimeMapError: an unknown suffix or node class.
        WriteError: the file cannot be written.
    """
    text = _formatted(path, ranged, options)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WriteError(f"{path}: the time map cannot be written: {error.strerror}") from None


def _formatted(path: Path, ranged: RangedCurve, options: WriteOptions) -> str:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return csv_map.text(ranged)
    if suffix == ".txt":
        return "{" + nuke_curve.text(ranged) + "}\n"
    if suffix == ".nk":
        return nuke_script.text(ranged, options.node_class)
    if suffix == ".otio":
        from vfi_plugin.timing import otio_map

        return otio_map.text(ranged, path.stem, options.rate)
    raise TimeMapError(f"{path}: the suffix {suffix!r} is no time map format; use {_SUFFIXES}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TimeMapError(f"{path}: the time map cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TimeMapError(f"{path}: the time map is not text; expected {_SUFFIXES}") from None
