"""What ``vfi doctor FILE`` finds out about a file: its parts, what each channel is taken for, and broken values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.image.channel_class import ChannelRole, PartDescription
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_overrides import ChannelMap
from vfi_plugin.image.channel_sanity import value_warnings
from vfi_plugin.image.channel_table import ChannelRow, describe, table_text
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.clip import Clip, SequenceClip
from vfi_plugin.media.header import SOURCE_FORMAT, PartHeader, rate_of
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES, open_clip
from vfi_plugin.timing.ranges import format_range
from vfi_plugin.timing.timecode import Timecode

_ANY_NTSC_RATE = Fraction(30000, 1001)
"""To read the digits of a timecode where the file names no rate: this one allows all frame numbers and drop-frame."""


@dataclass(frozen=True)
class FileReport:
    """What is known of one file, or of the first frame of a clip.

    Attributes:
        file: the file that was looked at.
        clip: what it belongs to, in a line; "" for a file by itself.
        parts: name -> text, for each part.
        channels: a row for each channel.
        non_finite: channel -> ``(NaN, infinite)`` values, only where there are any.
        unreadable: why the pixels cannot be had; "" where they can.
    """

    file: str
    clip: str
    parts: tuple[Mapping[str, str], ...]
    channels: tuple[ChannelRow, ...]
    non_finite: Mapping[str, tuple[int, int]]
    unreadable: str = ""

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield self.file
        if self.clip:
            yield f"the first of {self.clip}"
        for index, part in enumerate(self.parts):
            yield f"part {index}"
            for name, text in part.items():
                yield f"  {name:<15} {text}"
        yield ""
        yield table_text(self.channels)
        yield ""
        if not self.unreadable:
            yield f"NaN and Inf: {_non_finite_text(self.non_finite)}"


def report_on(source: str, channel_map: ChannelMap) -> FileReport:
    """Looks at a file, or at the first frame of a sequence or movie.

    Raises:
        InputError: nothing is there, or not even a header can be read.
        UsageError: ``channel_map`` asks for an error where a channel's meaning is a guess.
    """
    with _clip(source) as clip:
        number = clip.numbers[0]
        headers = clip.header(number)
        descriptions = [_description(header) for header in headers]
        roles = classify(descriptions, channel_map)
        frame, unreadable = _pixels(clip, number)
        warnings = value_warnings(roles, _planes(roles, frame)) if frame else ()
        return FileReport(
            file=str(clip.path(number)),
            clip=_clip_text(clip),
            parts=tuple(dict(_part_facts(header)) for header in headers),
            channels=describe(descriptions, roles, warnings),
            non_finite=_non_finite(descriptions, roles, frame) if frame else {},
            unreadable=unreadable,
        )


def _clip(source: str) -> Clip:
    """One image that is named by itself is looked at by itself, though its name may be part of a sequence."""
    path = Path(source).expanduser()
    if path.is_file() and path.suffix.lower() not in MOVIE_SUFFIXES:
        return SequenceClip(source, {1: path})
    return open_clip(source)


def _pixels(clip: Clip, number: int) -> tuple[Frame | None, str]:
    try:
        return clip.read(number), ""
    except InputError as error:
        return None, str(error)


def _description(header: PartHeader) -> PartDescription:
    return PartDescription(header.channels, header.name, header.view, header.attributes, header.is_deep)


def _clip_text(clip: Clip) -> str:
    if len(clip.numbers) == 1:
        return ""
    missing = f", missing {format_range(clip.missing)}" if clip.missing else ""
    return f"{clip.name}: {len(clip.numbers)} frames, {format_range(clip.numbers)}{missing}"


def _part_facts(header: PartHeader) -> Iterator[tuple[str, str]]:
    if header.name:
        yield "name", header.name
    if header.view:
        yield "view", header.view
    yield "data window", str(header.data_window)
    yield "display window", str(header.display_window)
    yield "stored", _storage(header)
    aspect = header.attributes.get("pixelAspectRatio")
    if aspect is not None:
        yield "pixel aspect", f"{aspect.value:g}"
    rate = rate_of(header.attributes)
    yield "rate", _rate_text(rate)
    yield "timecode", _timecode_text(header, rate)


def _storage(header: PartHeader) -> str:
    attributes = header.attributes
    for name in ("compression", SOURCE_FORMAT, "movie/codec"):
        if name in attributes:
            form = str(attributes[name].value)
            break
    else:
        form = "unknown"
    if header.is_deep:
        form += ", deep"
    if "tiles" in attributes:
        return f"{form}, tiles of {attributes['tiles'].value[0]}x{attributes['tiles'].value[1]}"
    lower = f", {', '.join(header.subsampled)} at a lower resolution" if header.subsampled else ""
    return f"{form}, scan lines{lower}" if "compression" in attributes else form


def _rate_text(rate: Fraction | None) -> str:
    if rate is None:
        return "none in the file"
    return f"{rate} fps" if rate.denominator == 1 else f"{rate} fps ({float(rate):.3f})"


def _timecode_text(header: PartHeader, rate: Fraction | None) -> str:
    found = header.attributes.get("timeCode")
    if found is None:
        return str(header.attributes["movie/timecode"].value) if "movie/timecode" in header.attributes else "none"
    try:
        code = str(Timecode.from_exr(int(found.value[0]), int(found.value[1]), rate or _ANY_NTSC_RATE))
    except UsageError as error:
        return f"not valid: {error}"
    return code if rate else f"{code}, as far as can be told without a rate"


def _planes(roles: Sequence[ChannelRole], frame: Frame) -> list[np.ndarray[Any, Any]]:
    return [frame.parts[role.part].planes[role.channel] for role in roles]


def _non_finite(
    parts: Sequence[PartDescription], roles: Sequence[ChannelRole], frame: Frame
) -> dict[str, tuple[int, int]]:
    counts = {}
    for role, plane in zip(roles, _planes(roles, frame), strict=True):
        bad = int(np.count_nonzero(np.isnan(plane))), int(np.count_nonzero(np.isinf(plane)))
        name = role.channel if len(parts) == 1 else f"{parts[role.part].name or role.part}:{role.channel}"
        if any(bad):
            counts[name] = bad
    return counts


def _non_finite_text(counts: Mapping[str, tuple[int, int]]) -> str:
    if not counts:
        return "none"
    shown = "; ".join(f"{name} {nan} NaN, {infinite} Inf" for name, (nan, infinite) in counts.items())
    return f"{shown} (kept out of the search for motion, and moved like other values)"
