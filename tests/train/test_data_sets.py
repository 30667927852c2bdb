"""Training sets as they lie on a disk: which frames belong together, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from vfi_plugin.errors import InputError, MismatchedFramesError
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.data_sets import any_footage, davis, frame_folders, vimeo_septuplets, vimeo_triplets

Picture = npt.NDArray[np.uint8]


def pan(seed: int, length: int) -> list[Picture]:
    """Frames (96, 160, 3) of blocks that pass by at 4 px a frame."""
    blocks = np.random.default_rng(seed).integers(30, 220, (24, 60, 3), np.uint8)
    surface = blocks.repeat(4, 0).repeat(4, 1)
    return [surface[:, 4 * number : 4 * number + 160] for number in range(length)]


def write_images(folder: Path, names: Sequence[str], pictures: Sequence[Picture]) -> Path:
    import cv2

    folder.mkdir(parents=True)
    for name, picture in zip(names, pictures, strict=True):
        cv2.imwrite(str(folder / name), picture[..., ::-1])
    return folder


def test_vimeos_lists_name_folders_of_frames(tmp_path: Path) -> None:
    for count, make, names in ((3, vimeo_triplets, "tri"), (7, vimeo_septuplets, "sep")):
        root = tmp_path / names
        pictures = pan(count, count)
        write_images(root / "sequences" / "00001" / "0389", [f"im{n}.png" for n in range(1, count + 1)], pictures)
        (root / f"{names}_trainlist.txt").write_text("00001/0389\n\n")
        (take,) = make(root)
        bank = CropBank.of([take], BankRecipe(side=96, frames=count, windows=1, still_share=1.0))
        _, _, left, top = bank.origins[0]
        true = np.stack(pictures)[:, top : top + 96, left : left + 96].transpose(0, 3, 1, 2)
        assert np.array_equal(bank.crops[0], true)
    with pytest.raises(InputError, match="tri_trainlist"):
        vimeo_triplets(tmp_path)


def test_folders_of_numbered_frames_are_takes_in_the_order_of_numbers(tmp_path: Path) -> None:
    pictures = pan(1, 11)
    folder = write_images(tmp_path / "a" / "clip", [f"{n}.png" for n in range(11)], pictures)
    write_images(tmp_path / "b", ["still.png"], pictures[:1])
    (take,) = frame_folders(tmp_path, step=5)
    assert [path.name for path in take.files] == [f"{n}.png" for n in range(11)]
    bank = CropBank.of([take], BankRecipe(side=96, frames=3, windows=1, still_share=1.0))
    left = bank.origins[0, 2]
    assert np.array_equal(bank.crops[0, 2], pictures[10][:, left : left + 96].transpose(2, 0, 1))
    assert [found.name for found in any_footage([tmp_path])] == [str(folder)]
    with pytest.raises(InputError, match="no folder with"):
        frame_folders(tmp_path / "b")


def test_davis_is_read_by_its_lists(tmp_path: Path) -> None:
    write_images(tmp_path / "JPEGImages" / "480p" / "bear", [f"{n:05}.jpg" for n in range(4)], pan(1, 4))
    (tmp_path / "ImageSets" / "2017").mkdir(parents=True)
    (tmp_path / "ImageSets" / "2017" / "train.txt").write_text("bear\n")
    (take,) = davis(tmp_path)
    assert len(take.files) == 4
    with pytest.raises(InputError, match="val"):
        davis(tmp_path, "val")


def test_frames_that_differ_in_size_are_told(tmp_path: Path) -> None:
    pictures = pan(1, 4)
    write_images(tmp_path / "clip", [f"{n}.png" for n in range(4)], [*pictures[:3], pictures[3][:80]])
    with pytest.raises(MismatchedFramesError, match="frame 3"):
        CropBank.of(frame_folders(tmp_path), BankRecipe(side=48, frames=3, windows=4))
