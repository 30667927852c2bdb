"""At which size motion is looked for. Nothing here loads torch."""

from __future__ import annotations

LARGEST_PIXELS = 2048 * 1152
"""Pixels that the classic looks for motion on at most, where nobody asks for more: motion is smooth enough at UHD to be
found at half size (users of other tools set their flow scale so too), and every step takes a quarter of the time."""

SMALLEST_REDUCED_PX = 16
"""No side is reduced below this, which is the least that models take."""


def factor_at(detail: float, height: int, width: int) -> int:
    """By how much a side is divided for a detail of ``DETAILS``: 2 for 0.5, but for frames of few pixels."""
    factor = round(1 / detail)
    while factor > 1 and min(height, width) < factor * SMALLEST_REDUCED_PX:
        factor //= 2
    return factor


def reduction(height: int, width: int, detail: float | None = None) -> int:
    """The same for the classic, which chooses by itself where ``detail`` is None: 1 up to HD, 2 for UHD, 4 for 8K."""
    if detail is not None:
        return factor_at(detail, height, width)
    factor = 1
    while (height // factor) * (width // factor) > LARGEST_PIXELS:
        factor *= 2
    return factor
