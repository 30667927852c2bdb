"""Holes in the numbering."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.timing.ranges import format_range


def missing(numbers: Sequence[int]) -> list[Finding]:
    """A finding for each hole between the first and the last of ``numbers``, which ascend."""
    holes = [tuple(range(before + 1, after)) for before, after in pairwise(numbers) if after - before > 1]
    return [Finding(Kind.MISSING, hole, 1.0, _why(hole)) for hole in holes]


def _why(hole: tuple[int, ...]) -> str:
    there = "there is no file" if len(hole) == 1 else f"there are no {len(hole)} files"
    return f"{there} between {hole[0] - 1} and {hole[-1] + 1} ({format_range(hole)})"
