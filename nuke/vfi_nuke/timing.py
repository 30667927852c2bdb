"""Which source position each output frame shows: the host's curves, sampled once a frame into a plain list."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import nuke

from .errors import VfiNukeError
from .retime_node import input_range

# The host's curves are sums of floats. Finer than this no motion can be seen (0.001 px at 100 px a frame), and a
# position that is a whole number but for rounding must become that frame itself, which is then copied bit for bit.
_DECIMALS = 5

# A speed curve that never arrives would be followed for ever; no shot has a million frames.
_LONGEST_OUTPUT = 1_000_000


@dataclass(frozen=True)
class Timing:
    """The source position of every output frame, in order, as decimal text.

    Attributes:
        start: number of the first output frame.
        positions: one for each frame from there on, in source frame numbers.
    """

    start: int
    positions: tuple[str, ...]

    @property
    def last(self) -> int:
        """Number of the last output frame."""
        return self.start + len(self.positions) - 1

    @property
    def frames(self) -> range:
        """Every output frame number."""
        return range(self.start, self.last + 1)


def sample_timing(node: Any) -> Timing:
    """The timing knobs of a VFIRetime as a list.

    Output Speed begins at the first source frame and ends with the last frame that lies within the input range. Frame
    runs from the first key to the last; without keys over the script's range.

    Raises:
        VfiNukeError: a speed that does not lead from the first source frame to a later one.
    """
    if node["timing2"].value() == "Frame":
        return _by_frame(node["timingFrame2"])
    first, last = input_range(node)
    knob = node["timingOutputSpeed"]
    if knob.isAnimated() or knob.hasExpression():
        return Timing(first, tuple(_summed_up(knob, first, last)))
    return Timing(first, tuple(_steady(knob.value(), first, last)))


def _by_frame(knob: Any) -> Timing:
    times = _key_times(knob.animation(0)) if knob.isAnimated() else []
    root = nuke.root()
    begin, end = (min(times), max(times)) if times else (root.firstFrame(), root.lastFrame())
    numbers = range(round(begin), round(end) + 1)
    return Timing(numbers.start, tuple(_text(knob.getValueAt(number)) for number in numbers))


def _steady(speed: float, first: int, last: int) -> list[str]:
    # By its decimal text: ten steps of 0.1 are then one frame exactly, which in floats they are not.
    pace = Fraction(repr(float(speed)))
    if pace <= 0:
        raise VfiNukeError(f"an Output Speed of {speed:g} never arrives: give one above 0, or set Timing to Frame")
    steps = (last - first) // pace
    return [_text(first + pace * step) for step in range(steps + 1)]


def _summed_up(knob: Any, first: int, last: int) -> list[str]:
    curve = knob.animation(0)
    latest_key = max(_key_times(curve), default=first)
    positions: list[str] = []
    for number in range(first, first + _LONGEST_OUTPUT):
        position = round(first + curve.integrate(first, number), _DECIMALS)
        if position > last or (number > latest_key and knob.getValueAt(number) <= 0):
            return positions
        positions.append(_text(position))
    raise VfiNukeError("this Output Speed has not arrived after a million frames; raise it, or set Timing to Frame")


def _key_times(curve: Any) -> list[float]:
    keys = curve.keys()  # a list of keys, and the curve itself is none
    return [key.x for key in keys]


def _text(position: float | Fraction) -> str:
    return f"{float(position):.{_DECIMALS}f}".rstrip("0").rstrip(".")
