from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from material import write_exr
from tiny_sets import picture, write_frames, write_picture

from vfi_plugin.errors import InputError, MismatchedFramesError
from vfi_plugin.evaluate.item import Chosen, choose
from vfi_plugin.evaluate.layouts.clips import clips
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.movie_writer import MovieWriter, ffv1


def _find(source: str | Path, factor: int = 2, limit: int | None = None) -> Chosen:
    return choose(clips(source, factor).groups, limit)


def _write_movie(path: Path, count: int) -> None:
    window = Window(0, 0, 64, 48)
    with MovieWriter(path, Fraction(24), 64, 48, ffv1(8)) as movie:
        for number in range(count):
            planes = dict(zip("RGB", np.moveaxis(picture(number).astype(np.float32) / 255, 2, 0), strict=True))
            movie.write(Frame((Part(planes, window, window),), number))


def test_every_second_frame_is_dropped_and_becomes_the_truth(tmp_path: Path) -> None:
    write_frames(tmp_path, range(1, 7))
    items = _find(tmp_path / "####.png").items
    assert [item.name for item in items] == ["####.png 1-3", "####.png 3-5"]
    loaded = items[1].load()
    assert np.array_equal(loaded.before, picture(3))
    assert np.array_equal(loaded.truths[0], picture(4))
    assert np.array_equal(loaded.after, picture(5))


def test_a_factor_of_four_leaves_three_true_frames_a_pair(tmp_path: Path) -> None:
    write_frames(tmp_path, range(9))
    items = _find(tmp_path / "0000.png", 4).items
    assert [between.t for between in items[0].between] == [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]
    assert np.array_equal(items[1].load().truths[2], picture(7))


def test_a_folder_holds_movies_sequences_and_folders_of_sequences(tmp_path: Path) -> None:
    _write_movie(tmp_path / "take.mkv", 4)
    write_frames(tmp_path, range(3), name="plate.{:04d}.png")
    write_frames(tmp_path / "deeper", range(3), name="{}.png")
    (tmp_path / "notes.txt").write_text("not a clip")
    items = _find(tmp_path).items
    assert [item.group for item in items] == ["deeper/#.png", "plate.#.png", "take.mkv"]
    assert np.array_equal(items[2].load().truths[0], picture(1))


def test_no_item_crosses_a_cut_and_the_next_shot_begins_anew(tmp_path: Path) -> None:
    write_frames(tmp_path, range(1, 11))
    write_frames(tmp_path, range(11, 21), look=3)
    found = _find(tmp_path / "####.png")
    numbers = [item.name.split()[1] for item in found.items]
    assert numbers == ["1-3", "3-5", "5-7", "7-9", "11-13", "13-15", "15-17", "17-19"]
    assert [(entry.name.split()[1], entry.reason) for entry in found.left_out] == [
        ("9-10", "frame 11 begins another shot")
    ]


def test_frames_beside_a_pair_are_the_next_ones_that_are_shown_of_its_shot(tmp_path: Path) -> None:
    write_frames(tmp_path, range(1, 9))
    write_frames(tmp_path, range(9, 14), look=3)
    items = {item.name.split()[1]: item for item in _find(tmp_path / "####.png").items}
    loaded = items["3-5"].load()
    assert loaded.beside is not None
    assert np.array_equal(loaded.beside[0], picture(1))
    assert np.array_equal(loaded.beside[1], picture(7))
    # At the clip's beginning, before a rest of the shot that is no pair, and on both sides of the cut.
    assert [name for name, item in items.items() if item.beside is None] == ["1-3", "5-7", "9-11", "11-13"]


def test_no_item_crosses_a_hole_in_the_numbering(tmp_path: Path) -> None:
    write_frames(tmp_path, [1, 2, 3, 4, 6, 7, 8])
    found = _find(tmp_path / "####.png")
    assert [item.name.split()[1] for item in found.items] == ["1-3", "6-8"]
    assert [entry.reason for entry in found.left_out] == ["frame 5 is missing"]


def test_an_item_with_a_repeated_frame_is_left_out_and_listed(tmp_path: Path) -> None:
    write_frames(tmp_path, range(1, 8))
    write_picture(tmp_path / "0005.png", picture(4))
    found = _find(tmp_path / "####.png")
    assert [item.name.split()[1] for item in found.items] == ["1-3", "5-7"]
    assert [entry.reason for entry in found.left_out] == ["frame 5 is frame 4 again, bit for bit"]


def test_a_limited_listing_is_the_beginning_of_the_whole(tmp_path: Path) -> None:
    write_frames(tmp_path, range(30))
    whole = _find(tmp_path / "####.png").items
    assert [item.name for item in _find(tmp_path / "####.png", limit=3).items] == [item.name for item in whole[:3]]


def test_scene_linear_pictures_are_refused(tmp_path: Path) -> None:
    for number in range(3):
        planes = {name: np.full((48, 64), 0.5, np.float16) for name in "RGB"}
        write_exr(tmp_path / f"plate.{number:04d}.exr", planes)
    with pytest.raises(InputError, match="scene-linear"):
        _find(tmp_path)


def test_a_clip_whose_frames_change_size_is_an_error(tmp_path: Path) -> None:
    write_frames(tmp_path, range(3))
    write_picture(tmp_path / "0002.png", picture(2)[:30])
    with pytest.raises(MismatchedFramesError, match=r"frame 2 .* has 64x30 pixels"):
        _find(tmp_path)


@pytest.mark.parametrize("name", ["", "nothing.mp4", "nothing.####.png"])
def test_no_clips_are_told_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        _find(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_two_files_of_one_number_are_an_error(tmp_path: Path) -> None:
    write_frames(tmp_path, [1, 2, 3], name="{}.png")
    write_frames(tmp_path, [1], name="{:02d}.png")
    with pytest.raises(InputError, match="both frame 1"):
        _find(tmp_path)
