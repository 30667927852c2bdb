"""Exact numbers from text and back: a decimal that was rounded from a fraction is recognised as that fraction."""

from __future__ import annotations

import math
import numbers
import re
from fractions import Fraction

Number = Fraction | int | float | str
"""What a caller may give for an exact number: ``Fraction(1, 3)``, ``2``, ``0.1`` (one tenth), ``"1/3"``."""

_NUMBER = re.compile(r"[+-]?(?:\d+/\d+|(?:\d+\.?(\d*)|\.(\d+))(?:[eE][+-]?\d{1,2})?)", re.ASCII)
# People do not type twelve decimals; software does, when it writes 1/3.
_ROUNDED_DECIMALS = 12
_ROUNDED_UNITS = 2  # cut or rounded, and once more by a program in between
_FLOAT_DECIMALS = 17  # a double between 0.1 and 1 has no more; what is longer was not a float
_LONGEST_NUMBER = 400


def number_from_text(text: str) -> Fraction:
    """The exact value of ``"0.5"``, ``"1/3"``, ``"-2"``, ``"1e-3"``.

    A number with 12 decimals or more is taken as a rounded fraction: the simplest one within two units of its last
    decimal, or within what a float can tell apart (``0.333333333333`` is 1/3). So ratios survive programs that only
    know decimals; see `text_from_number`.

    Raises:
        ValueError: the text is no finite number.
    """
    text = text.strip()
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None or text.partition("/")[2].strip("0") == "" != text.partition("/")[1]:
        raise ValueError(f"{text[:40]!r} is not a finite number")
    value = Fraction(text)
    decimals = len(match.group(1) or match.group(2) or "")
    if decimals < _ROUNDED_DECIMALS or "e" in text.lower():
        return value
    margin = Fraction(_ROUNDED_UNITS, 10**decimals)
    if decimals <= _FLOAT_DECIMALS:
        margin = max(margin, Fraction(math.ulp(float(value))))
    return _simplest_between(value - margin, value + margin)


def exact(value: Number) -> Fraction:
    """The exact value meant by ``value``; a float is read by its decimal text, so 0.1 is one tenth.

    Raises:
        ValueError: NaN, an infinity, or text that is no number.
        TypeError: not a number at all.
    """
    given: object = value  # callers also hold NumPy's scalars
    if isinstance(given, str):
        return number_from_text(given)
    if isinstance(given, numbers.Rational):
        return Fraction(int(given.numerator), int(given.denominator))
    if not isinstance(given, numbers.Real):
        raise TypeError(f"{given!r} is not a number")
    if not math.isfinite(given):
        raise ValueError(f"{given} is not a finite number")
    text = repr(float(given))
    value = Fraction(text)
    if len(text.partition(".")[2]) < _ROUNDED_DECIMALS or "e" in text:
        return value
    margin = Fraction(math.ulp(float(given)))
    return _simplest_between(value - margin, value + margin)


def text_from_number(value: Fraction) -> str:
    """Decimal text that `number_from_text` reads back as exactly ``value``."""
    places = _places(value.denominator)
    exact_decimal = places is not None
    if places is None:
        # Two fractions with denominators up to q are at least 1/q^2 apart: twice the digits of q tell them apart.
        places = max(_FLOAT_DECIMALS + 1, 2 * len(str(value.denominator)) + 2)
    scaled = round(abs(value) * 10**places)
    digits = str(scaled).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    whole, decimals = digits[: len(digits) - places], digits[len(digits) - places :]
    if exact_decimal:
        decimals = decimals.rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _places(denominator: int) -> int | None:
    """Decimals that a fraction of this denominator needs, or None where a short decimal cannot be exact."""
    for places in range(_ROUNDED_DECIMALS):
        if 10**places % denominator == 0:
            return places
    return None


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of smallest denominator in [low, high], by the continued fraction of its ends."""
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -_simplest_between(-high, -low)
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    floor = whole - 1
    return floor + 1 / _simplest_between(1 / (high - floor), 1 / (low - floor))
