"""What new media a retimed clip needs: which source position each of its frames shows, and how they are numbered.

Frame i of a clip at speed s shows its ``source_range``'s start plus i * s frames; backwards it plays what it would have
used forwards, from the end. New media have the timeline's rate: one frame for each that the clip lasts, so they need no
effect. Positions are fractions, whatever the rates of media and timeline are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vfi_plugin.errors import InputError
from vfi_plugin.render.header import Clock
from vfi_plugin.timeline.exact_time import FrameRate, duration_of, seconds_of, span_of
from vfi_plugin.timeline.handles import Handles
from vfi_plugin.timeline.source_media import SourceMedia
from vfi_plugin.timing.curve import Curve
from vfi_plugin.timing.time_map import TimeMap


@dataclass(frozen=True)
class Bake:
    """New media to make. Two clips with equal ones can share them.

    Attributes:
        source: the text that the source is opened by.
        speed: of the clip.
        time_map: number of the new frame -> frame number in the source's files.
        source_frames: first and last frame number that is read.
        source_rate: frames a second of the source.
        head: frames of the new media before the clip begins.
    """

    source: str
    speed: Fraction
    time_map: TimeMap
    source_frames: tuple[int, int]
    source_rate: Fraction
    head: int

    @property
    def frames(self) -> int:
        """How many frames the new media have."""
        return len(self.time_map)

    @property
    def start(self) -> int:
        """Number of the new frame with which the clip begins; numbers count timecode at the timeline's rate."""
        return self.time_map.first + self.head


@dataclass(frozen=True)
class _Motion:
    """Source position of frame i of the clip: ``begin + i * step``."""

    begin: Fraction
    step: Fraction

    def at(self, i: int) -> Fraction:
        return self.begin + i * self.step


@dataclass(frozen=True)
class Usage:
    """What a clip shows of its media.

    Attributes:
        first, last: frame numbers that it needs, with those that transitions show.
        begin: source position of its frame 0.
        step: source frames that pass in one of its frames, negative backwards, 0 in a freeze.
        length: its frames.
    """

    first: int
    last: int
    begin: Fraction
    step: Fraction
    length: int

    def showing(self, first: int, last: int) -> range:
        """The frames of the clip that show source frames ``first`` to ``last``; none where it steps over them."""
        if not self.step:
            return range(self.length if first <= self.begin < last + 1 else 0)
        near, far = (first - self.begin) / self.step, (last + 1 - self.begin) / self.step
        if self.step > 0:
            start, stop = math.ceil(near), math.ceil(far)
        else:
            start, stop = math.floor(far) + 1, math.floor(near) + 1
        return range(max(start, 0), max(min(stop, self.length), max(start, 0)))


def usage_of(clip: Any, speed: Fraction, media: SourceMedia, handles: Handles) -> Usage:
    """What a clip of a speed shows of its media. Raises InputError: it lies outside of them, or has no length."""
    motion, length = _played(clip, speed, media, handles.rate)
    head, tail = handles.around(clip)
    before = _available(head, lambda k: media.has(motion.at(-k)))
    after = _available(tail, lambda k: media.has(motion.at(length - 1 + k)))
    first, last = _frames_used(motion, range(-before, length + after), media)
    return Usage(first, last, motion.begin, motion.step, length)


def plan_bake(clip: Any, speed: Fraction, media: SourceMedia, source: str, handles: Handles) -> tuple[Bake, list[str]]:
    """The new media for a clip, and what somebody should know about them.

    Args:
        clip: of the timeline.
        speed: of its effects together.
        media: what it shows.
        source: the text that ``media`` were opened by.
        handles: the timeline's rate, and how many frames beyond the clip are wanted.

    Raises:
        InputError: the clip lies outside its media, or has no length.
    """
    rate = handles.rate
    motion, length = _played(clip, speed, media, rate)
    head, tail = handles.around(clip)
    before = _available(head, lambda k: media.has(motion.at(-k)))
    after = _available(tail, lambda k: media.has(motion.at(length - 1 + k)))
    used = _frames_used(motion, range(-before, length + after), media)
    first = _number_of(media, used[0], rate)
    curve = Curve.line(Fraction(first + before), motion.begin, motion.step)
    time_map = TimeMap(curve, first, first + before + length + after - 1)
    bake = Bake(source, speed, time_map, used, media.rate, before)
    notes = [*_lacking("before it", head, before), *_lacking("after it", tail, after)]
    return bake, [*notes, *_past_an_end(motion, length, media)]


def _played(clip: Any, speed: Fraction, media: SourceMedia, rate: FrameRate) -> tuple[_Motion, int]:
    """Where in its media each frame of a clip lies, and how many it has."""
    length = rate.frames_needed(duration_of(clip))
    if length < 1:
        raise InputError("it lasts less than a frame; remove it")
    return _motion(seconds_of(span_of(clip).start_time), speed, length, media, rate), length


def _motion(start: Fraction, speed: Fraction, length: int, media: SourceMedia, rate: FrameRate) -> _Motion:
    """``start`` is the media time, in seconds, with which the clip's range begins."""
    if not speed:
        # A freeze is one frame, also where the range begins between two.
        return _Motion(Fraction(math.floor(media.position(start))), Fraction(0))
    step = speed * media.rate / rate.exact
    from_the_end = -min(step, Fraction(0)) * (length - 1)
    return _Motion(media.position(start) + from_the_end, step)


def _available(wanted: int, has: Callable[[int], bool]) -> int:
    """How many handles there are, counted from the clip on."""
    return next((k - 1 for k in range(1, wanted + 1) if not has(k)), wanted)


def _frames_used(motion: _Motion, frames: range, media: SourceMedia) -> tuple[int, int]:
    """First and last source frame that these frames of the clip are made of; past an end there are none."""
    ends = motion.at(frames[0]), motion.at(frames[-1])
    low, high = math.floor(min(ends)), math.ceil(max(ends))
    numbers = media.clip.numbers
    first, last = max(low, numbers[0]), min(high, numbers[-1])
    if first > last:
        raise InputError(
            f"it shows frames {low} to {high} of {media.clip.name}, which has {numbers[0]}-{numbers[-1]}; check its"
            " source_range and available_range"
        )
    return first, last


def _number_of(media: SourceMedia, number: int, rate: FrameRate) -> int:
    """The number of the new media's first frame: its timecode, by which hosts count media time.

    It is the timecode that the file will have, of source frame ``number``; where that has none, the media time.
    """
    there = next(found for found in media.clip.numbers if found >= number)
    clock = Clock.of(media.clip.header(there)[0], media.rate, rate.exact, 0)
    if clock.start is not None:
        return clock.start.frame
    return max(rate.frames(media.seconds(there)), 0)


def _past_an_end(motion: _Motion, length: int, media: SourceMedia) -> Iterator[str]:
    first, last = media.clip.numbers[0], media.clip.numbers[-1]
    past = sum(not first <= motion.at(i) < last + 1 for i in range(length))
    if past:
        yield f"{past} of its {length} frames lie past an end of the source; what they show is up to --ends"


def _lacking(where: str, wanted: int, there: int) -> Iterator[str]:
    if there < wanted:
        yield f"{wanted} frames are wanted {where}, the source has {there}; a transition there holds or ends early"
