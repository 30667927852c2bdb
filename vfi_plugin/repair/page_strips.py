"""Which frames a page shows of each finding, and of which there is room for pictures. No pixels here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from vfi_plugin.repair.finding import Finding, Kind

NEIGHBOURS = 2
"""Good frames on each side: with two, the step from one to the next shows what the finding's should have been."""

_LONGEST_RUN = 6
"""Frames of a finding that are all shown. Of longer ones come the ends, where it begins and ceases to be wrong."""

_END_OF_RUN = 3


@dataclass(frozen=True)
class Cell:
    """A place in a strip: a frame, or a word for those that are not shown.

    Attributes:
        number: of the frame; None for a word.
        concerned: whether the finding names it; its neighbours are not.
        word: in place of a frame: "8 more", "1 lost".
    """

    number: int | None
    concerned: bool = False
    word: str = ""


def strip(finding: Finding, first: int, last: int) -> tuple[Cell, ...]:
    """The frames of a finding in order, with ``NEIGHBOURS`` on each side as far as the clip ``first``-``last`` goes."""
    frames = finding.frames
    before = range(max(frames[0] - NEIGHBOURS, min(first, frames[0])), frames[0])
    after = range(frames[-1] + 1, min(frames[-1] + NEIGHBOURS, max(last, frames[-1])) + 1)
    middle = _dropped(finding) if finding.kind is Kind.DROPPED else _run(frames)
    return (*map(Cell, before), *middle, *map(Cell, after))


def _dropped(finding: Finding) -> list[Cell]:
    return [Cell(finding.frames[0], True), Cell(None, True, f"{finding.lost} lost"), Cell(finding.frames[-1], True)]


def _run(frames: Sequence[int]) -> list[Cell]:
    if len(frames) > _LONGEST_RUN:
        word = Cell(None, True, f"{len(frames) - 2 * _END_OF_RUN} more")
        return [*_with_holes(frames[:_END_OF_RUN]), word, *_with_holes(frames[-_END_OF_RUN:])]
    return _with_holes(frames)


def _with_holes(frames: Sequence[int]) -> list[Cell]:
    """Frames of a finding, with a word where others lie between two of them."""
    cells = [Cell(frames[0], True)]
    for before, frame in pairwise(frames):
        if frame > before + 1:
            cells.append(Cell(None, False, f"{frame - before - 1} between"))
        cells.append(Cell(frame, True))
    return cells


def with_pictures(strips: Sequence[tuple[Finding, Sequence[Cell]]], most: int) -> tuple[frozenset[int], int]:
    """The frames that get a picture, and how many findings do without because there would be more than ``most``.

    The clearest finding of each kind comes first, then the second of each: with thousands of one kind, the few of
    another are still seen.
    """
    chosen: set[int] = set()
    without = 0
    for cells in _in_turn(strips):
        wanted = {cell.number for cell in cells if cell.number is not None} - chosen
        if len(chosen) + len(wanted) > most:
            without += 1
            continue
        chosen |= wanted
    return frozenset(chosen), without


def _in_turn(strips: Iterable[tuple[Finding, Sequence[Cell]]]) -> Iterable[Sequence[Cell]]:
    kinds: dict[Kind, list[tuple[float, Sequence[Cell]]]] = defaultdict(list)
    for finding, cells in strips:
        kinds[finding.kind].append((finding.score, cells))
    ranked = [sorted(found, key=lambda item: -item[0]) for found in kinds.values()]
    for row in zip_longest(*ranked):
        yield from (item[1] for item in row if item is not None)
