"""Sets of single triplets: one folder each, with two frames and the true middle."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.evaluate.item import Between, Entries, Found, Group, Item
from vfi_plugin.evaluate.layouts.folder import folder_of, subfolders
from vfi_plugin.evaluate.picture import Picture, PictureFile, required

MIDDLE = Fraction(1, 2)

MIDDLEBURY_OTHER = frozenset({
    "Beanbags", "DogDance", "MiniCooper", "Walking", "Grove2", "Grove3", "Urban2", "Urban3", "Dimetrodon", "Hydrangea",
    "RubberWhale", "Venus",
})  # fmt: skip
"""The sequences whose middle frame is public; figures in papers are means over these twelve."""

UCF101_STEP = 10
"""The 379 are every tenth of 3,783 test videos: 1, 11, 21..."""


def _one_group(items: Iterable[Item]) -> tuple[Group, ...]:
    kept = tuple(items)

    def entries() -> Entries:
        yield from kept

    return (Group("", entries),)


def middlebury_other(source: str | Path, _: int) -> Found:
    """As published (``other-data/Venus/frame10.png``, ``other-gt-interp/Venus/frame10i11.png``) or one folder each.

    Raises:
        InputError: neither of the two, or a frame is missing.
    """
    folder = folder_of(source)
    data, truth = folder / "other-data", folder / "other-gt-interp"
    if not (data.is_dir() and truth.is_dir()):
        data = truth = folder
    names = [path.name for path in subfolders(truth) if (path / "frame10i11.png").is_file()]
    if not names:
        raise InputError(
            f"{folder} is not laid out as Middlebury's other set; looked for other-data/*/frame10.png with"
            " other-gt-interp/*/frame10i11.png, and for */frame10i11.png"
        )
    foreign = sorted(set(names) - MIDDLEBURY_OTHER)
    notes = (f"not of the published twelve: {', '.join(foreign)}",) if foreign else ()
    return Found(_one_group(_middlebury_item(data / name, truth / name) for name in names), notes)


def _middlebury_item(data: Path, truth: Path) -> Item:
    before = required(data / "frame10.png", "the frame before")
    after = required(data / "frame11.png", "the frame after")
    return Item(data.name, "", before, after, (Between(MIDDLE, PictureFile(truth / "frame10i11.png")),))


def ucf101(source: str | Path, _: int) -> Found:
    """Folders 1, 11, 21... with frame_00.png, frame_01_gt.png, frame_02.png; masks are not looked at.

    Raises:
        InputError: there are no such folders, or a frame is missing.
    """
    return _ucf101(folder_of(source), masked=False)


def ucf101_dvf(source: str | Path, _: int) -> Found:
    """As ``ucf101``, with motion_mask.png beside the frames or in a folder of masks: ``*/1/motion_mask.png``.

    Raises:
        InputError: as ``ucf101``, or a mask is missing.
    """
    return _ucf101(folder_of(source), masked=True)


def _ucf101(folder: Path, masked: bool) -> Found:
    roots = [folder, *subfolders(folder)]
    root = next((path for path in roots if (path / "1" / "frame_01_gt.png").is_file()), None)
    if root is None:
        raise InputError(
            f"{folder} is not laid out as UCF101's triplets; looked for 1/frame_01_gt.png in it and in its folders"
        )
    numbered = [path for path in subfolders(root) if path.name.isdecimal()]
    taken = sorted((path for path in numbered if int(path.name) % UCF101_STEP == 1), key=lambda path: int(path.name))
    others = len(numbered) - len(taken)
    notes = (f"{others} folders are passed over: the set is every tenth, 1, 11, 21...",) if others else ()
    return Found(_one_group(_ucf101_item(path, roots if masked else ()) for path in taken), notes)


def _ucf101_item(path: Path, mask_roots: Iterable[Path]) -> Item:
    before, truth, after = (
        required(path / name, f"{what} of triplet {path.name}")
        for name, what in (
            ("frame_00.png", "the frame before"),
            ("frame_01_gt.png", "the true frame"),
            ("frame_02.png", "the frame after"),
        )
    )
    return Item(path.name, "", before, after, (Between(MIDDLE, truth),), _mask(path.name, tuple(mask_roots)))


def _mask(name: str, roots: tuple[Path, ...]) -> Picture | None:
    if not roots:
        return None
    places = [root / name / "motion_mask.png" for root in roots]
    found = next((place for place in places if place.is_file()), None)
    return PictureFile(found) if found else required(places[0], "the motion mask; or take ucf101-379, without masks")
