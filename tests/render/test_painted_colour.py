"""Painted colour: taken from black to white in opaque pixels, never for lights, negatives and edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.render.painted_colour import PaintedColour

Image = npt.NDArray[np.float32]

SCENE = GuideTransform.for_space("lin_rec709")
GAIN = 2.0


def painted_as(colour: Image, transform: GuideTransform = SCENE) -> PaintedColour:
    """What a network that paints ``colour`` without a fault would give."""
    return PaintedColour(transform.to_guide(colour, GAIN), transform, GAIN)


def ramp(low: float, high: float) -> Image:
    values = np.linspace(low, high, 400, dtype=np.float32).reshape(20, 20, 1)
    return np.ascontiguousarray(np.repeat(values, 3, axis=-1))


def test_between_black_and_white_the_painted_light_comes_back() -> None:
    truth = ramp(0.001, 0.49)  # times the gain: under 1
    made = painted_as(truth).over(ramp(0.3, 0.01))
    np.testing.assert_allclose(made, truth, rtol=2e-5)


@pytest.mark.parametrize(("low", "high"), [(0.6, 3000.0), (-0.05, -0.002)])
def test_brighter_and_negative_light_keeps_what_was_moved_to_the_bit(low: float, high: float) -> None:
    moved = ramp(low, high)
    assert np.array_equal(painted_as(ramp(0.1, 0.3)).over(moved), moved)


def test_a_light_that_was_painted_where_none_was_moved_is_not_believed() -> None:
    moved = ramp(0.1, 0.3)
    assert np.array_equal(painted_as(ramp(3.0, 3000.0)).over(moved), moved)


def test_one_channel_beyond_white_keeps_its_whole_pixel_as_it_was() -> None:
    moved = ramp(0.1, 0.3)
    moved[..., 0] = 12.0
    assert np.array_equal(painted_as(ramp(0.2, 0.2)).over(moved), moved)


def test_pixels_that_are_not_opaque_are_not_painted() -> None:
    moved, truth = ramp(0.1, 0.3), ramp(0.3, 0.1)
    alpha = np.ones((20, 20), np.float32)
    alpha[:, 10:] = np.linspace(0.0, 0.98, 200, dtype=np.float32).reshape(20, 10)
    made = painted_as(truth).over(moved, alpha)
    assert np.array_equal(made[:, 10:], moved[:, 10:])
    np.testing.assert_allclose(made[:, :10], truth[:, :10], rtol=2e-5)


def test_nan_in_what_was_moved_does_not_reach_painted_pixels() -> None:
    moved = ramp(0.1, 0.3)
    moved[3, 4, 1] = np.nan
    moved[5, 6] = np.inf  # light beyond white: nobody painted that
    made = painted_as(ramp(0.2, 0.2)).over(moved)
    assert np.isfinite(made[3, 4]).all()
    assert np.isinf(made[5, 6]).all()


def test_the_change_from_painted_to_moved_is_gradual() -> None:
    moved = ramp(0.45, 0.65)
    made = painted_as(ramp(0.2, 0.2)).over(moved)
    share = ((made - moved) / (np.float32(0.2) - moved))[..., 0].ravel()
    assert share[0] == pytest.approx(1)
    assert share[-1] == 0
    assert (np.diff(share) <= 1e-5).all()
    assert np.diff(share).min() > -0.05


DISPLAY = GuideTransform.for_space("sRGB - Texture")


def test_paint_beyond_a_screens_white_or_black_means_white_or_black() -> None:
    for painted, expected in ((0.9999, 1.0), (1.2, 1.0), (0.0001, 0.0), (-0.1, 0.0)):
        guide = np.full((4, 4, 3), painted, np.float32)
        made = PaintedColour(guide, DISPLAY, 1.0).over(np.full((4, 4, 3), 0.5, np.float32))
        np.testing.assert_allclose(made, expected, atol=2e-6)


def test_a_screens_own_black_and_white_are_painted_whole() -> None:
    guide = np.full((1, 2, 3), 0.5, np.float32)
    moved = np.array([[[0.0] * 3, [1.0] * 3]], np.float32)
    np.testing.assert_allclose(PaintedColour(guide, DISPLAY, 1.0).over(moved), 0.5, atol=1e-6)


@pytest.mark.parametrize("value", [500.0, 2.0, 1.04, -0.05])
def test_what_no_screen_shows_keeps_its_value_in_a_display_encoded_clip(value: float) -> None:
    moved = np.full((2, 2, 3), value, np.float32)
    guide = np.full((2, 2, 3), 0.5, np.float32)
    assert np.array_equal(PaintedColour(guide, DISPLAY, 1.0).over(moved), moved)


def test_whole_numbers_for_a_screen_are_painted_from_end_to_end() -> None:
    codes = GuideTransform.for_space("sRGB - Texture", integer=True)
    truth = ramp(0.0, 1.0)
    guide = truth + np.float32(0.1) * (truth - np.float32(0.5))  # a network that overshoots at both ends
    made = PaintedColour(guide, codes, 1.0).over(ramp(1.0, 0.0))
    np.testing.assert_allclose(made, np.clip(guide, 0, 1), atol=1e-7)
