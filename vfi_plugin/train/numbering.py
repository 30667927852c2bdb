"""Which image files of a folder are one sequence, in which order, and where it has holes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path


def sequences(files: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Files of one folder apart by sequence, each in the order of its numbers; names without a number are in none.

    Files belong together whose names differ in their frame's number alone, which is the last of the numbers in a name
    that is not the same in all names of that form: ``take1_0007.png``, ``take2_0007.png`` are of two takes.
    """
    forms: dict[tuple[str, ...], list[tuple[tuple[int, ...], Path]]] = defaultdict(list)
    for file in files:
        texts, numbers = _apart(file.name)
        if numbers:
            forms[texts].append((numbers, file))
    found: dict[object, list[tuple[int, Path]]] = defaultdict(list)
    for texts, named in forms.items():
        at = _place_of_frame([numbers for numbers, _ in named])
        for numbers, file in named:
            found[texts, numbers[:at], numbers[at + 1 :]].append((numbers[at], file))
    return sorted((tuple(file for _, file in sorted(members)) for members in found.values()), key=_by_first)


def frame_numbers(files: Sequence[Path]) -> tuple[int, ...]:
    """The frames' numbers in the names of a sequence's files; 0, 1, 2 and so on where names do not tell."""
    apart = [_apart(file.name) for file in files]
    numbers = [found for _, found in apart]
    if len({texts for texts, _ in apart}) == 1 and numbers[0]:
        at = _place_of_frame(numbers)
        told = tuple(found[at] for found in numbers)
        if len(set(told)) == len(files):
            return told
    return tuple(range(len(files)))


def unbroken(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Ascending numbers, cut wherever the way to the next is not the usual one: 1 2 3 7 8 is 1 2 3 and 7 8.

    The usual one need not be 1: a sequence of every second frame is even in time.
    """
    ways = Counter(later - earlier for earlier, later in pairwise(numbers))
    usual = min(ways, key=lambda way: (-ways[way], way), default=1)
    parts: list[list[int]] = [list(numbers[:1])]
    for earlier, later in pairwise(numbers):
        if later - earlier == usual:
            parts[-1].append(later)
        else:
            parts.append([later])
    return [tuple(part) for part in parts]


def by_number(path: Path) -> list[tuple[int, str]]:
    """A key to sort paths by, numbers in them by their value: 9.png before 10.png."""
    pieces = re.split(r"(\d+)", str(path))
    return [(int(piece), "") if at % 2 else (0, piece) for at, piece in enumerate(pieces)]


def _by_first(files: tuple[Path, ...]) -> list[tuple[int, str]]:
    return by_number(files[0])


def _apart(name: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What stands between the numbers of a name, and the numbers; those of the suffix are text."""
    stem, dot, suffix = name.rpartition(".")
    pieces = re.split(r"(\d+)", stem)
    return (*pieces[::2], dot + suffix), tuple(int(piece) for piece in pieces[1::2])


def _place_of_frame(numbers: Sequence[tuple[int, ...]]) -> int:
    """Which of the numbers in names of one form counts the frames; the last where there is but one name."""
    varied = [at for at, column in enumerate(zip(*numbers, strict=True)) if len(set(column)) > 1]
    return varied[-1] if varied else len(numbers[0]) - 1
