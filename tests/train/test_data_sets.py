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
from vfi_plugin.train.data_sets import any_footage, frame_folders
from vfi_plugin.train.footage import Footage
from vfi_plugin.train.numbering import unbroken
from vfi_plugin.train.published_sets import davis, vimeo_septuplets, vimeo_triplets

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


def names(found: Sequence[Footage], root: Path) -> list[str]:
    return [str(Path(take.name).relative_to(root)) for take in found]


def write_vimeo(root: Path, kind: str = "tri", frames: int = 3) -> Path:
    for number in ("0001", "0002"):
        write_images(root / "sequences" / "00001" / number, [f"im{n + 1}.png" for n in range(frames)], pan(1, frames))
    (root / f"{kind}_trainlist.txt").write_text("00001/0001\n\n")
    (root / f"{kind}_testlist.txt").write_text("00001/0002\n")
    return root


def write_davis(root: Path, year: str, lines: Sequence[str]) -> Path:
    for name in ("bear", "camel"):
        write_images(root / "JPEGImages" / "480p" / name, [f"{n:05}.jpg" for n in range(4)], pan(1, 4))
        write_images(root / "Annotations" / "480p" / name, [f"{n:05}.png" for n in range(4)], pan(2, 4))
    (root / "ImageSets" / year).mkdir(parents=True)
    (root / "ImageSets" / year / "train.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize(("kind", "frames"), [("tri", 3), ("sep", 7)])
def test_of_vimeo_as_it_is_published_the_test_list_is_left_out(tmp_path: Path, kind: str, frames: int) -> None:
    root = write_vimeo(tmp_path / "sets" / "vimeo", kind, frames)
    write_images(tmp_path / "sets" / "other", [f"{n}.png" for n in range(3)], pan(3, 3))
    assert names(any_footage([root], step=2), root) == ["sequences/00001/0001"]
    assert names(any_footage([tmp_path / "sets"]), tmp_path / "sets") == ["other", "vimeo/sequences/00001/0001"]
    assert names(any_footage([root], split="test"), root) == ["sequences/00001/0002"]
    assert [len(take.files) for take in any_footage([root])] == [frames]


@pytest.mark.parametrize(
    ("year", "lines"),
    [
        ("2017", ["bear"]),
        ("480p", [f"/JPEGImages/480p/bear/{n:05}.jpg /Annotations/480p/bear/{n:05}.png" for n in (0, 1)]),
    ],
)
def test_of_davis_as_it_is_published_masks_and_other_lists_are_left_out(
    tmp_path: Path, year: str, lines: list[str]
) -> None:
    root = write_davis(tmp_path, year, lines)
    assert names(any_footage([root]), root) == ["JPEGImages/480p/bear"]
    assert any_footage([root], step=2)[0].step == 2


def test_a_set_without_its_training_list_and_a_part_of_one_are_refused(tmp_path: Path) -> None:
    root = write_vimeo(tmp_path)
    for part in ("sequences", "sequences/00001/0002"):
        with pytest.raises(InputError, match=f"a part of the published set in {tmp_path}"):
            any_footage([root / part])
        assert any_footage([root / part], split="test")
    (root / "tri_trainlist.txt").unlink()
    with pytest.raises(InputError, match="no list of what is for training"):
        any_footage([root])


def test_two_sequences_in_a_folder_are_two_clips(tmp_path: Path) -> None:
    pictures = pan(1, 4)
    write_images(
        tmp_path / "clips",
        [
            *(f"a1_{n}.png" for n in range(8, 12)),
            *(f"a2_{n}.png" for n in range(4)),
            *(f"b.{n:04}.jpg" for n in range(4)),
        ],
        pictures * 3,
    )
    found = any_footage([tmp_path])
    assert [[file.name for file in take.files][::3] for take in found] == [
        ["a1_8.png", "a1_11.png"], ["a2_0.png", "a2_3.png"], ["b.0000.jpg", "b.0003.jpg"]
    ]  # fmt: skip


def test_pictures_without_numbers_are_no_clip(tmp_path: Path) -> None:
    write_images(tmp_path / "stills", ["a.png", "b.png", "c.png"], pan(1, 3))
    with pytest.raises(InputError, match="neither movies nor sequences"):
        any_footage([tmp_path])


@pytest.mark.parametrize("listed", [True, False], ids=["folder", "pattern"])
def test_no_window_crosses_a_hole_in_the_numbers(tmp_path: Path, listed: bool) -> None:
    numbers = [1, 2, 3, 4, 9, 10, 11, 12, 13]
    pictures = pan(1, 14)
    folder = write_images(tmp_path / "clip", [f"f.{n:04}.png" for n in numbers], [pictures[n] for n in numbers])
    (take,) = any_footage([folder if listed else folder / "f.####.png"])
    bank = CropBank.of([take], BankRecipe(side=48, frames=3, windows=200, still_share=1.0))
    assert set(bank.origins[:, 1]) == {0, 1, 4, 5, 6}


def test_every_second_number_is_even_in_time() -> None:
    assert unbroken([2, 4, 6, 8]) == [(2, 4, 6, 8)]
    assert unbroken([1, 2, 3, 7, 8]) == [(1, 2, 3), (7, 8)]
    assert unbroken([5]) == [(5,)]
