"""Vimeo-90K: triplets and septuplets, by their lists of test sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.evaluate.item import Entries, Found, Group
from vfi_plugin.evaluate.layouts.folder import folder_of, lines_of
from vfi_plugin.evaluate.layouts.spacing import Numbered, Spacing, spaced_items
from vfi_plugin.evaluate.picture import required


def triplets(source: str | Path, _: int) -> Found:
    """``tri_testlist.txt`` and ``sequences/00001/0001/im1.png`` to ``im3.png``: im2 is true at 1/2.

    Raises:
        InputError: the list is missing or empty, or a frame is missing.
    """
    return _listed(folder_of(source), "tri_testlist.txt", 3, Spacing(2))


def septuplets(source: str | Path, factor: int) -> Found:
    """``sep_testlist.txt`` and ``im1.png`` to ``im7.png``; factor 6 takes im1 and im7, 3 and 2 every third and second.

    Raises:
        InputError: as ``triplets``.
    """
    return _listed(folder_of(source), "sep_testlist.txt", 7, Spacing(factor))


def _listed(folder: Path, list_name: str, length: int, spacing: Spacing) -> Found:
    listing = folder / list_name
    if not listing.is_file():
        raise InputError(f"{folder} is not laid out as Vimeo-90K; looked for {list_name} and the folder sequences")
    by_folder: dict[str, list[str]] = {}
    for name in lines_of(listing):
        by_folder.setdefault(name.partition("/")[0], []).append(name)
    groups = [Group(key, _entries(folder / "sequences", kept, length, spacing)) for key, kept in by_folder.items()]
    return Found(tuple(groups))


def _entries(sequences: Path, names: Sequence[str], length: int, spacing: Spacing) -> Callable[[], Entries]:
    def entries() -> Entries:
        for name in names:
            frames = [
                Numbered(number, required(sequences / name / f"im{number}.png", f"frame {number} of {length}"))
                for number in range(1, length + 1)
            ]
            yield from spaced_items(name, name.partition("/")[0], frames, spacing)

    return entries
