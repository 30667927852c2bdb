"""Sets that are folders of numbered frames: DAVIS, Adobe240, X4K1000FPS. Each folder is one take, without cuts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from vfi_plugin.errors import InputError, MissingFramesError
from vfi_plugin.evaluate.item import Entries, Found, Group
from vfi_plugin.evaluate.layouts.folder import folder_of, lines_of, numbered_files, subfolders
from vfi_plugin.evaluate.layouts.spacing import Numbered, Spacing, spaced_items
from vfi_plugin.evaluate.picture import PictureFile

X4K_REACH = 32
"""A test clip of X4K1000FPS has 33 frames: the first and the last are shown, every fourth between them is true."""


def davis(source: str | Path, factor: int) -> Found:
    """``JPEGImages/480p/<sequence>/00000.jpg``...; the sequences of ``ImageSets/2017/val.txt`` where that is there.

    Raises:
        InputError: no such folders, a sequence of the list is missing, or it has holes.
    """
    folder = folder_of(source)
    pictures, listing = folder / "JPEGImages" / "480p", folder / "ImageSets" / "2017" / "val.txt"
    if not pictures.is_dir():
        raise InputError(f"{folder} is not laid out as DAVIS; looked for JPEGImages/480p/<sequence>/00000.jpg")
    if not listing.is_file():
        note = "there is no ImageSets/2017/val.txt, so every sequence of JPEGImages/480p is taken"
        return _found(pictures, subfolders(pictures), Spacing(factor), (note,))
    names = lines_of(listing)
    missing = [name for name in names if not (pictures / name).is_dir()]
    if missing:
        raise InputError(f"{listing} names {missing[0]}, which is not in {pictures} ({len(missing)} such)")
    return _found(pictures, [pictures / name for name in names], Spacing(factor))


def adobe240(source: str | Path, factor: int) -> Found:
    """Folders of numbered frames, directly in the folder or one deeper.

    Raises:
        InputError: there are none with enough frames, or one has holes.
    """
    folder = folder_of(source)
    return _found(folder, _with_frames(folder), Spacing(factor))


def x4k(source: str | Path, factor: int) -> Found:
    """``Type1/TEST01.../0000.png`` to ``0032.png``: frames 0 and 32, the truth at every 32 / factor between them.

    Raises:
        InputError: as ``adobe240``.
    """
    folder = folder_of(source)
    return _found(folder, _with_frames(folder), Spacing(factor, X4K_REACH // factor))


def _with_frames(folder: Path) -> list[Path]:
    candidates = [folder, *subfolders(folder), *(deeper for path in subfolders(folder) for deeper in subfolders(path))]
    return sorted(path for path in candidates if numbered_files(path))


def _found(root: Path, folders: Sequence[Path], spacing: Spacing, notes: tuple[str, ...] = ()) -> Found:
    rows = {path.relative_to(root.parent if path == root else root).as_posix(): _row(path) for path in folders}
    long_enough = {name: row for name, row in rows.items() if len(row) > spacing.reach}
    if not long_enough:
        raise InputError(
            f"{root} holds no folder with {spacing.reach + 1} numbered frames or more"
            f" ({len(rows)} with fewer); looked for names such as <clip>/0001.png"
        )
    short = [name for name in rows if name not in long_enough]
    if short:
        notes = (*notes, f"too few frames for an item: {', '.join(short)}")
    return Found(tuple(Group(name, _entries(name, row, spacing)) for name, row in long_enough.items()), notes)


def _row(folder: Path) -> list[Numbered]:
    sequences = numbered_files(folder)
    if len(sequences) != 1:
        raise InputError(f"{folder} holds {len(sequences)} sequences ({', '.join(sequences) or 'none'}); needed one")
    (files,) = sequences.values()
    holes = sorted(set(range(min(files), max(files) + 1)) - set(files))
    if holes:
        raise MissingFramesError(
            f"{folder} lacks frame {holes[0]} ({len(holes)} in all); true frames must be evenly spaced", tuple(holes)
        )
    return [Numbered(number, PictureFile(path)) for number, path in files.items()]


def _entries(name: str, row: Sequence[Numbered], spacing: Spacing) -> Callable[[], Entries]:
    def entries() -> Entries:
        yield from spaced_items(name, name, row, spacing)

    return entries
