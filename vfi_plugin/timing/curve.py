"""Piecewise polynomials over output time, in exact arithmetic: what every time map is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

ZERO = Fraction(0)


@dataclass(frozen=True)
class Segment:
    """A polynomial from ``start`` on: the sum of ``coefficients[k] * (x - start)**k``."""

    start: Fraction
    coefficients: tuple[Fraction, ...]

    def value(self, x: Fraction) -> Fraction:
        """The polynomial at ``x``."""
        total = ZERO
        for coefficient in reversed(self.coefficients):
            total = total * (x - self.start) + coefficient
        return total

    def slope(self, x: Fraction) -> Fraction:
        """Its derivative at ``x``."""
        derived = tuple(power * value for power, value in enumerate(self.coefficients))[1:]
        return Segment(self.start, derived).value(x)

    def integral(self, constant: Fraction) -> Segment:
        """The antiderivative that is ``constant`` at ``start``."""
        raised = (value / (power + 1) for power, value in enumerate(self.coefficients))
        return polynomial(self.start, (constant, *raised))

    @property
    def degree(self) -> int:
        """0 for a constant, 1 for a line, 3 for a cubic."""
        return len(self.coefficients) - 1


def polynomial(start: Fraction, coefficients: Iterable[Fraction]) -> Segment:
    """A segment without trailing zero coefficients, so that ``degree`` is the true one."""
    kept = [Fraction(value) for value in coefficients]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return Segment(start, tuple(kept))


@dataclass(frozen=True)
class Curve:
    """Segments that follow each other; at a knot the later one counts, as a held key ends where the next begins.

    Attributes:
        segments: at least one, by rising ``start``; the last goes on for ever and is what lies after the last key.
        before: the slope of the line that leads to the first knot.
    """

    segments: tuple[Segment, ...]
    before: Fraction = ZERO

    @classmethod
    def line(cls, start: Fraction, value: Fraction, slope: Fraction) -> Curve:
        """One straight line through (``start``, ``value``), without end on both sides."""
        return cls((polynomial(start, (value, slope)),), slope)

    def value(self, x: Fraction | int) -> Fraction:
        """The curve at ``x``, exactly."""
        x = Fraction(x)
        return self.segment_at(x).value(x)

    def segment_at(self, x: Fraction) -> Segment:
        """The polynomial that holds from ``x`` on; before the first knot, the line that leads to it."""
        index = bisect_right(self.segments, x, key=lambda segment: segment.start) - 1
        if index >= 0:
            return self.segments[index]
        first = self.segments[0]
        return polynomial(first.start, (first.value(first.start), self.before))

    def integral(self, constant: Fraction) -> Curve:
        """The area under this curve, ``constant`` at the first knot; before it the first value goes on."""
        segments: list[Segment] = []
        total = constant
        for index, segment in enumerate(self.segments):
            segments.append(segment.integral(total))
            if index + 1 < len(self.segments):
                total = segments[-1].value(self.segments[index + 1].start)
        first = self.segments[0]
        return Curve(tuple(segments), first.value(first.start))

    def shifted(self, offset: Fraction | int) -> Curve:
        """The same curve, ``offset`` later."""
        moved = tuple(Segment(segment.start + offset, segment.coefficients) for segment in self.segments)
        return Curve(moved, self.before)


class RangedCurve(NamedTuple):
    """A curve and its output frames, ``first`` to ``last`` inclusive: what the file formats exchange."""

    curve: Curve
    first: int
    last: int

    @property
    def frames(self) -> range:
        """Every output frame number."""
        return range(self.first, self.last + 1)
