"""Retimed clips in OpenTimelineIO files: LinearTimeWarp and FreezeFrame.

A clip's ``source_range`` starts at the first source frame and lasts as long as the clip does on the timeline: effects
do not change its duration (OTIO, "LinearTimeWarp"). Frame i of the clip shows ``start + i * time_scalar``; several
warps multiply. A negative scalar plays what a positive one would have used, backwards from its end. The output is
numbered from the first source frame, unless the effect says otherwise under ``metadata["vfi"]["start"]``.

OTIO has no schema for curves. A map that is not linear is written with its average speed as ``time_scalar``, for other
readers, and its rows under ``metadata["vfi"]["keys"]``, which win when the file is read here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import opentimelineio as otio

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing import csv_map
from vfi_plugin.timing.curve import Curve, RangedCurve
from vfi_plugin.timing.exact import exact

_METADATA = "vfi"
_SHORTEST_STEP = 1024


def parse(text: str, name: str | None = None) -> RangedCurve:
    """The map of the one retimed clip in ``text``, or of the clip called ``name``.

    Raises:
        TimeMapError: no timeline, no retimed clip or several, a clip without range.
    """
    clip = _chosen(list(_clips(text)), name)
    try:
        return _map_of(clip)
    except (ValueError, TypeError, TimeMapError) as error:
        raise TimeMapError(f"clip {clip.name!r}: {error}") from None


def text(ranged: RangedCurve, name: str, rate: Fraction) -> str:
    """A timeline with one clip, which carries the map, as OTIO JSON."""
    first, last = ranged.first, ranged.last
    length = last - first + 1
    begin, end = ranged.curve.value(first), ranged.curve.value(last)
    speed = (end - begin) / (length - 1) if length > 1 else Fraction(0)
    linear = all(ranged.curve.value(n) == begin + (n - first) * speed for n in ranged.frames)
    metadata: dict[str, Any] = {"start": first}
    if not (linear and speed >= 0 and _is_short(speed) and _is_short(begin)):
        metadata["keys"] = csv_map.text(ranged)
    effect = otio.schema.FreezeFrame() if not speed else otio.schema.LinearTimeWarp(time_scalar=float(speed))
    effect.metadata[_METADATA] = metadata
    start = otio.opentime.RationalTime(float(min(begin, end)), float(rate))
    clip = otio.schema.Clip(name, source_range=otio.opentime.TimeRange(start, _duration(length, rate)))
    clip.effects.append(effect)
    track = otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video)
    return cast(str, otio.schema.Timeline(name, tracks=[track]).to_json_string()) + "\n"


def _is_short(value: Fraction) -> bool:
    """Whether a double in JSON is certain to keep the value: OTIO does not write all 17 digits."""
    return _SHORTEST_STEP % value.denominator == 0


def _duration(length: int, rate: Fraction) -> Any:
    return otio.opentime.RationalTime(float(length), float(rate))


def _clips(text: str) -> Iterator[Any]:
    try:
        json.loads(text)  # its message has the line, the library's has not
        root = otio.adapters.read_from_string(text, "otio_json")
    except json.JSONDecodeError as error:
        raise TimeMapError(f"line {error.lineno}: no OTIO timeline: {error.msg}") from None
    except (otio.exceptions.OTIOError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise TimeMapError(f"no OTIO timeline: {str(error).splitlines()[0]}") from None
    if isinstance(root, otio.schema.Clip):
        yield root
    elif hasattr(root, "find_clips"):
        yield from root.find_clips()


def _chosen(clips: list[Any], name: str | None) -> Any:
    if name is not None:
        named = [clip for clip in clips if clip.name == name]
        if len(named) != 1:
            found = ", ".join(repr(clip.name) for clip in clips) or "none"
            raise TimeMapError(f"{len(named)} clips are called {name!r}; there are: {found}")
        return named[0]
    warped = [clip for clip in clips if _warps(clip)]
    if len(warped) != 1:
        found = ", ".join(repr(clip.name) for clip in warped or clips) or "none"
        problem = "several clips are retimed; choose one by name" if warped else "no clip has a LinearTimeWarp"
        raise TimeMapError(f"{problem}: {found}")
    return warped[0]


def _warps(clip: Any) -> list[Any]:
    return [effect for effect in clip.effects if isinstance(effect, otio.schema.LinearTimeWarp)]


def _map_of(clip: Any) -> RangedCurve:
    kept: dict[str, Any] = {}
    speed = Fraction(1)
    for effect in _warps(clip):
        speed *= exact(effect.time_scalar)
        kept.update(effect.metadata.get(_METADATA, {}))
    if "keys" in kept:
        return csv_map.parse(str(kept["keys"]))
    span = clip.source_range or (clip.media_reference and clip.media_reference.available_range)
    if span is None:
        raise TimeMapError("it has neither a source_range nor an available_range; give it one")
    first_source, length = exact(span.start_time.value), math.floor(exact(span.duration.value))
    if length < 1:
        raise TimeMapError(f"its range lasts {span.duration.value} frames; a map needs at least 1")
    start = int(kept.get("start", math.floor(first_source)))
    begin = first_source - min(speed, Fraction(0)) * (length - 1)
    return RangedCurve(Curve.line(Fraction(start), begin, speed), start, start + length - 1)
