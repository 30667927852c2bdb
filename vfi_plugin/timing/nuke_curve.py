"""Nuke's text of an animation curve: ``{curve L x1001 1 x1041 41}``.

Source: "Curve serialisation format" in Foundry's NDK developer guide. A key is ``[K|L|S|R|C] [k|l] [x<time>] <value>
[s<slope left>] [t<slope right>] [u<handle left>] [v<handle right>]``; a letter counts until the next one. Without
``x`` the step between the last two keys is repeated (0 for the first key, one later for the second). ``s`` without
``t`` gives both slopes. Keys without a letter are smooth, Nuke's default. ``k`` and ``l`` say how the ends go on: flat
(the default) or straight. Not read: ``C`` (a spline through all keys at once) and expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing.curve import ZERO, Curve, RangedCurve, Segment
from vfi_plugin.timing.exact import number_from_text, text_from_number
from vfi_plugin.timing.keys import Interpolation, Key, curve_through, ranged_through

_LETTERS: dict[str, Interpolation] = {"K": "hold", "L": "linear", "S": "smooth", "R": "catmull-rom"}
_TANGENTS = {"s": "left", "t": "right", "u": "left_handle", "v": "right_handle"}


def looks_like_curve(text: str) -> bool:
    """Whether ``text`` is meant as a Nuke curve, be it a good one or not."""
    return re.match(r"[\s{]*curve\b", text) is not None


def parse(text: str) -> RangedCurve:
    """The map in a curve text, over the whole frames from its first to its last key.

    Raises:
        TimeMapError: no curve, no keys, or something in it that is not read; the message names it.
    """
    return _extended(keys_from_text(text), text)


def curve_from_text(text: str) -> Curve:
    """The curve alone, for a knob whose range is told elsewhere. Raises as `parse`."""
    return _extended(keys_from_text(text), text).curve


def keys_from_text(text: str) -> list[Key]:
    """The keys of a curve text. Raises as `parse`."""
    tokens = text.replace("{", " ").replace("}", " ").split()
    if not tokens or tokens[0] != "curve":
        shown = tokens[0] if tokens else ""
        raise TimeMapError(f"{shown!r} is not a curve of keys; expected {{curve x1001 1 x1041 41}}: bake expressions")
    reader = _Reader()
    for token in tokens[1:]:
        reader.take(token)
    if not reader.keys:
        raise TimeMapError("the curve has no keys; expected {curve x1001 1 x1041 41}")
    return [replace(key, right=key.left) if key.right is None else key for key in reader.keys]


def text(ranged: RangedCurve) -> str:
    """A curve text, without the outer braces, that `parse` reads as the same map.

    Lines and holds become keys with letters, smooth spans become keys with slopes; what a Nuke curve cannot say (the
    integral of a smooth speed) becomes one held key a frame.
    """
    keys = list(_keys_of(ranged)) if _is_sayable(ranged) else _baked(ranged)
    words = ["curve"]
    letter = ""
    for token in keys:
        if token.letter != letter:
            words.append(token.letter)
            letter = token.letter
        words.append(f"x{text_from_number(token.out)} {text_from_number(token.source)}")
        words += [f"{name}{text_from_number(value)}" for name, value in zip("st", token.slopes, strict=False)]
    return " ".join(words)


@dataclass
class _Reader:
    """Takes the words of a curve one by one."""

    keys: list[Key] = field(default_factory=list)
    interpolation: Interpolation = "smooth"
    time: Fraction | None = None

    def take(self, token: str) -> None:
        head = token[0]
        if token in _LETTERS:
            self.interpolation = _LETTERS[token]
        elif token in ("k", "l", "i", "I"):  # ends: see _extended; i and I only say how a curve is drawn
            return
        elif token == "C":
            raise TimeMapError("key type C (cubic) is not read; set the keys to smooth or linear in Nuke, or bake them")
        elif head == "x":
            self.time = _number(token, token[1:])
        elif head in _TANGENTS and self.keys:
            self.keys[-1] = _with_tangent(self.keys[-1], head, _number(token, token[1:]))
        elif head in "+-.0123456789":
            self.keys.append(Key(self._next_time(), _number(token, token), self.interpolation))
            self.time = None
        else:
            raise TimeMapError(f"{token!r} in a curve is not understood; expected keys such as x1001 1")

    def _next_time(self) -> Fraction:
        if self.time is not None:
            return self.time
        if len(self.keys) >= 2:
            return 2 * self.keys[-1].out - self.keys[-2].out
        return self.keys[-1].out + 1 if self.keys else ZERO


def _with_tangent(key: Key, letter: str, value: Fraction) -> Key:
    name = _TANGENTS[letter]
    if name == "left":
        return replace(key, left=value)
    if name == "right":
        return replace(key, right=value)
    return replace(key, left_handle=value) if name == "left_handle" else replace(key, right_handle=value)


def _number(token: str, text: str) -> Fraction:
    try:
        return number_from_text(text)
    except ValueError as error:
        raise TimeMapError(f"{token!r} in a curve: {error}") from None


def _extended(keys: list[Key], text: str) -> RangedCurve:
    """The map through ``keys``; a letter ``l`` lets both ends go on straight."""
    curve, first, last = ranged_through(keys)
    if not re.search(r"\bl\b", text) or len(keys) == 1:
        return RangedCurve(curve, first, last)
    before = curve.segments[0].slope(keys[0].out)
    after = curve.segments[-2].slope(keys[-1].out)
    straight = [replace(keys[0], left=before), *keys[1:]]
    straight[-1] = replace(straight[-1], right=after)
    return RangedCurve(curve_through(straight), first, last)


@dataclass(frozen=True)
class _Written:
    letter: str
    out: Fraction
    source: Fraction
    slopes: tuple[Fraction, ...] = ()


def _pieces(ranged: RangedCurve) -> Iterator[tuple[Segment, Fraction, Fraction]]:
    """(segment, from, to) of every piece within the output range."""
    curve, first, last = ranged
    knots = [segment.start for segment in curve.segments if first < segment.start < last]
    starts = [Fraction(first), *knots]
    for start, end in zip(starts, [*knots, Fraction(last)], strict=True):
        yield curve.segment_at(start), start, end


def _jumps(ranged: RangedCurve, segment: Segment, end: Fraction) -> bool:
    return segment.value(end) != ranged.curve.value(end)


def _is_sayable(ranged: RangedCurve) -> bool:
    """Whether keys can say it: nothing above a cubic, jumps only after holds, and holds only beside lines."""
    if ranged.first == ranged.last:
        return True
    pieces = list(_pieces(ranged))
    jumps = [segment for segment, _, end in pieces if _jumps(ranged, segment, end)]
    steepest = max(segment.degree for segment, _, _ in pieces)
    return steepest <= 3 and all(segment.degree == 0 for segment in jumps) and (steepest <= 1 or not jumps)


def _keys_of(ranged: RangedCurve) -> Iterator[_Written]:
    pieces = list(_pieces(ranged)) if ranged.last > ranged.first else []
    curved = any(segment.degree > 1 for segment, _, _ in pieces)
    arriving = ranged.curve.before
    for segment, start, end in pieces:
        letter = "K" if _jumps(ranged, segment, end) else "S" if curved else "L"
        yield _Written(letter, start, segment.value(start), (arriving, segment.slope(start)) if curved else ())
        arriving = segment.slope(end)
    last = Fraction(ranged.last)
    end_slope = ranged.curve.segment_at(last).slope(last)
    yield _Written("S" if curved else "L", last, ranged.curve.value(last), (arriving, end_slope) if curved else ())


def _baked(ranged: RangedCurve) -> list[_Written]:
    return [_Written("K", Fraction(n), ranged.curve.value(n)) for n in ranged.frames]
