"""Where repaired media go, and how a clip is linked to them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from vfi_plugin.media.pattern import SequencePattern, parse_pattern
from vfi_plugin.render.target import MOVIE_TARGETS
from vfi_plugin.timeline.exact_time import FrameRate, seconds_of, span_of
from vfi_plugin.timeline.fault_survey import ShownClip, UsedMedia
from vfi_plugin.timeline.media_names import NamesInUse, media_name
from vfi_plugin.timeline.otio_file import METADATA
from vfi_plugin.timeline.resolve_shape import DEFAULT_MEDIA, sequence_path
from vfi_plugin.timing.timecode import parse_rate

_SUFFIX = "_repaired"


@dataclass(frozen=True)
class RepairedMedia:
    """Repaired media that are to be.

    Attributes:
        text: their file, or the pattern of their files.
        pattern: of a sequence; None for a movie.
    """

    text: str
    pattern: SequencePattern | None

    def shown_as(self, first: int, last: int) -> str:
        """As Resolve shows them."""
        return self.text if self.pattern is None else sequence_path(self.pattern, first, last)


class Places:
    """Finds a place for repaired media: beside the originals, or in one folder for all."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._names = NamesInUse()

    def of(self, media: UsedMedia) -> RepairedMedia:
        """A folder of its own for a sequence, with files that are called as the originals; a file for a movie."""
        path = Path(media.text)
        pattern = None if media.is_movie else parse_pattern(media.text)
        stem = path.stem if pattern is None else pattern.prefix.rstrip("._- ") or path.parent.name
        name = f"{media_name(stem)}{_SUFFIX}"
        folder = self._folder.absolute() / self._names.free(name) if self._folder is not None else path.parent
        if media.is_movie:
            suffix = path.suffix.lower() if path.suffix.lower() in MOVIE_TARGETS else MOVIE_TARGETS[0]
            target = folder / f"{name}{suffix}"
            return RepairedMedia(str(target), None)
        folder = folder if self._folder is not None else folder / name
        made = (
            SequencePattern(folder, f"{stem}.", 4, ".exr")
            if pattern is None
            else SequencePattern(folder, pattern.prefix, pattern.padding, ".exr")
        )
        return RepairedMedia(made.text, made)


def point_to_repaired(shown: ShownClip, made: RepairedMedia, used: UsedMedia, rate: FrameRate) -> str:
    """Links a clip to repaired media: the same frames at the same time, its effects kept. Returns their path.

    A sequence keeps its numbers and timecode, so nothing else changes. A written movie has no timecode: its time begins
    at 0, and so the clip's range and markers move.
    """
    clip = shown.clip
    old = clip.media_reference
    first, last, available = _available(shown)
    path = made.shown_as(first, last)
    clip.metadata[METADATA] = {"source": used.text, "media_reference": copy.deepcopy(old)}
    reference = otio.schema.ExternalReference(target_url=path, available_range=available)
    reference.name = Path(path).name
    reference.available_image_bounds = old.available_image_bounds
    clip.set_media_references({DEFAULT_MEDIA: reference}, DEFAULT_MEDIA)
    if made.pattern is None:
        _begin_at_zero(shown, used, rate)
    return path


def _available(shown: ShownClip) -> tuple[int, int, Any]:
    """The numbers of the first and last frame that the media are said to have, and when."""
    media, available = shown.media, shown.clip.media_reference.available_range
    if available is None:
        numbers = media.clip.numbers
        length = numbers[-1] - numbers[0] + 1
        beginning = media.seconds(numbers[0])
        rate = FrameRate(media.rate, float(media.rate))
        span = otio.opentime.TimeRange(rate.time(beginning * media.rate), rate.time(length))
        return numbers[0], numbers[-1], span
    first = media.position(seconds_of(available.start_time))
    frames = seconds_of(available.duration) * media.rate
    return int(first), int(first + frames) - 1, copy.deepcopy(available)


def _begin_at_zero(shown: ShownClip, used: UsedMedia, rate: FrameRate) -> None:
    clip, media = shown.clip, shown.media
    first, last = used.spans[0][0], used.spans[-1][1]
    zero = media.seconds(first)
    span = copy.deepcopy(span_of(clip))
    clip.source_range = otio.opentime.TimeRange(_earlier(span.start_time, zero, rate), span.duration)
    for marker in clip.markers:
        marked = marker.marked_range
        marker.marked_range = otio.opentime.TimeRange(_earlier(marked.start_time, zero, rate), marked.duration)
    whole = FrameRate(media.rate, float(media.rate))
    clip.media_reference.available_range = otio.opentime.TimeRange(whole.time(0), whole.time(last - first + 1))


def _earlier(time: Any, by: Fraction, rate: FrameRate) -> Any:
    """A time so much earlier, in the rate that it is written in."""
    written = FrameRate.of(time.rate) if time.rate else rate
    return written.time((seconds_of(time) - by) * parse_rate(time.rate))
