"""Which frames of its media an item shows, and how fast.

Resolve has no property for that. ``(GetSourceEndFrame - GetSourceStartFrame) / GetDuration`` tells it: at 100% 1822 to
1870 over 48 frames, at 200% 1822 to 1918, backwards the start is the greater one. Frames count from 0 at the beginning
of the media, and the greater number is the one after the last frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vfi_resolve.errors import NothingToRetimeError

_OFF_BY_ONE = 1
"""At 100%, Resolve may answer with a frame beside the one that a clip was cut at."""


@dataclass(frozen=True)
class Witness:
    """What Resolve says of an item.

    Attributes:
        start, end: GetSourceStartFrame and GetSourceEndFrame.
        left_offset: GetLeftOffset: exact at 100%, meaningless at other speeds.
        duration: frames on the timeline.
        media_rate, timeline_rate: frames a second.
    """

    start: int
    end: int
    left_offset: int
    duration: int
    media_rate: Fraction
    timeline_rate: Fraction

    @property
    def step_at_normal_speed(self) -> Fraction:
        """Source frames that pass in one frame of the timeline at 100%."""
        return self.media_rate / self.timeline_rate


@dataclass(frozen=True)
class SourceSpan:
    """What an item shows.

    Attributes:
        low: its lowest source frame, counted from 0 at the beginning of the media.
        frames: source frames that it runs through.
        reverse: whether it shows them backwards.
        duration: frames on the timeline.
        step_at_normal_speed: source frames that pass in one frame of the timeline at 100%.
    """

    low: int
    frames: Fraction
    reverse: bool
    duration: int
    step_at_normal_speed: Fraction

    @property
    def step(self) -> Fraction:
        """Source frames that pass in one frame of the timeline."""
        return self.frames / self.duration

    @property
    def speed(self) -> Fraction:
        """1 is normal, negative is backwards."""
        speed = self.step / self.step_at_normal_speed
        return -speed if self.reverse else speed

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last source frame shown, in the order shown."""
        high = self.low + max(-(-self.frames // 1) - 1, 0)
        return (high, self.low) if self.reverse else (self.low, high)

    def positions(self, step: Fraction, length: int) -> list[Fraction]:
        """The source position of each of ``length`` frames, where ``step`` source frames pass from one to the next.

        The first is the frame that the item begins with.
        """
        if self.reverse:
            top = self.low + self.frames - 1
            return [top - frame * step for frame in range(length)]
        return [self.low + frame * step for frame in range(length)]


def find_span(witness: Witness) -> SourceSpan:
    """What an item shows, from what Resolve says of it.

    Raises:
        NothingToRetimeError: Resolve does not know, or nothing moves.
    """
    if witness.start == witness.end == 0:
        raise NothingToRetimeError(
            "Resolve does not say which frames this clip shows, as for timelines from XML; cut the clip in anew from"
            " the media pool"
        )
    if witness.start == witness.end or witness.duration < 1:
        raise NothingToRetimeError("this clip stands still on one frame; select one that moves")
    low, high = sorted((witness.start, witness.end))
    frames, reverse = Fraction(high - low), witness.start > witness.end
    normal = witness.duration * witness.step_at_normal_speed
    if abs(frames - normal) <= _OFF_BY_ONE:
        frames = normal
        if not reverse and abs(witness.left_offset * witness.step_at_normal_speed - low) <= _OFF_BY_ONE:
            low = round(witness.left_offset * witness.step_at_normal_speed)
    return SourceSpan(low, frames, reverse, witness.duration, witness.step_at_normal_speed)
