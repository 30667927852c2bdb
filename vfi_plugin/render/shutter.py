"""When the shutter of an output frame is open, and at which moments it is looked through: arithmetic, no pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vfi_plugin.errors import UsageError
from vfi_plugin.timing.exact import Number, exact

DEFAULT_SAMPLES = 16
"""Steps of a pixel in a streak of 16: what moves 32 px a frame, with a shutter of 180 degrees."""

_OFFSETS = {"centered": Fraction(-1, 2), "start": Fraction(0), "end": Fraction(-1)}
"""Where the shutter opens, in its own lengths from the frame; Nuke's words."""


@dataclass(frozen=True)
class Shutter:
    """A shutter, in output frames.

    Attributes:
        length: how long it is open; 0.5 is 180 degrees.
        samples: how many moments stand for all that time.
        opens: when it opens, from the frame's own time on.
    """

    length: Fraction
    samples: int
    opens: Fraction

    @classmethod
    def of(cls, length: Number, samples: int, offset: Number) -> Shutter | None:
        """From what a person gives; None for a shutter of length 0, which is none at all.

        Args:
            length: output frames, 0 or more.
            samples: 1 or more.
            offset: "centered", "start" or "end" as in Nuke, or when it opens, in output frames from the frame's time.

        Raises:
            UsageError: one of them cannot be.
        """
        time = _number("shutter", length, "0.5 for 180 degrees")
        if time < 0:
            raise UsageError(f"a shutter of {length} frames cannot be; give 0 for none, or more")
        if isinstance(samples, bool) or not isinstance(samples, int) or samples < 1:
            raise UsageError(f"{samples!r} samples cannot be taken; give a whole number from 1")
        known = _OFFSETS.get(str(offset))
        allowed = f"{', '.join(_OFFSETS)}, or frames such as -0.25"
        opens = _number("shutter offset", offset, allowed) if known is None else known * time
        return cls(time, samples, opens) if time else None

    @property
    def moments(self) -> tuple[Fraction, ...]:
        """The middles of ``samples`` equal parts of the time it is open (the midpoint rule), from the frame's own."""
        step = self.length / self.samples
        return tuple(self.opens + step * (2 * part + 1) / 2 for part in range(self.samples))

    @property
    def centre(self) -> Fraction:
        """The middle of the time it is open, from the frame's own."""
        return self.opens + self.length / 2

    def __str__(self) -> str:
        opens, closes = float(self.opens), float(self.opens + self.length)
        return f"{float(self.length):g} frames, from {opens:+g} to {closes:+g}, {self.samples} samples"


def _number(what: str, value: Number, allowed: str) -> Fraction:
    try:
        return exact(value)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{what} {value!r}: {error}; give {allowed}") from None
