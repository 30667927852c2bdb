from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vfi_plugin.demo import DemoScene
from vfi_plugin.errors import UsageError
from vfi_plugin.image.frame import Frame

SCENE = DemoScene(640, 360)


def _planes(frame: Frame) -> dict[str, np.ndarray]:
    return {name: plane.astype(np.float64) for name, plane in frame.parts[0].planes.items()}


@pytest.fixture(scope="module")
def first() -> Frame:
    return SCENE.frame(0)


def test_a_frame_has_half_colour_and_float_data_over_more_than_the_format(first: Frame) -> None:
    part = first.parts[0]
    assert {name: plane.dtype.name for name, plane in part.planes.items()} == {
        **dict.fromkeys("RGBA", "float16"),
        "depth.Z": "float32",
        "id.r": "float32",
    }
    assert part.data_window.union(part.display_window) == part.data_window
    assert part.data_window.width > part.display_window.width
    assert part.data_window.height > part.display_window.height


def test_the_hard_values_are_there(first: Frame) -> None:
    planes = _planes(first)
    for channel in "RGB":
        assert np.count_nonzero(planes[channel] == 500) > 400
        assert np.count_nonzero(planes[channel] == np.float16(-0.05)) > 200
        assert np.count_nonzero(planes[channel] == np.float16(0.18)) > 1000
        assert planes[channel].max() == 500
        assert planes[channel].min() == np.float16(-0.05)


def test_alpha_goes_from_nothing_to_solid_and_nothing_has_no_colour(first: Frame) -> None:
    planes = _planes(first)
    alpha = planes["A"]
    assert alpha.min() == 0
    assert alpha.max() == 1
    assert np.count_nonzero((alpha > 0.1) & (alpha < 0.9)) > 5000
    assert not any(planes[channel][alpha == 0].any() for channel in "RGB")


def test_ids_are_whole_and_each_has_one_depth(first: Frame) -> None:
    planes = _planes(first)
    pairs = set(zip(planes["id.r"].ravel(), planes["depth.Z"].ravel(), strict=True))
    assert {number for number, _ in pairs} == {0, 1, 2, 3, 4, 5, 6, 7}
    assert len(pairs) == 8


@pytest.mark.parametrize(("number", "velocity"), [(3, -4), (4, -8), (6, -14)])
@pytest.mark.parametrize("half_frames", [1, 2])
def test_hills_move_by_exactly_their_speed(first: Frame, number: int, velocity: int, half_frames: int) -> None:
    before, after = _planes(first), _planes(SCENE.frame(Fraction(half_frames, 2)))
    shift = -velocity * half_frames // 2
    for channel in "RGB":
        was, now = before[channel][:, shift:], after[channel][:, :-shift]
        # Edges of the layer carry what is behind it, which moves at another speed.
        own = (before["id.r"][:, shift:] == number) & (after["id.r"][:, :-shift] == number)
        own[1:-1] &= own[:-2] & own[2:]
        own[:, 1:-1] &= own[:, :-2] & own[:, 2:]
        assert np.count_nonzero(own) > 2000
        np.testing.assert_allclose(now[own], was[own], atol=1e-3)


def test_the_sun_and_the_ball_are_where_their_motion_says() -> None:
    def middle(time: float, number: int) -> np.ndarray:
        rows, columns = np.nonzero(_planes(SCENE.frame(time))["id.r"] == number)
        return np.array([columns.mean(), rows.mean()])

    # The middle of a disc's pixels is within a tenth of a pixel of the disc's own.
    np.testing.assert_allclose(middle(2.5, 2) - middle(0, 2), [10.0, 2.0], atol=0.1)
    assert (middle(7, 7) - middle(6, 7))[0] == pytest.approx(12.0, abs=0.1)
    fall = middle(7, 7) - 2 * middle(6, 7) + middle(5, 7)
    assert fall[1] == pytest.approx(8 * 120 / 26**2, abs=0.3)


def test_a_time_can_be_a_fraction_or_a_float() -> None:
    exact, floating = SCENE.frame(Fraction(5, 4)), SCENE.frame(1.25)
    for name, plane in exact.parts[0].planes.items():
        assert np.array_equal(plane, floating.parts[0].planes[name])


@pytest.mark.parametrize(
    ("time", "timecode"), [(0, 0x01000000), (23.75, 0x01000023), (24, 0x01000100), (24 * 60 * 11, 0x01110000)]
)
def test_timecode_counts_frames_in_decimal_digits(time: float, timecode: int) -> None:
    frame = DemoScene(64, 36).frame(time)
    assert frame.number == 1001 + int(time)
    assert frame.parts[0].attributes["timeCode"].value == (timecode, 0)
    assert frame.parts[0].attributes["framesPerSecond"].value == (24, 1)


@pytest.mark.parametrize("size", [(64, 36), (641, 359), (320, 320)])
def test_any_size_shows_the_same_scene(size: tuple[int, int]) -> None:
    scene = DemoScene(*size)
    frame = scene.frame(3.5)
    part = frame.parts[0]
    assert part.display_window.shape == (size[1], size[0])
    assert all(np.isfinite(plane).all() for plane in part.planes.values())
    assert {2, 7} <= set(part.planes["id.r"].ravel())


@pytest.mark.parametrize("time", [0, 6.5, 40])
def test_the_ball_window_lies_in_the_format_and_shows_the_ball(time: float) -> None:
    window = SCENE.ball_window(time)
    assert window.intersection(SCENE.display_window) == window
    numbers = SCENE.frame(time).parts[0].plane_over("id.r", window)
    assert np.count_nonzero(numbers == 7) > 4000


def test_seeds_give_different_scenes() -> None:
    one, other = (DemoScene(160, 90, seed=seed).frame(0).parts[0].planes["R"] for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_scene_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(UsageError, match="64x36"):
        DemoScene(32, 18)
