"""Time maps as rows of text, ``out,source[,interpolation]``: the plainest form, made to be typed and compared.

::

    # output frame, source frame
    out,source,interpolation
    1001,1,linear
    1041,41
    1081,51.5,hold
    1101,154/3

Commas, semicolons, tabs and blanks separate; ``#`` starts a comment; a first row of words is a header. Numbers are
decimals or fractions. Output frames rise; a row repeated with the same source is one row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import cast

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing.curve import Curve, RangedCurve
from vfi_plugin.timing.exact import number_from_text
from vfi_plugin.timing.keys import INTERPOLATIONS, Interpolation, Key, ranged_through

Row = tuple[Fraction, Fraction, Interpolation]
"""``out``, ``source`` and how the curve goes on from there."""


def parse(text: str, interpolation: Interpolation = "linear") -> RangedCurve:
    """The map in ``text``; ``interpolation`` is for rows that name none.

    Raises:
        TimeMapError: no rows, or a row that is no key or contradicts the one before; the message names the line.
    """
    keys: list[Key] = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = [field for field in re.split(r"[,;\s]+", line.partition("#")[0].strip()) if field]
        if not fields or (not keys and _is_header(fields)):
            continue
        try:
            key = _key(fields, interpolation)
            if not keys or not _repeats(key, keys[-1]):
                keys.append(key)
        except (ValueError, TimeMapError) as error:
            raise TimeMapError(f"line {number}: {error}") from None
    if not keys:
        raise TimeMapError("the time map is empty; expected rows such as 1001,1")
    return ranged_through(keys)


def text(ranged: RangedCurve) -> str:
    """Rows that `parse` reads as the same map; fractions stay fractions."""
    rows = rows_of(ranged)
    plain = all(how == "linear" for _, _, how in rows)
    lines = ["out,source" if plain else "out,source,interpolation"]
    lines += [f"{out},{source}" if plain else f"{out},{source},{how}" for out, source, how in rows]
    return "\n".join(lines) + "\n"


def rows_of(ranged: RangedCurve) -> list[Row]:
    """The fewest rows that give every whole output frame its exact position: keys for lines and holds, else frames."""
    return _key_rows(ranged) or [(Fraction(n), ranged.curve.value(n), "hold") for n in ranged.frames]


def _key_rows(ranged: RangedCurve) -> list[Row]:
    """Rows at the knots, or none where lines and holds with whole output frames cannot say it."""
    curve, first, last = ranged
    knots = [segment.start for segment in curve.segments if first < segment.start < last]
    starts = [Fraction(first), *knots, Fraction(last)] if last > first else [Fraction(first)]
    rows: list[Row] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        how = _between(curve, start, end)
        if how is None or start.denominator != 1:
            return []
        rows.append((start, curve.value(start), how))
    return rows


def _between(curve: Curve, start: Fraction, end: Fraction | None) -> Interpolation | None:
    """How the curve gets from one knot to the next, if a row can say so."""
    if end is None:
        return "linear"
    segment = curve.segment_at(start)
    arrives = segment.value(end) == curve.value(end)
    if segment.degree == 0 and not arrives:
        return "hold"
    return "linear" if segment.degree <= 1 and arrives else None


def _is_header(fields: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[A-Za-z_][\w ]*", field) for field in fields) and "nan" not in map(str.lower, fields)


def _key(fields: Sequence[str], interpolation: Interpolation) -> Key:
    if not 2 <= len(fields) <= 3:
        raise TimeMapError(f"{' '.join(fields)!r} is no key; expected out,source or out,source,interpolation")
    how = fields[2].lower() if len(fields) == 3 else interpolation
    if how not in INTERPOLATIONS:
        raise TimeMapError(f"interpolation {fields[2]!r} is not known; use linear, smooth or hold")
    return Key(number_from_text(fields[0]), number_from_text(fields[1]), cast(Interpolation, how))


def _repeats(key: Key, before: Key) -> bool:
    if key.out > before.out:
        return False
    if key.out < before.out:
        raise TimeMapError(f"output frame {key.out} comes after {before.out}; output frames must rise")
    if key.source != before.source:
        raise TimeMapError(f"output frame {key.out} has two sources, {before.source} and {key.source}; keep one")
    return True
