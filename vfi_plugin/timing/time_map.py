"""Which source position is shown at which output frame: exact, and without a pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vfi_plugin.errors import TimeMapError, UsageError
from vfi_plugin.timing.curve import ZERO, Curve, RangedCurve
from vfi_plugin.timing.exact import Number, exact
from vfi_plugin.timing.interchange import ReadOptions, WriteOptions, read_curve, write_curve
from vfi_plugin.timing.keys import Interpolation, Key, ranged_through
from vfi_plugin.timing.timecode import parse_rate

KeyRow = tuple[Number, Number] | tuple[Number, Number, Interpolation]
"""``(out, source)`` or ``(out, source, interpolation)``."""


@dataclass(frozen=True, eq=False, repr=False)
class TimeMap:
    """Output frame number -> exact source position, over the output frames ``first`` to ``last``.

    Positions are in source frame numbers: 1001.5 is half way from frame 1001 to 1002. A position may lie outside the
    source; what is shown then is the renderer's policy. Two maps are equal where they have the same output frames and
    the same position at each of them.

    Outside its output range a map of constant speed goes on at its speed, and a map made of keys holds its end values.
    """

    curve: Curve
    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise TimeMapError(f"an empty time map: the output would run from {self.first} to {self.last}")

    @classmethod
    def constant(cls, speed: Number, *, first: int, last: int, start: int | None = None) -> TimeMap:
        """Every source frame from ``first`` to ``last`` at one speed: N frames give ``floor((N - 1) / speed) + 1``.

        Args:
            speed: source frames an output frame: 0.5 or ``"50%"`` is half speed. A float means its decimal text. A
                negative speed starts at ``last`` and runs backwards.
            first: first source frame.
            last: last source frame.
            start: number of the first output frame; None: ``first``.

        Raises:
            TimeMapError: speed 0 or no number, or an empty source range.
        """
        pace = _speed(speed)
        length = math.floor(Fraction(_source_length(first, last) - 1) / abs(pace)) + 1
        begin = first if pace > 0 else last
        return cls._steady(pace, begin, length, first if start is None else start)

    @classmethod
    def from_rates(
        cls, source_rate: Number, target_rate: Number, *, first: int, last: int, start: int | None = None
    ) -> TimeMap:
        """The same duration at another frame rate: ``round(N * target / source)`` frames, half rounded up, at least 1.

        Rates are read as by `parse_rate`: 23.976 is 24000/1001. Output frame i shows
        ``first + i * source_rate / target_rate``. When the rate rises, the last positions lie
        after ``last``: they are left as they are.

        Raises:
            TimeMapError: a rate that is not above 0, or an empty source range.
        """
        source, target = _rate(source_rate), _rate(target_rate)
        length = math.floor(_source_length(first, last) * target / source + Fraction(1, 2))
        return cls._steady(source / target, first, max(length, 1), first if start is None else start)

    @classmethod
    def from_length(cls, length: int, *, first: int, last: int, start: int | None = None) -> TimeMap:
        """Fit to fill: exactly ``length`` frames, the first at ``first`` and the last at ``last``.

        The speed is ``(N - 1) / (length - 1)``; a length of 1 shows ``first``.

        Raises:
            TimeMapError: a length below 1, or an empty source range.
        """
        intervals = _source_length(first, last) - 1
        if isinstance(length, bool) or not isinstance(length, int) or length < 1:
            raise TimeMapError(f"a length of {length!r} frames cannot be made: give a whole number from 1")
        pace = Fraction(intervals, length - 1) if length > 1 else ZERO
        return cls._steady(pace, first, length, first if start is None else start)

    @classmethod
    def from_keys(
        cls, keys: Mapping[Number, Number] | Iterable[KeyRow], *, interpolation: Interpolation = "linear"
    ) -> TimeMap:
        """Keys "at output frame X show source frame Y"; the map runs from the first key to the last.

        Equal sources freeze, falling ones run backwards. ``interpolation`` is for keys that name none: ``"linear"``,
        ``"hold"`` or ``"smooth"``. The last is Nuke's default curve: between two keys a cubic whose slope at an inner
        key is that of the chord between its neighbours, cut to lie between 0 and three times the chord on either side;
        at the ends the curve does not bend. `vfi_plugin.timing.keys` tells the source and how sure it is.

        Raises:
            TimeMapError: no keys, two sources for one output frame, output frames that fall, no finite number.
        """
        return cls(*ranged_through(_keys(keys, interpolation)))

    @classmethod
    def from_positions(cls, positions: Sequence[Number], *, start: int) -> TimeMap:
        """A source position for each output frame, in order, from frame ``start`` on: a curve that somebody sampled.

        Raises:
            TimeMapError: no positions, or no finite number.
        """
        if not positions:
            raise TimeMapError("an empty list of positions; give the source position of each output frame")
        return cls.from_keys([(start + offset, position) for offset, position in enumerate(positions)])

    @classmethod
    def from_speed_keys(
        cls,
        keys: Mapping[Number, Number] | Iterable[KeyRow],
        *,
        source_first: Number,
        interpolation: Interpolation = "linear",
    ) -> TimeMap:
        """Animated speed: keys "at output frame X run at speed Y", integrated exactly.

        The first key's frame shows ``source_first``; output frame n shows ``source_first`` plus the area under the
        speed from there to n. (Speed times time would jump back when a clip slows down.) The map runs from the first
        key to the last.

        Raises:
            TimeMapError: as `from_keys`.
        """
        speed, first, last = ranged_through(_keys(keys, interpolation))
        return cls(speed.integral(_exact(source_first, "a source frame")), first, last)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        node: str | None = None,
        interpolation: Interpolation = "linear",
        source: tuple[int, int] | None = None,
    ) -> TimeMap:
        """A map from a file, by its suffix: ``.csv``, ``.txt`` (rows or a Nuke curve), ``.nk``, ``.gizmo``, ``.otio``.

        Args:
            path: the file.
            node: which retime node of a Nuke script, or which clip of a timeline; needed where there are several.
            interpolation: for rows that name none.
            source: first and last source frame, for a node that does not say which it uses.

        Raises:
            TimeMapError: unreadable, empty, contradictory; the message names the file and, where it can, the line.
        """
        return cls(*read_curve(Path(path), ReadOptions(node, interpolation, source)))

    def to_file(self, path: str | Path, *, node_class: str = "TimeWarp", rate: Number = 24) -> None:
        """Write the map so that `from_file` reads an equal one; the suffix names the format.

        Args:
            path: ``.csv``, ``.txt`` (a Nuke curve), ``.nk`` or ``.otio``.
            node_class: for ``.nk``: ``"TimeWarp"`` or ``"Kronos"``.
            rate: for ``.otio``: frames a second.

        Raises:
            TimeMapError: an unknown suffix or node class.
            WriteError: the file cannot be written.
        """
        write_curve(Path(path), RangedCurve(self.curve, self.first, self.last), WriteOptions(node_class, _rate(rate)))

    @classmethod
    def _steady(cls, pace: Fraction, begin: int, length: int, start: int) -> TimeMap:
        return cls(Curve.line(Fraction(start), Fraction(begin), pace), start, start + length - 1)

    def position(self, n: int) -> Fraction:
        """The source position shown at output frame ``n``."""
        return self.curve.value(n)

    def position_at(self, when: Fraction) -> Fraction:
        """The source position at any moment, in output frames: 1001.5 is half way from output frame 1001 to 1002.

        Before the first output frame and after the last the map goes on at the speed that it has there: a shutter that
        is open around a clip's last frame sees what moves go on moving.
        """
        if when < self.first:
            return self.position(self.first) + (when - self.first) * self.speed_before(self.first)
        if when > self.last:
            return self.position(self.last) + (when - self.last) * self.speed_after(self.last)
        return self.curve.value(when)

    @property
    def output_range(self) -> tuple[int, int]:
        """First and last output frame, both included."""
        return self.first, self.last

    @property
    def frames(self) -> range:
        """Every output frame number, in order."""
        return range(self.first, self.last + 1)

    def speed_after(self, n: int) -> Fraction:
        """Source frames from output frame ``n`` to the next; at the last frame, those from the one before."""
        if n == self.last > self.first:
            return self.speed_before(n)
        return self.position(n + 1) - self.position(n)

    def speed_before(self, n: int) -> Fraction:
        """Source frames from the output frame before ``n`` to ``n``; at the first frame, those to the next."""
        if n == self.first < self.last:
            return self.speed_after(n)
        return self.position(n) - self.position(n - 1)

    def speed(self, n: int) -> Fraction:
        """Source frames an output frame around ``n``: the mean of `speed_before` and `speed_after`."""
        return (self.speed_before(n) + self.speed_after(n)) / 2

    def shifted(self, start: int) -> TimeMap:
        """The same map with its first output frame numbered ``start``."""
        offset = start - self.first
        return TimeMap(self.curve.shifted(offset), start, self.last + offset)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimeMap):
            return NotImplemented
        if self.output_range != other.output_range:
            return False
        return self.curve == other.curve or all(self.position(n) == other.position(n) for n in self.frames)

    def __hash__(self) -> int:
        return hash((self.first, self.last, self.position(self.first), self.position(self.last)))

    def __repr__(self) -> str:
        begin, end = self.position(self.first), self.position(self.last)
        return f"TimeMap(output {self.first}-{self.last} shows source {begin} to {end}, {len(self)} frames)"


def _keys(keys: Mapping[Number, Number] | Iterable[KeyRow], interpolation: Interpolation) -> list[Key]:
    if isinstance(keys, Mapping):
        pairs = [_key((out, source), interpolation) for out, source in keys.items()]
        return sorted(pairs, key=lambda key: key.out)
    return [_key(row, interpolation) for row in keys]


def _key(row: Sequence[Any], interpolation: Interpolation) -> Key:
    if not 2 <= len(row) <= 3:
        raise TimeMapError(f"a key is (out, source) or (out, source, interpolation); got {row!r}")
    out, source = _exact(row[0], "an output frame"), _exact(row[1], f"the value at {row[0]}")
    return Key(out, source, row[2] if len(row) == 3 else interpolation)


def _exact(value: Number, what: str) -> Fraction:
    try:
        return exact(value)
    except (ValueError, TypeError) as error:
        raise TimeMapError(f"{what} must be a finite number: {error}") from None


def _speed(value: Number) -> Fraction:
    percent = isinstance(value, str) and value.strip().endswith("%")
    number = value.strip()[:-1] if percent and isinstance(value, str) else value
    pace = _exact(number, f"speed {value!r}; a speed") / (100 if percent else 1)
    if not pace:
        raise TimeMapError(f"speed {value!r} never ends: for a freeze give keys or a length; else a speed such as 0.5")
    return pace


def _rate(value: Number) -> Fraction:
    try:
        return parse_rate(value)
    except UsageError as error:
        raise TimeMapError(str(error)) from None


def _source_length(first: int, last: int) -> int:
    if first > last:
        raise TimeMapError(f"an empty source: it would run from {first} to {last}; the first frame must not be later")
    return last - first + 1
