"""Which frame of a file is shown at which time of its media.

Media time begins where ``available_range`` does, often at the timecode of the first frame; files are numbered in their
own way, movies from 1. Between the two lies an offset, which this module finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from vfi_plugin.errors import InputError, UnreadableImageError, UsageError
from vfi_plugin.image.frame import Attribute
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES
from vfi_plugin.media.pattern import parse_pattern
from vfi_plugin.timeline.exact_time import seconds_of
from vfi_plugin.timing.timecode import Timecode, parse_rate


@dataclass(frozen=True)
class SourceMedia:
    """Media of a clip, open, with the place of its frames in time.

    Attributes:
        clip: the frames.
        rate: frames a second of the media, as the timeline counts them.
        number: of one frame.
        time: seconds of media time at which that frame begins.
    """

    clip: Clip
    rate: Fraction
    number: int
    time: Fraction

    def position(self, seconds: Fraction) -> Fraction:
        """The frame number shown at a media time; between two frames a fraction."""
        return self.number + (seconds - self.time) * self.rate

    def seconds(self, number: int) -> Fraction:
        """The media time at which a frame begins."""
        return self.time + (number - self.number) / self.rate

    def has(self, position: Fraction) -> bool:
        """Whether there is a frame at a position, or one on either side."""
        return self.clip.numbers[0] <= position <= self.clip.numbers[-1]


def place_in_time(clip: Clip, reference: Any, text: str, span: Any) -> SourceMedia:
    """The media of a reference, opened from ``text``, with the offset between its time and its frame numbers.

    ``available_range`` tells where media time begins; it may be a part of what the files have, told by their timecode
    or their numbers. Without one, media time begins at the timecode in the file, at the frame number or at 0,
    whichever holds what the clip shows.

    Args:
        clip: the open media.
        reference: of the timeline.
        text: what it was opened from; it may name the first frame.
        span: what the timeline's clip shows of it, in media time.

    Raises:
        InputError: the reference has no ``available_range`` and no place for the clip's start.
    """
    rate = _rate(clip, reference, span)
    number = _first_number(clip, reference, text)
    if reference.available_range is None:
        return SourceMedia(clip, rate, number, _beginning(clip, number, rate, seconds_of(span.start_time)))
    if isinstance(reference, otio.schema.ImageSequenceReference) or "[" in Path(text).name:
        # The reference names its first frame itself.
        return SourceMedia(clip, rate, number, seconds_of(reference.available_range.start_time))
    return _by_available_range(clip, reference.available_range, rate, number)


def _by_available_range(clip: Clip, available: Any, rate: Fraction, number: int) -> SourceMedia:
    """Media whose time is told: its first frame's, unless the range is a part of what the files have."""
    start, length = seconds_of(available.start_time), seconds_of(available.duration)
    of_files = _timecode(clip, rate)
    if of_files is not None and _holds(clip, of_files.frame / rate, start, length, rate):
        return SourceMedia(clip, rate, clip.numbers[0], of_files.frame / rate)
    if not _is_movie(clip) and _holds(clip, clip.numbers[0] / rate, start, length, rate):
        return SourceMedia(clip, rate, clip.numbers[0], clip.numbers[0] / rate)
    return SourceMedia(clip, rate, number, start)


def _holds(clip: Clip, beginning: Fraction, start: Fraction, length: Fraction, rate: Fraction) -> bool:
    """Whether files that begin at ``beginning`` have all of a range."""
    end = beginning + (clip.numbers[-1] - clip.numbers[0] + 1) / rate
    return beginning <= start and start + length <= end


def _rate(clip: Clip, reference: Any, span: Any) -> Fraction:
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return parse_rate(reference.rate)
    if reference.available_range is not None:
        return parse_rate(reference.available_range.start_time.rate)
    return clip.rate or parse_rate(span.start_time.rate)


def _is_movie(clip: Clip) -> bool:
    return Path(clip.name).suffix.lower() in MOVIE_SUFFIXES


def _first_number(clip: Clip, reference: Any, text: str) -> int:
    """The number of the frame that media time begins with, whether or not its file is there."""
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return int(reference.start_frame)
    if _is_movie(clip):
        return clip.numbers[0]
    pattern = parse_pattern(text)
    if pattern is None:
        return clip.numbers[0]
    if pattern.frames:
        return pattern.frames[0]
    named = pattern.number_in(Path(text).name)
    return clip.numbers[0] if named is None else named


def _beginning(clip: Clip, number: int, rate: Fraction, wanted: Fraction) -> Fraction:
    """When media time begins where the timeline does not say: whichever way of counting holds the time wanted."""
    timecode = _timecode(clip, rate)
    ways = [timecode.frame / rate] if timecode is not None else []
    ways += [Fraction(0)] if _is_movie(clip) else [number / rate, Fraction(0)]
    length = len(clip.numbers) / rate
    for beginning in ways:
        if beginning <= wanted < beginning + length:
            return beginning
    raise InputError(
        f"{clip.name} has {len(clip.numbers)} frames, none of them at {float(wanted):g} s, where the clip begins; its"
        " reference has no available_range to tell how its time is counted: add one"
    )


def _timecode(clip: Clip, rate: Fraction) -> Timecode | None:
    """Of the first frame; told by a later one where its header cannot be read."""
    number, attributes = _first_attributes(clip)
    try:
        if found := attributes.get("timeCode"):
            return Timecode.from_exr(int(found.value[0]), int(found.value[1]), rate) + (clip.numbers[0] - number)
        if found := attributes.get("movie/timecode"):
            return Timecode.from_text(str(found.value), rate)
    except UsageError:
        return None  # no time of day at this rate, so media time does not count by it
    return None


def _first_attributes(clip: Clip) -> tuple[int, Mapping[str, Attribute]]:
    for number in clip.numbers[:-1]:
        with suppress(UnreadableImageError):
            return number, clip.header(number)[0].attributes
    return clip.numbers[-1], clip.header(clip.numbers[-1])[0].attributes
