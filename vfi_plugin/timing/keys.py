"""From keys to a curve, with the slopes that Nuke would give them.

Source: the documentation of ``nuke.AnimationKey`` (Foundry's Python reference) and "Curve serialisation format" (NDK
developer guide). What they state, and what is done here:

* *linear*: slopes point at the neighbouring keys.
* *hold* (Nuke: constant): the curve keeps the value of the key to the left. The slope with which a curve arrives at
  such a key is not documented; it is taken as for *linear*, so that a line before a hold stays a line.
* *catmull-rom*: the slope at key n is that of the chord from key n-1 to n+1.
* *smooth* (Nuke's default): the same, "clamped so that the convex-hull property is preserved". A cubic with slope m
  over a span h has its handles h/3 away, so its hull stays between two keys if m lies between 0 and three times the
  slope of the chord. That is the clamp used, towards both neighbours; at a local extreme the slope is 0.
* the first and last smooth or catmull-rom key get the slope that makes the second derivative zero there:
  ``(3 chord - slope of the other end) / 2``. Two smooth keys alone are thus a straight line.
* slopes given by hand replace all that; handles longer or shorter than h/3 make a span a general Bezier curve.

The rules are Foundry's words; the bounds 0 and 3 follow from them but have not been measured against a running Nuke.
An interpolation belongs to a *key*: a span from a linear to a smooth key leaves straight and arrives smooth, as in
Nuke.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal, get_args

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing.curve import ZERO, Curve, RangedCurve, Segment, polynomial

Interpolation = Literal["linear", "smooth", "hold", "catmull-rom"]
"""How a curve leaves and meets a key."""

INTERPOLATIONS: tuple[str, ...] = get_args(Interpolation)

_LONGEST_HANDLE = 3  # Nuke's legal values are 0 to 3 thirds of the span
_BEZIER_DECIMALS = 9  # far below what a warp can show; fixed, so that every machine finds the same fraction


@dataclass(frozen=True)
class Key:
    """At output time ``out`` show source position ``source``.

    Attributes:
        interpolation: see the module's docstring.
        left: slope (source frames an output frame) with which the curve arrives, or None to have it computed.
        right: slope with which it leaves, or None.
        left_handle: length of the handle towards the key before, in thirds of that span, 0 to 3.
        right_handle: the same towards the key after.
    """

    out: Fraction
    source: Fraction
    interpolation: Interpolation = "linear"
    left: Fraction | None = None
    right: Fraction | None = None
    left_handle: Fraction = Fraction(1)
    right_handle: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise TimeMapError(f"interpolation {self.interpolation!r} is not known: use linear, smooth or hold")
        for handle in (self.left_handle, self.right_handle):
            if not 0 <= handle <= _LONGEST_HANDLE:
                raise TimeMapError(f"key at {self.out}: a handle of {handle} is outside 0 to {_LONGEST_HANDLE}")

    @property
    def eased(self) -> bool:
        """Whether its slopes come from its neighbours on both sides."""
        return self.interpolation in ("smooth", "catmull-rom")


def ranged_through(keys: Sequence[Key]) -> RangedCurve:
    """The curve through ``keys`` over the whole frames between the first and the last.

    Raises:
        TimeMapError: no keys, keys out of order, or no whole frame between them.
    """
    curve = curve_through(keys)
    first, last = math.ceil(keys[0].out), math.floor(keys[-1].out)
    if first > last:
        raise TimeMapError(f"no whole frame lies between the keys at {keys[0].out} and {keys[-1].out}")
    return RangedCurve(curve, first, last)


def curve_through(keys: Sequence[Key]) -> Curve:
    """The curve through ``keys``; outside them the end values hold, unless an end key has a slope set by hand.

    Raises:
        TimeMapError: no keys, or keys whose ``out`` does not rise.
    """
    _check_order(keys)
    slopes = _slopes(keys)
    segments: list[Segment] = []
    for index in range(len(keys) - 1):
        start = replace(keys[index], right=slopes[index][1])
        end = replace(keys[index + 1], left=slopes[index + 1][0])
        segments.extend(_span(start, end))
    segments.append(polynomial(keys[-1].out, (keys[-1].source, keys[-1].right or ZERO)))
    return Curve(tuple(segments), keys[0].left or ZERO)


def _check_order(keys: Sequence[Key]) -> None:
    if not keys:
        raise TimeMapError("a time map needs at least one key; got none")
    for before, after in pairwise(keys):
        if after.out == before.out:
            raise TimeMapError(f"output frame {after.out} has two keys ({before.source} and {after.source}); keep one")
        if after.out < before.out:
            raise TimeMapError(f"output frames must rise: {after.out} comes after {before.out}; sort the keys")


def _slopes(keys: Sequence[Key]) -> list[tuple[Fraction, Fraction]]:
    """(left, right) for every key; the outer slopes of the ends are not used."""
    count = len(keys)
    if count == 1:
        return [(ZERO, ZERO)]
    chords = [(b.source - a.source) / (b.out - a.out) for a, b in pairwise(keys)]
    slopes = [(ZERO, ZERO)] * count
    for index in range(1, count - 1):
        slopes[index] = _inner_slopes(keys, chords, index)
    first, last = keys[0], keys[-1]
    # With two keys each end would wait for the other: zero bending at both means the chord.
    other = slopes[1][0] if count > 2 else _known(last.left, chords[0])
    leaving = _known(first.right, _end_slope(first, chords[0], other))
    other = slopes[-2][1] if count > 2 else leaving
    slopes[0] = (ZERO, leaving)
    slopes[-1] = (_known(last.left, _end_slope(last, chords[-1], other)), ZERO)
    return slopes


def _inner_slopes(keys: Sequence[Key], chords: Sequence[Fraction], index: int) -> tuple[Fraction, Fraction]:
    key, left, right = keys[index], chords[index - 1], chords[index]
    if key.eased:
        before, after = keys[index - 1], keys[index + 1]
        slope = (after.source - before.source) / (after.out - before.out)
        if key.interpolation == "smooth":
            slope = _within_hull(_within_hull(slope, left), right)
        left = right = slope
    return _known(key.left, left), _known(key.right, right)


def _end_slope(key: Key, chord: Fraction, other: Fraction) -> Fraction:
    if not key.eased:
        return chord
    slope = (3 * chord - other) / 2
    return _within_hull(slope, chord) if key.interpolation == "smooth" else slope


def _within_hull(slope: Fraction, chord: Fraction) -> Fraction:
    low, high = sorted((ZERO, 3 * chord))
    return min(max(slope, low), high)


def _known(given: Fraction | None, computed: Fraction) -> Fraction:
    return computed if given is None else given


def _span(start: Key, end: Key) -> list[Segment]:
    """What lies between two keys whose facing slopes are set."""
    if start.interpolation == "hold":
        return [polynomial(start.out, (start.source,))]
    if start.right_handle != 1 or end.left_handle != 1:
        return _bezier_span(start, end)
    width = end.out - start.out
    chord = (end.source - start.source) / width
    leaving, arriving = start.right or ZERO, end.left or ZERO
    bend = (3 * chord - 2 * leaving - arriving) / width
    twist = (leaving + arriving - 2 * chord) / width**2
    return [polynomial(start.out, (start.source, leaving, bend, twist))]


def _bezier_span(start: Key, end: Key) -> list[Segment]:
    """A Bezier span sampled at whole frames, straight between them: it is no polynomial of time."""
    inside = range(math.floor(start.out) + 1, math.ceil(end.out))
    points = [(start.out, start.source), *((Fraction(x), _bezier_at(start, end, x)) for x in inside)]
    points.append((end.out, end.source))
    return [polynomial(x, (y, (next_y - y) / (next_x - x))) for (x, y), (next_x, next_y) in pairwise(points)]


def _bezier_at(start: Key, end: Key, x: int) -> Fraction:
    """The value at ``x``, to 9 decimals: bisection on the curve's parameter, whose ``x`` never falls."""
    width = float(end.out - start.out)
    leave, arrive = float(start.right_handle) * width / 3, width - float(end.left_handle) * width / 3
    target, low, high = float(x - start.out), 0.0, 1.0
    for _ in range(60):  # more halvings than a double has bits
        middle = (low + high) / 2
        if _cubic((0.0, leave, arrive, width), middle) < target:
            low = middle
        else:
            high = middle
    rise = float(end.source - start.source)
    heights = (0.0, leave * float(start.right or 0), rise - (width - arrive) * float(end.left or 0), rise)
    return start.source + Fraction(f"{_cubic(heights, (low + high) / 2):.{_BEZIER_DECIMALS}f}")


def _cubic(points: tuple[float, float, float, float], u: float) -> float:
    """The Bezier curve of four control values at ``u`` in [0, 1]."""
    rest = 1 - u
    a, b, c, d = points
    return a * rest**3 + 3 * b * rest * rest * u + 3 * c * rest * u * u + d * u**3
