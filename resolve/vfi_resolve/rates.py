"""Frame rates as Resolve writes them: ``23.976``, ``29.97 DF``, ``25.0``; as numbers or as text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from vfi_resolve.errors import HostRefusedError

_SHORTENED = Fraction(1, 200)
"""23.976, 23.98 and 29.97 are short for k * 1000/1001; two decimals are off by this much at most."""


def parse_rate(written: Any, of: str) -> Fraction:
    """Frames a second, exact; ``of`` says of what, for the message.

    Raises:
        HostRefusedError: it is no rate.
    """
    words = str(written).split()
    try:
        rate = Fraction(words[0])
    except (IndexError, ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise HostRefusedError(f"Resolve says that {of} has {written!r} frames a second; set its frame rate")
    whole = round(rate)
    ntsc = Fraction(whole * 1000, 1001)
    return ntsc if rate != whole and abs(rate - ntsc) <= _SHORTENED else rate
