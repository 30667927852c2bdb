"""Sets that papers train on, told by the lists that lie beside their frames, and read by these lists alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from vfi_plugin.errors import InputError
from vfi_plugin.train.footage import Footage
from vfi_plugin.train.numbering import sequences

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".exr", ".bmp", ".webp", ".ppm"})
"""What is taken for a frame when a folder is searched."""

LEAST_FRAMES = 3
"""A folder with fewer images is no clip: a pair has no truth between."""

Split = Literal["train", "test"]

_VIMEO = {"sep": 7, "tri": 3}
"""What lists of Vimeo-90K begin with, and frames of what they name."""

_DAVIS_LISTS: dict[Split, str] = {"train": "train", "test": "val"}
_DAVIS_SIZES = ("480p", "Full-Resolution", "1080p")

_ABOVE = 3
"""Folders of a set lie at most so deep: ``JPEGImages/480p/bear``."""


def is_published(folder: Path) -> bool:
    """Whether a folder is laid out as Vimeo-90K or DAVIS, so that lists say which frames are for tests."""
    vimeo = any((folder / f"{kind}_{split}list.txt").is_file() for kind in _VIMEO for split in ("train", "test"))
    return vimeo or ((folder / "ImageSets").is_dir() and (folder / "JPEGImages").is_dir())


def published(folder: Path, split: Split, step: int = 1) -> list[Footage]:
    """What the lists of such a folder name for training, or for tests (DAVIS: for validation).

    Args:
        folder: see ``is_published``.
        split: which lists.
        step: every ``step``-th frame is used; of DAVIS alone, as the others are cut to length.

    Raises:
        InputError: there is no such list; without one, frames for tests could not be told from others.
    """
    for kind, frames in _VIMEO.items():
        names = f"{kind}_{split}list.txt"
        if (folder / names).is_file():
            return _vimeo(folder, names, frames)
    lists = [path.parent.name for path in sorted(folder.glob(f"ImageSets/*/{_DAVIS_LISTS[split]}.txt"))]
    if lists:
        size = next((size for size in _DAVIS_SIZES if (folder / "JPEGImages" / size).is_dir()), _DAVIS_SIZES[0])
        return davis(folder, _DAVIS_LISTS[split], size, year=lists[0], step=step)
    raise InputError(
        f"{folder} is laid out as a published set, but has no list of what is for {split}ing (tri_{split}list.txt,"
        f" sep_{split}list.txt or ImageSets/2017/{_DAVIS_LISTS[split]}.txt); fetch the list that belongs to it"
    )


def check_whole(path: Path) -> None:
    """Refuses a part of a published set, where nothing tells frames for tests from others.

    Raises:
        InputError: ``path`` lies in such a set.
    """
    for above in path.resolve().parents[:_ABOVE]:
        if is_published(above):
            raise InputError(
                f"{path} is a part of the published set in {above}, and may hold frames that are for tests; name"
                f" {above}, of which what its lists name for training is taken"
            )


def vimeo_triplets(root: str | Path, names: str = "tri_trainlist.txt") -> list[Footage]:
    """Vimeo-90K's triplets (Xue et al., IJCV 2019): ``sequences/00001/0001/im1.png`` to ``im3.png``, 448 x 256.

    Args:
        root: the folder that holds the list and ``sequences``.
        names: the list; each line names a folder of ``sequences``.

    Raises:
        InputError: the list is not there, or names nothing.
    """
    return _vimeo(Path(root), names, _VIMEO["tri"])


def vimeo_septuplets(root: str | Path, names: str = "sep_trainlist.txt") -> list[Footage]:
    """Vimeo-90K's septuplets, as the triplets, with ``im1.png`` to ``im7.png``. Raises as ``vimeo_triplets``."""
    return _vimeo(Path(root), names, _VIMEO["sep"])


def davis(
    root: str | Path, split: str = "train", size: str = "480p", *, year: str = "2017", step: int = 1
) -> list[Footage]:
    """DAVIS 2017 (Pont-Tuset et al., arXiv 1704.00675): the sequences of a list, ``JPEGImages/480p/bear/00000.jpg``.

    Args:
        root: the folder that holds ``ImageSets`` and ``JPEGImages``.
        split: "train", "val" or "trainval": a list in ``ImageSets/2017``.
        size: "480p" or "Full-Resolution".
        year: the folder of the list; that of DAVIS 2016 is "480p", and its list has a line for each frame.
        step: every ``step``-th frame is used.

    Raises:
        InputError: the list or a sequence is not there.
    """
    lines = _lines(Path(root, "ImageSets", year, f"{split}.txt"))
    folders = [Path(root, "JPEGImages", size, name) for name in dict.fromkeys(map(_sequence, lines))]
    return [Footage(str(folder), files=_images_in(folder), step=step, one_shot=True) for folder in folders]


def _sequence(line: str) -> str:
    """The sequence that a line names, as ``bear`` or by a frame, ``/JPEGImages/480p/bear/00000.jpg`` and its mask."""
    frame = Path(line.split()[0])
    return frame.parent.name if frame.suffix else frame.name


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


def _images_in(folder: Path) -> tuple[Path, ...]:
    files: Sequence[Path] = []
    if folder.is_dir():
        files = [file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES]
    found = max(sequences(files), key=len, default=())
    if len(found) < LEAST_FRAMES:
        raise InputError(f"{folder} has fewer than {LEAST_FRAMES} images; fetch the set again")
    return found
