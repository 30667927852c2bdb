"""The test clips are what they say: otherwise what they prove is worth nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import material
import numpy as np
import OpenEXR
import pytest

from vfi_plugin.image.window import Window


def test_the_pan_after_two_frames_is_the_pan_moved_by_twelve_and_minus_five() -> None:
    clip = material.pan(320, 180)
    start, later = clip.truth(1003), clip.truth(1005)
    np.testing.assert_allclose(later[:-5, 12:], start[5:, :-12], atol=2e-6)


def test_a_sixth_of_a_frame_moves_the_pan_by_one_pixel_across() -> None:
    clip = material.pan(320, 180)
    x_only = material.numbered(320, 180, block=16)
    np.testing.assert_allclose(x_only.truth(Fraction(5, 4))[16:, 1:], x_only.truth(1)[16:, :-1], atol=2e-6)
    assert not np.allclose(clip.truth(Fraction(6007, 6)), clip.truth(1001), atol=0.02)


def test_the_pan_stays_within_reach_of_a_plain_range() -> None:
    truth = material.pan(960, 540).truth(1004.5)
    assert truth.min() > 0
    assert truth.max() < 1.2


def test_the_hdr_clip_holds_its_values_at_their_places_and_scales() -> None:
    clip, brighter = material.hdr(960, 540), material.hdr(960, 540, scale=8.0)
    plane = clip.truth(1001)[..., 0]
    for name, value in (("disc", 500.0), ("specular", 3000.0), ("negative", -0.05), ("grey", 0.18)):
        x, y = clip.place(name, 1001)
        assert plane[int(y), int(x)] == np.float32(value)
    assert plane.max() == 3000
    assert plane.min() == np.float32(-0.05)
    np.testing.assert_allclose(brighter.truth(1001.5), 8 * clip.truth(1001.5), rtol=1e-6)
    np.testing.assert_array_equal(plane[:, int(clip.place("specular", 1001)[0]) + 1] < 10, True)


@pytest.mark.parametrize("position", [1001, Fraction(2003, 2)])
def test_marked_places_follow_the_motion(position: Fraction) -> None:
    clip = material.hdr(960, 540)
    bright = clip.truth(position)[..., 0] * (np.arange(960) < 350)
    rows, columns = np.nonzero(bright > 250)
    assert (columns.mean(), rows.mean()) == pytest.approx(clip.place("disc", position), abs=0.3)


def test_the_soft_disc_is_orange_times_alpha_with_an_8_px_falloff() -> None:
    clip = material.soft_disc()
    truth = clip.truth(1004.5, "RGBA")
    alpha = truth[..., 3:]
    np.testing.assert_allclose(truth[..., :3], alpha * np.array(material.ORANGE), atol=1e-6)
    row = truth[180, :, 3]
    soft = np.count_nonzero((row > 0) & (row < 1))
    assert 14 <= soft <= 16
    columns = np.arange(640)
    assert (row * columns).sum() / row.sum() == pytest.approx(clip.place("disc", 1004.5)[0], abs=0.01)
    over = material.soft_disc(background=True).truth(1004.5, "RGBA")
    assert over[..., 3].min() == 1
    assert over[..., :3].min() > 0


def test_layers_carry_whole_ids_unit_normals_and_their_own_motion() -> None:
    clip = material.layered(240, 135)
    planes = clip.planes(1002.5)
    ids = planes["id.r"]
    assert set(np.unique(ids)) == set(material.OBJECTS.values())
    for name, number in material.OBJECTS.items():
        own = ids == number
        assert set(planes["depth.Z"][own]) == {material.DEPTHS[name]}
        assert set(planes["forward.u"][own]) == {material.OBJECT_VELOCITIES[name][0]}
        assert set(planes["forward.v"][own]) == {-material.OBJECT_VELOCITIES[name][1]}
        assert set(planes["crypto00.red"][own]) == {material.crypto_id(name)}
    length = np.sqrt(sum(planes[f"N.{axis}"].astype(float) ** 2 for axis in "XYZ"))
    np.testing.assert_allclose(length, 1, atol=2e-3)
    np.testing.assert_allclose(planes["crypto00.green"] + planes["crypto00.alpha"], 1, atol=0.26)


def test_the_forward_vector_leads_to_the_object_in_the_next_frame() -> None:
    clip = material.layered(240, 135)
    now, following = clip.planes(1001), clip.planes(1002)
    rows, columns = np.nonzero(now["id.r"] == material.OBJECTS["sphere"])
    to_row = (rows - now["forward.v"][rows, columns]).astype(int)
    to_column = (columns + now["forward.u"][rows, columns]).astype(int)
    assert (following["id.r"][to_row, to_column] == material.OBJECTS["sphere"]).all()


@pytest.mark.parametrize(("text", "number"), [("", 0), ("hello", 0x248BFA47), ("test", 0xBA6BD213)])
def test_the_cryptomatte_hash_gives_the_published_values(text: str, number: int) -> None:
    assert material.crypto_hash(text) == number


def test_overscan_files_have_the_windows_and_the_header_they_should(tmp_path: Path) -> None:
    clip = material.overscan(8, pixel_aspect=2.0, count=2)
    assert clip.write(tmp_path) == str(tmp_path / "overscan.####.exr")
    header, channels = material.read_exr(clip.path(tmp_path, 1002))
    assert [corner.tolist() for corner in header["dataWindow"]] == [[-15, -7], [254, 141]]
    assert [corner.tolist() for corner in header["displayWindow"]] == [[0, 0], [239, 134]]
    assert header["compression"] == OpenEXR.ZIPS_COMPRESSION
    assert header["pixelAspectRatio"] == 2.0
    assert header["framesPerSecond"] == Fraction(24, 1)
    timecode = header["timeCode"]
    assert (timecode.hours, timecode.minutes, timecode.seconds, timecode.frame) == (1, 0, 0, 1)
    assert header["camera/iso"] == 800
    assert header["worldToCamera"].shape == (4, 4)
    assert channels["R"].shape == (149, 270)


def test_full_size_overscan_is_the_window_of_the_scenario() -> None:
    assert material.overscan().data_window == Window(-120, -60, 2160, 1200)


@pytest.mark.parametrize("make", [material.pan, material.hdr, material.layered])
def test_files_hold_the_planes_bit_for_bit(tmp_path: Path, make: object) -> None:
    clip = make(240, 135, count=1)  # type: ignore[operator]
    clip.write(tmp_path)
    _, channels = material.read_exr(clip.path(tmp_path, 1001))
    for name, plane in clip.planes(1001).items():
        assert channels[name].dtype == plane.dtype
        assert np.array_equal(channels[name], plane)


def test_a_frame_can_be_left_out(tmp_path: Path) -> None:
    clip = material.pan(64, 36, count=3)
    clip.write(tmp_path, without=frozenset({1002}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pan.1001.exr", "pan.1003.exr"]


def test_the_two_shots_share_no_colour_and_the_whip_pan_has_no_jump() -> None:
    clip = material.shots(240, 135)
    warmth = [np.median(clip.truth(n)[..., 0]) / np.median(clip.truth(n)[..., 2]) for n in clip.numbers]
    assert min(warmth[:30]) > 2
    assert max(warmth[30:]) < 0.6
    levels = np.array([np.median(clip.truth(n)[..., 1]) for n in clip.numbers])
    flashes = [clip.first + index for index in np.nonzero(levels > 1)[0]]
    assert flashes == [1045, 1046]
    for position in (1060, 1065, 1070):
        np.testing.assert_allclose(clip.truth(position - 1e-5), clip.truth(position + 1e-5), atol=1e-3)


@pytest.mark.parametrize("number", [1, 2, 37, 64, 101])
def test_the_burnt_in_number_can_be_read_back(number: int) -> None:
    clip = material.numbered(320, 180, block=16)
    assert material.read_number(clip.planes(number)["G"], block=16) == number


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        material.numbered(320, 180, block=64)


def test_the_impulse_is_4_px_across_and_keeps_its_energy() -> None:
    clip = material.impulse()
    first, second = clip.truth(1001)[..., 0], clip.truth(1002)[..., 0]
    np.testing.assert_array_equal(second[:, 20:], first[:, :-20])
    # The area of a circle of radius 2 is 12.57; anti-aliasing by distance adds some on so small
    # a circle.
    assert first.sum() / 100 == pytest.approx(np.pi * 4, rel=0.05)
