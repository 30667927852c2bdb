"""Clips in the shape that Resolve writes and reads.

Resolve's own exports have, and its importer wants: ``Clip.2`` with a map of media references, the bare path of the file
in ``target_url``, ``available_range`` in frames of the media's timecode, and ``source_range`` in the same frames with
the record duration. A sequence stands there as Resolve shows it, ``plate.[1001-1100].exr``. Nothing says that Resolve
reads an ``ImageSequenceReference``, so those that are found become that.
"""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from vfi_plugin.errors import InputError
from vfi_plugin.media.pattern import SequencePattern, find_frames, parse_pattern
from vfi_plugin.timeline.bake import Bake
from vfi_plugin.timeline.exact_time import FrameRate, seconds_of, span_of
from vfi_plugin.timeline.media_path import MediaPlaces, find_media
from vfi_plugin.timeline.otio_file import METADATA

DEFAULT_MEDIA = "DEFAULT_MEDIA"
"""Resolve's key of a clip's one media reference."""


def sequence_path(pattern: SequencePattern, first: int, last: int) -> str:
    """A sequence as Resolve names it: ``/shots/plate.[1001-1100].exr``."""
    span = f"[{first:0{pattern.padding}d}-{last:0{pattern.padding}d}]"
    return str(pattern.folder / f"{pattern.prefix}{span}{pattern.suffix}")


def point_to_new_media(clip: Any, bake: Bake, path: str, settings: str, rate: FrameRate) -> None:
    """Links a clip to its new media: the same length at the same place, without an effect.

    ``settings`` are those of the frames, as JSON; they go into the clip's metadata with what it was linked to before.
    """
    old, old_span = clip.media_reference, copy.deepcopy(span_of(clip))
    as_written = FrameRate.of(old_span.duration.rate)
    rate = as_written if as_written.exact == rate.exact else rate  # floats: 23.976 differs from 23.976024
    reference = otio.schema.ExternalReference(target_url=path, available_range=_available(bake, rate))
    reference.name = Path(path).name
    reference.available_image_bounds = old.available_image_bounds
    clip.metadata[METADATA] = {
        "source": bake.source,
        "speed": str(bake.speed),
        "media_reference": copy.deepcopy(old),
        "source_range": old_span,
        "settings": json.loads(settings),
    }
    clip.set_media_references({DEFAULT_MEDIA: reference}, DEFAULT_MEDIA)
    clip.source_range = otio.opentime.TimeRange(rate.time(bake.start), _length(old_span, rate))
    clip.effects[:] = [effect for effect in clip.effects if not isinstance(effect, otio.schema.LinearTimeWarp)]
    _move_markers(clip, seconds_of(clip.source_range.start_time) - seconds_of(old_span.start_time), rate)


def _available(bake: Bake, rate: FrameRate) -> Any:
    return otio.opentime.TimeRange(rate.time(bake.time_map.first), rate.time(bake.frames))


def _length(span: Any, rate: FrameRate) -> Any:
    """The same duration, in frames of the timeline where they are whole."""
    frames = seconds_of(span.duration) * rate.exact
    return rate.time(frames) if frames.denominator == 1 else span.duration


def _move_markers(clip: Any, by: Fraction, rate: FrameRate) -> None:
    """Markers count in media time, which begins elsewhere now; as all of OTIO, they do not know of speeds."""
    for marker in clip.markers:
        start = seconds_of(marker.marked_range.start_time) + by
        marker.marked_range = otio.opentime.TimeRange(rate.time(start * rate.exact), marker.marked_range.duration)


def write_found_path(clip: Any, places: MediaPlaces) -> None:
    """Gives a clip the bare path of its media, where they are found: hosts want no URL, and the timeline moves."""
    reference = clip.media_reference
    try:
        text = find_media(reference, places)
    except InputError:
        return
    if isinstance(reference, otio.schema.ImageSequenceReference):
        if reference.frame_step != 1:
            return  # no path tells that every frame stands for several
        clip.media_reference = _as_external(reference)
    clip.media_reference.target_url = str(Path(_in_brackets(text, reference)).absolute())


def _in_brackets(text: str, reference: Any) -> str:
    """A pattern as Resolve names a sequence; one file stays that."""
    pattern = None if Path(text).is_file() else parse_pattern(text)
    if pattern is None or pattern.frames:
        return text
    numbers = find_frames(pattern)
    if not isinstance(reference, otio.schema.ImageSequenceReference) or reference.available_range is None:
        return sequence_path(pattern, numbers[0], numbers[-1])
    return sequence_path(pattern, reference.start_frame, reference.end_frame())


def _as_external(reference: Any) -> Any:
    made = otio.schema.ExternalReference(available_range=reference.available_range, metadata=reference.metadata)
    made.name, made.available_image_bounds = reference.name, reference.available_image_bounds
    return made


def give_start(timeline: Any, rate: FrameRate) -> None:
    """Says when the timeline begins where it does not: hosts would choose a time of their own."""
    if timeline.global_start_time is None:
        timeline.global_start_time = rate.time(0)
