"""Small timelines and media for these tests, and an independent look at what was made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np
import OpenEXR
import opentimelineio as otio

from vfi_plugin.cli.main import main

RationalTime, TimeRange = otio.opentime.RationalTime, otio.opentime.TimeRange
HOUR = 86400
"""Frames of an hour at 24: the timecode with which plates begin, 01:00:00:00."""


def time(frames: float, rate: float = 24) -> Any:
    return RationalTime(frames, rate)


def span(first: float, length: float, rate: float = 24) -> Any:
    return TimeRange(time(first, rate), time(length, rate))


def warp(scalar: float) -> Any:
    return otio.schema.LinearTimeWarp(time_scalar=scalar)


def plate(folder: Path, *, count: int = 24, rate: int = 24, timecode: bool = True, name: str = "plate") -> Path:
    """Frames from 1001 of a small pan, half RGB, with rate and timecode from 01:00:00:00; returns the folder."""

    def header(number: int) -> Mapping[str, Any]:
        seconds, frames = divmod(number - 1001, rate)
        code = {"timeCode": OpenEXR.TimeCode(1, 0, seconds, frames, *[False] * 6, *[0] * 8)} if timecode else {}
        return {"framesPerSecond": Fraction(rate), **code}

    replace(material.pan(64, 48, name=name, count=count), header=header).write(folder)
    return folder


def plate_pixels(folder: Path, number: int, name: str = "plate") -> dict[str, bytes]:
    return bits(folder / f"{name}.{number:04d}.exr")


def bits(path: Path) -> dict[str, bytes]:
    """The bytes of every channel."""
    return {name: plane.tobytes() for name, plane in material.read_exr(path)[1].items()}


def external(url: str, first: float = HOUR, length: float = 24, rate: float = 24) -> Any:
    return otio.schema.ExternalReference(url, span(first, length, rate))


def clip(name: str, reference: Any, shown: Any, *effects: Any) -> Any:
    made = otio.schema.Clip(name, reference, shown)
    made.effects.extend(effects)
    return made


def dissolve(before: float, after: float) -> Any:
    return otio.schema.Transition("dissolve", "SMPTE_Dissolve", time(before), time(after))


def timeline(path: Path, *tracks: Any, start: Any = None, name: str = "cut") -> Path:
    """Writes a timeline by OTIO itself."""
    otio.adapters.write_to_file(otio.schema.Timeline(name, tracks=list(tracks), global_start_time=start), str(path))
    return path


def video(*items: Any, name: str = "Video 1") -> Any:
    return otio.schema.Track(name, list(items), kind=otio.schema.TrackKind.Video)


def read(path: Path) -> Any:
    return otio.adapters.read_from_file(str(path))


def retime(source: Path, out: Path, *more: object) -> int:
    return main(["timeline", "retime", str(source), "--out", str(out), "--device", "cpu", *map(str, more)])


def named(root: Any, name: str) -> Any:
    (found,) = (each for each in root.find_clips() if each.name == name)
    return found


def record_times(root: Any) -> list[tuple[str, Any]]:
    """Where OTIO itself puts every clip, gap and nested sequence on the timeline, in order."""
    items = [each for each in root.tracks.find_children() if isinstance(each, otio.core.Item)]
    return [(each.name, each.transformed_time_range(each.trimmed_range(), root.tracks)) for each in items]


def media_files(of: Any) -> dict[int, Path]:
    """The files of a clip's new media by number, as its path names them; all have to be there."""
    match = re.fullmatch(r"(.*)\[(\d+)-(\d+)\](\.exr)", of.media_reference.target_url)
    assert match is not None, of.media_reference.target_url
    files = {n: Path(f"{match[1]}{n:0{len(match[2])}d}{match[4]}") for n in range(int(match[2]), int(match[3]) + 1)}
    assert all(path.is_file() for path in files.values())
    assert sorted(files.values()) == sorted(Path(match[1]).parent.glob("*"))
    return files


def shown(of: Any, frames: Sequence[int] | None = None) -> list[Path]:
    """The file that each record frame of a clip shows; numbers below 0 and past the end are in the handles."""
    files = media_files(of)
    first = of.source_range.start_time.value
    assert first == int(first)
    wanted = range(int(of.source_range.duration.value)) if frames is None else frames
    return [files[int(first) + i] for i in wanted]


def source_of(path: Path) -> float:
    """The source position that a frame says it shows."""
    return float(material.read_exr(path)[0]["vfi/source"])


def gray_movie(path: Path, values: Sequence[int], rate: int = 24) -> Path:
    """A lossless movie; every pixel of frame k has the 8-bit code ``values[k]``."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "bgr0"
        for value in values:
            picture = av.VideoFrame.from_ndarray(np.full((24, 32, 3), value, np.uint8), format="rgb24")
            container.mux(stream.encode(picture.reformat(format="bgr0")))
        container.mux(stream.encode(None))
    return path
