"""Footage as it lies on a disk: any files and folders, and the training sets that papers use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.train.footage import Footage

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".exr", ".bmp", ".webp", ".ppm"})
"""What is taken for a frame when a folder is searched."""

_LEAST_FRAMES = 3
"""A folder with fewer images is no clip: a pair has no truth between."""


def any_footage(paths: Iterable[str | Path], step: int = 1) -> list[Footage]:
    """Movies and sequences, each as ``media.open_clip`` understands it, and all that lies in folders among them.

    Folders are searched to any depth: each movie is footage, and so is each folder with 3 images or more, in the order
    of the numbers in their names.

    Raises:
        InputError: a folder without any.
    """
    from vfi_plugin.media.open_clip import MOVIE_SUFFIXES

    found: list[Footage] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(Footage(str(path), str(path), step=step))
            continue
        movies = [file for file in _sorted(path.rglob("*")) if file.suffix.lower() in MOVIE_SUFFIXES]
        clips = [Footage(str(file), str(file), step=step) for file in movies]
        clips += list(_folders_of_frames(path, step, one_shot=False))
        if not clips:
            raise InputError(f"{path} holds neither movies nor folders with {_LEAST_FRAMES} images; name another")
        found += clips
    return found


def vimeo_triplets(root: str | Path, names: str = "tri_trainlist.txt") -> list[Footage]:
    """Vimeo-90K's triplets (Xue et al., IJCV 2019): ``sequences/00001/0001/im1.png`` to ``im3.png``, 448 x 256.

    Args:
        root: the folder that holds the list and ``sequences``.
        names: the list; each line names a folder of ``sequences``.

    Raises:
        InputError: the list is not there, or names nothing.
    """
    return _vimeo(Path(root), names, 3)


def vimeo_septuplets(root: str | Path, names: str = "sep_trainlist.txt") -> list[Footage]:
    """Vimeo-90K's septuplets, as the triplets, with ``im1.png`` to ``im7.png``. Raises as ``vimeo_triplets``."""
    return _vimeo(Path(root), names, 7)


def frame_folders(root: str | Path, step: int = 1) -> list[Footage]:
    """Every folder below with 3 images or more, one take each: Adobe-240, X4K1000FPS (XVFI) and GoPro once extracted.

    Args:
        root: searched to any depth.
        step: every ``step``-th frame is used: 8 for Adobe-240 at 30 frames a second, 32 for the usual pairs of
            X4K1000FPS.

    Raises:
        InputError: there is no such folder.
    """
    found = list(_folders_of_frames(Path(root), step, one_shot=True))
    if not found:
        raise InputError(f"{root} has no folder with {_LEAST_FRAMES} images; name the one that the set lies in")
    return found


def davis(root: str | Path, split: str = "train", size: str = "480p") -> list[Footage]:
    """DAVIS 2017 (Pont-Tuset et al., arXiv 1704.00675): the sequences of a list, ``JPEGImages/480p/bear/00000.jpg``.

    Args:
        root: the folder that holds ``ImageSets`` and ``JPEGImages``.
        split: "train", "val" or "trainval": a list in ``ImageSets/2017``.
        size: "480p" or "Full-Resolution".

    Raises:
        InputError: the list or a sequence is not there.
    """
    folders = [Path(root, "JPEGImages", size, name) for name in _lines(Path(root, "ImageSets", "2017", f"{split}.txt"))]
    return [Footage(str(folder), files=_images_in(folder), one_shot=True) for folder in folders]


def _vimeo(root: Path, names: str, frames: int) -> list[Footage]:
    # No file is looked for here: there are 300,000 of them, and who reads one that is missing says so.
    folders = [root / "sequences" / name for name in _lines(root / names)]
    return [
        Footage(str(folder), files=tuple(folder / f"im{n}.png" for n in range(1, frames + 1)), one_shot=True)
        for folder in folders
    ]


def _lines(path: Path) -> list[str]:
    """The lines of a list; published ones end in a blank one."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; name the folder that holds it") from None
    if not any(lines):
        raise InputError(f"{path} names nothing; give the list that belongs to the set")
    return [line for line in lines if line]


def _folders_of_frames(root: Path, step: int, *, one_shot: bool) -> Iterator[Footage]:
    if not root.is_dir():
        raise InputError(f"there is no folder {root}; name the one that the set lies in")
    for folder in _sorted([root, *(path for path in root.rglob("*") if path.is_dir())]):
        files = tuple(_sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES))
        if len(files) >= _LEAST_FRAMES:
            yield Footage(str(folder), files=files, step=step, one_shot=one_shot)


def _images_in(folder: Path) -> tuple[Path, ...]:
    found = next((take.files for take in _folders_of_frames(folder, 1, one_shot=True)), ())
    if not found:
        raise InputError(f"{folder} has fewer than {_LEAST_FRAMES} images; fetch the set again")
    return found


def _sorted(paths: Iterable[Path]) -> list[Path]:
    """By name, numbers in it by their value: 9.png before 10.png."""
    return sorted(paths, key=_by_number)


def _by_number(path: Path) -> list[tuple[int, str]]:
    pieces = re.split(r"(\d+)", str(path))
    return [(int(piece), "") if at % 2 else (0, piece) for at, piece in enumerate(pieces)]
