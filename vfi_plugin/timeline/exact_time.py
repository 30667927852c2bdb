"""Times of a timeline as exact seconds, and back: OTIO's own are floats at a rate.

An item's length on the timeline is its ``source_range``'s, whatever its effects are: OTIO's time effects change what is
seen, not how long (``LinearTimeWarp`` in OTIO's documentation). So record times need no effect to be looked at.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.timing.exact import Number, exact
from vfi_plugin.timing.timecode import Timecode, parse_rate

_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class FrameRate:
    """A rate, and how its file writes it: OTIO compares rates as floats, and 23.976 is not 23.976024.

    Attributes:
        exact: frames a second.
        written: the same as the file has it.
    """

    exact: Fraction
    written: float

    @classmethod
    def of(cls, given: Number) -> FrameRate:
        """From a number as in a file or as typed. Raises UsageError where it is no rate."""
        rate = parse_rate(given)
        return cls(rate, float(given) if isinstance(given, float | int) else float(rate))

    def frames(self, seconds: Fraction) -> int:
        """The frame that is shown at that time."""
        return math.floor(seconds * self.exact)

    def frames_needed(self, seconds: Fraction) -> int:
        """Frames that cover a duration; part of one counts as one."""
        return math.ceil(seconds * self.exact)

    def time(self, frames: int | Fraction) -> Any:
        """An ``otio.opentime.RationalTime`` of so many frames."""
        return otio.opentime.RationalTime(float(frames), self.written)

    def timecode(self, seconds: Fraction, *, drop_frame: bool = False) -> Timecode:
        """The timecode at that time, begun again after a day. Raises UsageError for drop-frame that there is not."""
        midnight = Timecode(0, self.exact, drop_frame)
        whole_days = math.floor(seconds / _SECONDS_A_DAY)
        return midnight + self.frames(seconds - whole_days * _SECONDS_A_DAY)


def seconds_of(time: Any) -> Fraction:
    """An ``otio.opentime.RationalTime`` in exact seconds. Raises InputError where it is no time."""
    try:
        return exact(time.value) / parse_rate(time.rate)
    except (ValueError, UsageError):
        raise InputError(f"{time.value} at {time.rate} fps is no time; repair the timeline") from None


def span_of(item: Any) -> Any:
    """What an item shows, in the time of its media: its ``source_range``, else all there is.

    Raises:
        InputError: the file says neither.
    """
    if item.source_range is not None:
        return item.source_range
    try:
        return item.available_range()
    except (otio.exceptions.OTIOError, ValueError, NotImplementedError):
        raise InputError(f"{item.name!r} has neither a source_range nor an available_range; give it one") from None


def duration_of(item: Any) -> Fraction:
    """Seconds that an item lasts on its track; transitions lie over others and take none. Raises InputError."""
    if isinstance(item, otio.schema.Transition):
        return Fraction(0)
    return seconds_of(span_of(item).duration)


def record_start(item: Any) -> Fraction:
    """Seconds from the beginning of the whole timeline to an item, wherever it is nested. Raises InputError."""
    parent = item.parent()
    if parent is None:
        return Fraction(0)
    inside = Fraction(0)
    if isinstance(parent, otio.schema.Track):
        inside = sum((duration_of(sibling) for sibling in _before(item, parent)), Fraction(0))
    cut_off = seconds_of(parent.source_range.start_time) if parent.source_range is not None else Fraction(0)
    return record_start(parent) + inside - cut_off


def _before(item: Any, track: Any) -> list[Any]:
    siblings = list(track)
    return siblings[: track.index(item)]


def timeline_rate(timeline: Any, asked: Number | None) -> FrameRate:
    """The rate of the timeline: as asked for, else of its start, else the one that most of its clips and gaps count in.

    Raises:
        UsageError: the timeline does not say, and nobody else did.
    """
    if asked is not None:
        return FrameRate.of(asked)
    if timeline.global_start_time is not None:
        return FrameRate.of(timeline.global_start_time.rate)
    children = (item for track in timeline.video_tracks() for item in track.find_children())
    ranges = (item.source_range for item in children if isinstance(item, otio.core.Item))
    rates = Counter(span.duration.rate for span in ranges if span is not None)
    if not rates:
        raise UsageError("the timeline does not say its frame rate; give it with --fps, such as 24")
    return FrameRate.of(rates.most_common(1)[0][0])
