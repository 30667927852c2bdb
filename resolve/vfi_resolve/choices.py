"""What the window's fields mean."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vfi_resolve.errors import WrongInputError
from vfi_resolve.source_span import SourceSpan

NEW_TRACK = "New track above"
TAKE = "Take of this clip"
PLACEMENTS = (NEW_TRACK, TAKE)

BY_SPEED = "Speed"
BY_LENGTH = "Length"
TIMINGS = (BY_SPEED, BY_LENGTH)

_SLOWEST, _FASTEST = 1, 10_000
"""Percent. Who writes 0.5 into a field of percents means half speed, and would get 200 times the clip."""

_LONGEST = 500_000
"""Frames: more than five hours, so a slip of the pen."""


@dataclass(frozen=True)
class Fields:
    """The window as it was filled in.

    Attributes:
        timing: one of TIMINGS, which says whether ``speed`` or ``length`` counts.
        speed: percent, with or without the sign; negative is backwards.
        length: frames on the timeline.
        model: a name of the worker's list.
        placement: one of PLACEMENTS.
        overwrite: render again what is there.
    """

    timing: str
    speed: str
    length: str
    model: str
    placement: str
    overwrite: bool


@dataclass(frozen=True)
class Choices:
    """What is to be made.

    Attributes:
        span: the frames to show, in the direction that was chosen.
        step: source frames from one new frame to the next.
        length: new frames.
        model, placement, overwrite: as in Fields.
    """

    span: SourceSpan
    step: Fraction
    length: int
    model: str
    placement: str
    overwrite: bool

    @property
    def speed(self) -> Fraction:
        """1 is normal, negative is backwards."""
        speed = self.step / self.span.step_at_normal_speed
        return -speed if self.span.reverse else speed


def read_choices(fields: Fields, span: SourceSpan) -> Choices:
    """What the fields mean for a clip that shows ``span``.

    A speed keeps what is shown and changes how long it lasts; the last frame is left out where only a part of it would
    be. A length is filled with what is shown.

    Raises:
        WrongInputError: they mean nothing, or what cannot be placed.
    """
    if fields.timing == BY_SPEED:
        speed = _speed(fields.speed)
        span = _turned(span, backwards=speed < 0)
        step = abs(speed) * span.step_at_normal_speed
        length = max(span.frames // step, 1)
    else:
        length = _length(fields.length)
        step = span.frames / length
    if length > _LONGEST:
        raise WrongInputError(f"that makes {length} frames; at most {_LONGEST} can be made: give a higher speed")
    if fields.placement == TAKE and length != span.duration:
        raise WrongInputError(
            f"a take lasts as long as its clip, {span.duration} frames, and this makes {length};"
            f' choose "{NEW_TRACK}", or the length {span.duration}'
        )
    return Choices(span, step, length, fields.model, fields.placement, fields.overwrite)


def percent(speed: Fraction) -> str:
    """A speed as it is shown and typed: ``50``, ``33.3333``, ``-100``."""
    return f"{float(speed * 100):.6g}"


def _turned(span: SourceSpan, *, backwards: bool) -> SourceSpan:
    return SourceSpan(span.low, span.frames, backwards, span.duration, span.step_at_normal_speed)


def _speed(text: str) -> Fraction:
    try:
        value = Fraction(text.strip().rstrip("%").strip())
    except (ValueError, ZeroDivisionError):
        raise WrongInputError(f'"{text}" is no speed; write percent: 50 is half speed, -100 backwards') from None
    if not _SLOWEST <= abs(value) <= _FASTEST:
        raise WrongInputError(
            f"{text.strip()} percent is no speed from {_SLOWEST} to {_FASTEST}, forwards or backwards; half speed is 50"
        )
    return value / 100


def _length(text: str) -> int:
    try:
        value = int(text.strip())
    except ValueError:
        value = 0
    if value < 1:
        raise WrongInputError(f'"{text}" is no length; write a number of frames, 1 or more')
    return value
