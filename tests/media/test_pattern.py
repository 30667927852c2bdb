"""Sequence names in every notation people paste."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.media import find_files, find_frames, parse_frames, parse_pattern


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    "name",
    ["shot.####.exr", "shot.%04d.exr", "shot.$F4.exr", "shot.@@@@.exr", "shot.[1001-1100].exr", "shot.1001.exr"],
)
def test_every_notation_names_the_same_sequence(tmp_path: Path, name: str) -> None:
    pattern = parse_pattern(tmp_path / name)
    assert pattern is not None
    assert pattern.path(1001) == tmp_path / "shot.1001.exr"
    assert pattern.path(7) == tmp_path / "shot.0007.exr"
    assert pattern.path(12345) == tmp_path / "shot.12345.exr"
    assert pattern.text == str(tmp_path / "shot.####.exr")


def test_one_hash_is_one_digit_as_in_nuke() -> None:
    assert parse_pattern("a.#.exr").path(7) == Path("a.7.exr")
    assert parse_pattern("a.##.exr").path(7) == Path("a.07.exr")


@pytest.mark.parametrize("folder", ["with space", "Ünï-çødé 影", "v2-10.4-5", "a_#1"])
def test_folders_with_spaces_digits_and_letters_of_any_alphabet_work(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    home.mkdir()
    touch(home, "schuß 影.1001.exr", "schuß 影.1002.exr")
    assert find_frames(parse_pattern(home / "schuß 影.####.exr")) == (1001, 1002)
    assert find_frames(parse_pattern(home / "schuß 影.1002.exr")) == (1001, 1002)


def test_digits_and_dashes_in_the_name_are_not_taken_for_ranges() -> None:
    pattern = parse_pattern("/p/x1-2_10-20.####.exr")
    assert (pattern.prefix, pattern.padding, pattern.suffix, pattern.frames) == ("x1-2_10-20.", 4, ".exr", ())


def test_a_range_pasted_by_nuke_is_kept() -> None:
    pattern = parse_pattern("/a b/shot.####.exr 1001-1003")
    assert pattern.frames == (1001, 1002, 1003)
    assert pattern.path(1001) == Path("/a b/shot.1001.exr")


def test_a_range_in_brackets_is_kept() -> None:
    assert parse_pattern("shot.[0998-1002].exr").frames == (998, 999, 1000, 1001, 1002)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3", (3,)),
        ("-3", (-3,)),
        ("1 3 4 8", (1, 3, 4, 8)),
        ("-3-1", (-3, -2, -1, 0, 1)),
        ("-8--5", (-8, -7, -6, -5)),
        ("1-10x3", (1, 4, 7, 10)),
        ("1-2x1 8-9x1, 12", (1, 2, 8, 9, 12)),
    ],
)
def test_ranges_follow_foundrys_table(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_frames(text) == numbers


@pytest.mark.parametrize("text", ["", "abc", "1-", "1-2.0.25x1"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="range"):
        parse_frames(text)


def test_frames_are_ordered_as_numbers_and_wide_ones_match(tmp_path: Path) -> None:
    touch(tmp_path, "s.9999.exr", "s.10000.exr", "s.0002.exr", "s.-003.exr", "s.-0004.exr", "s.100.exr", "s.00005.exr")
    touch(tmp_path, "s.0001.exr.bak", ".s.0001.exr.12.0.tmp", "t.0001.exr", "s.0001_left.exr")
    assert find_frames(parse_pattern(tmp_path / "s.####.exr")) == (-4, -3, 2, 9999, 10000)


def test_unpadded_numbers_are_ordered_as_numbers(tmp_path: Path) -> None:
    touch(tmp_path, "s.2.exr", "s.10.exr", "s.1.exr")
    assert find_frames(parse_pattern(tmp_path / "s.#.exr")) == (1, 2, 10)


def test_a_negative_file_belongs_to_its_sequence_and_a_dash_is_not_a_sign(tmp_path: Path) -> None:
    touch(tmp_path, "s.-002.exr", "s.0001.exr", "t-1001.exr", "t-1002.exr")
    assert find_frames(parse_pattern(tmp_path / "s.0001.exr")) == (-2, 1)
    assert find_frames(parse_pattern(tmp_path / "t-1001.exr")) == (1001, 1002)


@pytest.mark.parametrize("name", ["still.exr", "comp_v002.exr", "plate_4k.exr"])
def test_names_without_a_frame_number_are_no_sequence(name: str) -> None:
    assert parse_pattern(name) is None


def test_a_version_is_no_frame_number_but_the_number_after_it_is() -> None:
    assert parse_pattern("comp_v002.1001.exr").prefix == "comp_v002."


def test_two_marks_are_refused() -> None:
    with pytest.raises(UsageError, match="2 places"):
        parse_pattern("a.####.%04d.exr")


def test_a_folder_that_is_not_there_has_no_frames(tmp_path: Path) -> None:
    assert find_files(parse_pattern(tmp_path / "no" / "a.####.exr")) == {}


@given(number=st.integers(-99999, 99999), padding=st.integers(1, 6))
def test_a_written_number_is_read_back(number: int, padding: int) -> None:
    pattern = parse_pattern(f"s.{'#' * padding}.exr")
    assert pattern.path(number).name == "s.%0*d.exr" % (padding, number)  # noqa: UP031  (printf is the oracle)
    assert pattern.number_in(pattern.path(number).name) == number
