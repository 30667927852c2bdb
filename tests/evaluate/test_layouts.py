"""Every layout is written as published, small, and then found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tiny_sets import (
    picture,
    write_frames,
    write_mask,
    write_middlebury,
    write_picture,
    write_ucf101,
    write_vimeo,
)

from vfi_plugin.errors import InputError, MismatchedFramesError, MissingFramesError, UsageError
from vfi_plugin.evaluate.item import Chosen, Item, choose
from vfi_plugin.evaluate.protocol import PROTOCOLS, protocol_named

HALF = Fraction(1, 2)


def _find(name: str, folder: Path, factor: int | None = None, limit: int | None = None) -> Chosen:
    protocol = PROTOCOLS[name]
    return choose(protocol.find(folder, protocol.factor(factor)).groups, limit)


def _notes(name: str, folder: Path) -> str:
    return "; ".join(PROTOCOLS[name].find(folder, PROTOCOLS[name].factor(None)).notes)


def _shows(item: Item, positions: tuple[float, float, float], look: int = 0) -> bool:
    """Whether an item of one true frame has the texture at these positions: before, between, after."""
    loaded = item.load()
    pictures = loaded.before, loaded.truths[0], loaded.after
    return all(np.array_equal(found, picture(at, look)) for found, at in zip(pictures, positions, strict=True))


@pytest.mark.parametrize("flat", [False, True], ids=["as published", "one folder each"])
def test_middlebury_is_found_in_both_layouts(flat: bool, tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Beanbags", "Venus"], flat=flat)
    items = _find("middlebury-other", tmp_path).items
    assert [item.name for item in items] == ["Beanbags", "Venus"]
    assert all(_shows(item, (0, 0.5, 1), look) for look, item in enumerate(items))
    assert [between.t for between in items[0].between] == [HALF]


def test_a_sequence_that_is_not_of_the_twelve_is_told(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus", "Holiday"])
    assert _notes("middlebury-other", tmp_path) == "not of the published twelve: Holiday"


def test_the_triplets_of_ucf101_come_in_order_of_their_numbers_and_only_every_tenth(tmp_path: Path) -> None:
    write_ucf101(tmp_path / "ucf101_interp_ours", [1, 101, 11, 12])
    items = _find("ucf101-379", tmp_path).items
    assert [item.name for item in items] == ["1", "11", "101"]
    assert _shows(items[1], (0, 0.5, 1), 11)
    assert items[0].mask is None
    assert "1 folders are passed over" in _notes("ucf101-379", tmp_path)


def test_masks_are_found_beside_the_frames_or_in_a_folder_of_their_own(tmp_path: Path) -> None:
    write_ucf101(tmp_path / "ucf101_interp_ours", [1, 11])
    write_mask(tmp_path / "ucf101_interp_ours" / "1" / "motion_mask.png", slice(3, 5))
    write_mask(tmp_path / "masks" / "11" / "motion_mask.png", slice(7, 8))
    masks = [item.load().mask for item in _find("ucf101-379-dvf", tmp_path).items]
    assert [np.flatnonzero(mask.any(axis=1)).tolist() for mask in masks if mask is not None] == [[3, 4], [7]]


def test_a_missing_mask_is_told_with_the_protocol_that_needs_none(tmp_path: Path) -> None:
    write_ucf101(tmp_path, [1])
    with pytest.raises(InputError, match=r"motion_mask\.png is not there.*ucf101-379"):
        _find("ucf101-379-dvf", tmp_path)


def test_the_list_of_vimeo_says_which_triplets_count(tmp_path: Path) -> None:
    write_vimeo(tmp_path, ["00001/0389", "00002/0003"], frames=3)
    write_frames(tmp_path / "sequences" / "00001" / "0001", range(1, 4), name="im{}.png")
    items = _find("vimeo90k", tmp_path).items
    assert [(item.name, item.group) for item in items] == [("00001/0389", "00001"), ("00002/0003", "00002")]
    assert _shows(items[1], (0, 1, 2), 1)


@pytest.mark.parametrize(
    ("factor", "names", "times"),
    [(None, ["00001/0001"], [1, 2, 3, 4, 5]), (3, ["00001/0001 1-4", "00001/0001 4-7"], [1, 2])],
)
def test_septuplets_are_cut_by_the_factor(factor: int | None, names: list, times: list, tmp_path: Path) -> None:
    write_vimeo(tmp_path, ["00001/0001"], frames=7)
    items = _find("vimeo90k-septuplet", tmp_path, factor).items
    assert [item.name for item in items] == names
    assert [between.t for between in items[0].between] == [Fraction(time, factor or 6) for time in times]
    assert np.array_equal(items[-1].load().after, picture(6))
    assert np.array_equal(items[0].load().truths[1], picture(2))


def test_davis_takes_the_middle_of_every_odd_triple_of_the_listed_sequences(tmp_path: Path) -> None:
    for name in ("bear", "camel"):
        write_frames(tmp_path / "JPEGImages" / "480p" / name, range(6), name="{:05d}.png")
    assert "val.txt" in _notes("davis", tmp_path)
    (tmp_path / "ImageSets" / "2017").mkdir(parents=True)
    (tmp_path / "ImageSets" / "2017" / "val.txt").write_text("camel\n")
    assert _notes("davis", tmp_path) == ""
    items = _find("davis", tmp_path).items
    assert [item.name for item in items] == ["camel 0-2", "camel 2-4"]
    assert _shows(items[1], (2, 3, 4))


def test_adobes_frames_need_no_padding_in_their_names(tmp_path: Path) -> None:
    write_frames(tmp_path / "GOPR1", range(4, 14), name="{}.png")
    items = _find("adobe240", tmp_path).items
    assert [item.name for item in items] == ["GOPR1"]
    assert [between.t for between in items[0].between] == [Fraction(k, 8) for k in range(1, 8)]
    assert np.array_equal(items[0].load().truths[6], picture(11))
    assert len(_find("adobe240", tmp_path, 4).items) == 2


def test_x4k_shows_the_first_and_last_of_33_and_every_fourth_between_is_true(tmp_path: Path) -> None:
    write_frames(tmp_path / "Type1" / "TEST01", range(33))
    (item,) = _find("x4k", tmp_path).items
    assert (item.name, len(item.between)) == ("Type1/TEST01", 7)
    loaded = item.load()
    assert np.array_equal(loaded.after, picture(32))
    assert np.array_equal(loaded.truths[2], picture(12))


def test_a_hole_in_a_folder_of_frames_is_an_error(tmp_path: Path) -> None:
    write_frames(tmp_path / "a", [0, 1, 2, 4, 5, 6, 7, 8, 9])
    with pytest.raises(MissingFramesError, match="lacks frame 3"):
        _find("adobe240", tmp_path)


def test_a_limit_is_shared_evenly_and_takes_the_first_of_each(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_frames(tmp_path / name, range(9))
    names = [item.name for item in _find("adobe240", tmp_path, 2, limit=5).items]
    assert names == ["a 0-2", "a 2-4", "b 0-2", "b 2-4", "c 0-2"]
    assert [item.name for item in _find("adobe240", tmp_path, 2, limit=1).items] == ["a 0-2"]
    assert len(_find("adobe240", tmp_path, 2, limit=100).items) == 12


def test_frames_of_two_sizes_in_one_item_are_an_error(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    write_picture(tmp_path / "Venus" / "frame11.png", picture(1)[:20])
    with pytest.raises(MismatchedFramesError, match=r"frame11\.png has 64x20 pixels"):
        _find("middlebury-other", tmp_path).items[0].load()


def test_grey_pictures_become_rgb(tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"], flat=True)
    for name in ("frame10", "frame11", "frame10i11"):
        write_picture(tmp_path / "Venus" / f"{name}.png", picture(0)[..., 0])
    before = _find("middlebury-other", tmp_path).items[0].load().before
    assert np.array_equal(before, picture(0)[..., :1].repeat(3, axis=2))


@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - {"clips"}))
def test_an_empty_folder_is_told_with_what_was_looked_for(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looked for") as caught:
        _find(name, tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no folder"):
        _find(name, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "missing"),
    [("middlebury-other", "other-data/Venus/frame11.png"), ("vimeo90k", "sequences/00001/0001/im2.png")],
)
def test_a_missing_frame_is_named(name: str, missing: str, tmp_path: Path) -> None:
    write_middlebury(tmp_path, ["Venus"])
    write_vimeo(tmp_path, ["00001/0001"], frames=3)
    (tmp_path / missing).unlink()
    with pytest.raises(InputError, match=f"{missing} is not there"):
        _find(name, tmp_path)


def test_a_factor_that_a_protocol_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="got factor 5; the protocol adobe240 has 2, 4, 8"):
        PROTOCOLS["adobe240"].factor(5)
    with pytest.raises(UsageError, match="protocol vimeo90k has 2"):
        PROTOCOLS["vimeo90k"].factor(4)


def test_a_misspelt_protocol_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError, match="did you mean vimeo90k"):
        protocol_named("vimeo-90k")


def test_every_protocol_stands_under_its_name() -> None:
    assert all(name == protocol.name for name, protocol in PROTOCOLS.items())
