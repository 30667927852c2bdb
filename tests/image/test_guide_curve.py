"""The guide curve against its formula in plain double-precision arithmetic, and its promised properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfi_plugin.image import guide_curve, guide_curve_display

HALF_FLOATS = np.unique(np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)[:, None])
HALF_FLOATS = HALF_FLOATS[np.isfinite(HALF_FLOATS)].astype(np.float32)


def srgb_with_smooth_joint(x: float) -> float:
    """The sRGB encoding with its joint solved for, by bisection, in place of the standard's rounded numbers.

    The line through 0 that touches 1.055 x^(1/2.4) - 0.055: where the tangent's intercept is 0.
    """
    low, high = 1e-4, 1e-1
    for _ in range(200):
        middle = (low + high) / 2
        intercept = 1.055 * middle ** (1 / 2.4) * (1 - 1 / 2.4) - 0.055
        low, high = (middle, high) if intercept < 0 else (low, middle)
    return 1.055 * x ** (1 / 2.4) - 0.055 if x > low else x * (1.055 * low ** (1 / 2.4) - 0.055) / low


def tail(distance: float, room: float, slope: float, power: float) -> float:
    """What is left of ``room``: the documented slope, summed numerically with Simpson's rule."""
    low, high = 1e-6, 1e6
    for _ in range(200):
        beta = math.sqrt(low * high)
        total = slope * (4 * beta + power) / (2 * beta * beta)
        low, high = (beta, high) if total > room else (low, beta)
    alpha = 3 * beta + power
    steps = 20000
    points = np.linspace(0.0, distance, steps + 1)
    slopes = slope * (1 + alpha * points) / (1 + beta * points) ** 3
    weights = np.ones(steps + 1)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return room - float((weights * slopes).sum()) * distance / steps / 3


def reference(x: float) -> float:
    black, white = 1 / 16, 0.85
    contrast = white - black
    toe_end = 0.00303993463978
    toe = contrast * srgb_with_smooth_joint(toe_end)
    if x > 1:
        return 1 - tail(math.log(x), 1 - white, contrast * 1.055 / 2.4, 1 / 2.4)
    if x >= 0:
        return black + contrast * srgb_with_smooth_joint(x)
    if x >= -toe_end:
        return black - contrast * srgb_with_smooth_joint(-x)
    return tail(math.log(-x / toe_end), black - toe, toe, 1.0)


def test_agrees_with_the_formula_in_double_precision() -> None:
    values = [*np.geomspace(1e-6, 65504, 60), *-np.geomspace(1e-6, 65504, 60), 0.0, 1.0, 0.18, 500.0, 3000.0]
    expected = [reference(float(np.float32(value))) for value in values]
    assert np.abs(guide_curve.encode(np.array(values, np.float32)) - expected).max() < 1.5e-7


def test_every_half_float_has_its_own_guide_value_in_order() -> None:
    guide = guide_curve.encode(HALF_FLOATS)
    assert len(HALF_FLOATS) == 63487
    assert (np.diff(guide) > 0).all()
    assert guide.min() > 0
    assert guide.max() < 1


def test_every_half_float_comes_back_as_itself() -> None:
    back = guide_curve.decode(guide_curve.encode(HALF_FLOATS))
    assert (back.astype(np.float16) == HALF_FLOATS.astype(np.float16)).all()
    large = np.abs(HALF_FLOATS) > 1e-3
    assert (np.abs(back - HALF_FLOATS)[large] / np.abs(HALF_FLOATS[large])).max() < 1e-4
    assert np.abs(back - HALF_FLOATS)[~large].max() < 5e-9


def test_shows_the_srgb_picture_with_less_contrast_between_0_and_1() -> None:
    light = np.linspace(0, 1, 1001)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    shown = (guide_curve.encode(light.astype(np.float32)) - 1 / 16) / (0.85 - 1 / 16)
    assert np.abs(shown - srgb).max() < 3e-5


def test_black_noise_is_shown_without_bias() -> None:
    noise = np.linspace(0, 0.003, 500, dtype=np.float32)
    up, down = guide_curve.encode(noise), guide_curve.encode(-noise)
    assert np.abs(up + down - 2 / 16).max() < 1e-7


def test_slope_is_continuous_everywhere() -> None:
    def slope(x: float, side: int) -> float:
        step = side * max(abs(x), 1e-3) * 1e-4
        return (reference(x + step) - reference(x)) / step

    for joint in (-0.00303993463978, 0.0, 0.00303993463978, 1.0):
        assert slope(joint, 1) == pytest.approx(slope(joint, -1), rel=2e-3)


@pytest.mark.parametrize("beyond", [1e5, 1e20, 3e38, -1e5, -3e38, math.inf, -math.inf])
def test_stays_in_range_beyond_half_floats(beyond: float) -> None:
    guide = guide_curve.encode(np.array([beyond], np.float32))[0]
    assert 0 <= guide <= 1
    assert (guide > 0.9957) == (beyond > 0)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 2, width=32), min_size=2, max_size=50))
def test_inverse_keeps_order_and_is_finite_for_any_guide(guides: list[float]) -> None:
    ordered = np.sort(np.array(guides, np.float32))
    light = guide_curve.decode(ordered)
    assert np.isfinite(light).all()
    assert np.abs(light).max() <= 65504
    assert (np.diff(light) >= -1e-6 * np.abs(light[1:])).all()


def test_shape_is_kept_and_the_argument_is_not_touched() -> None:
    values = np.linspace(-1, 10, 2 * 30000 * 3, dtype=np.float32).reshape(2, 30000, 3)
    before = values.copy()
    guide = guide_curve.encode(values[:, ::2])
    assert guide.shape == (2, 15000, 3)
    assert np.array_equal(values, before)
    assert np.array_equal(guide_curve.encode(values)[:, ::2], guide)


def test_display_values_are_themselves_inside_the_last_code_of_8_bits() -> None:
    codes = np.arange(1, 255, dtype=np.float32) / np.float32(255)
    assert np.array_equal(guide_curve_display.roll_off(codes), codes)
    both_ends = np.array([0, 1, *codes], np.float32)
    assert np.abs(guide_curve_display.roll_off(both_ends) - both_ends).max() < 0.6 / 255


def test_display_values_outside_keep_their_order_and_come_back() -> None:
    outside = HALF_FLOATS[np.abs(HALF_FLOATS) <= 3]
    guide = guide_curve_display.roll_off(outside)
    assert (np.diff(guide)[outside[1:] > 2**-11] > 0).all()
    assert (np.diff(guide_curve_display.roll_off(HALF_FLOATS)) >= 0).all()
    assert guide.min() > 0
    assert guide.max() < 1
    assert np.abs(guide_curve_display.unroll(guide) - outside).max() < 2e-3
    assert np.isfinite(guide_curve_display.unroll(np.array([0, 1, -5, 5], np.float32))).all()


def test_the_plain_form_is_within_two_roundings_of_the_compiled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.concatenate([HALF_FLOATS, np.geomspace(1e-30, 1e30, 5000).astype(np.float32)])
    compiled = guide_curve.encode(values)
    monkeypatch.setenv("VFI_KERNELS", "torch")
    assert np.abs(guide_curve.encode(values) - compiled).max() < 2.5e-7


@pytest.mark.parametrize("count", [1, 15, 16, 511, 512, 513, 3 * 512 + 7])
@pytest.mark.parametrize("tails", [False, True])
def test_pixels_in_one_pass_are_the_matrix_and_then_the_curve(count: int, tails: bool) -> None:
    pixels = np.random.default_rng(count).uniform(0, 0.5, (count, 3)).astype(np.float32)
    if tails:
        pixels[:: max(count // 7, 1)] *= np.float32(-900)
    matrix = np.array([[1.7, -0.6, -0.1], [-0.13, 1.14, -0.01], [-0.02, -0.1, 1.15]])
    seen = [[reference(light) for light in matrix @ pixel.astype(np.float64)] for pixel in pixels[:40]]
    made = guide_curve.encode_pixels(pixels, matrix)
    assert np.abs(made[:40] - seen).max() < 5e-7  # the products of three float32 are rounded too
    assert np.array_equal(made, np.concatenate([guide_curve.encode_pixels(pixel[None], matrix) for pixel in pixels]))


@pytest.mark.parametrize("plain", [False, True])
def test_pixels_that_are_no_light_are_shown_as_told(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if plain:
        monkeypatch.setenv("VFI_KERNELS", "torch")
    odd = np.array([[math.nan, math.inf, -math.inf], [3e38, -3e38, 0.18], [0.18, 0.18, 0.18]], np.float32)
    told = np.array([[0, 65504, -65504], [1e30, -1e30, 0.18], [0.18, 0.18, 0.18]], np.float32)
    assert np.array_equal(guide_curve.encode_pixels(odd, np.eye(3)), guide_curve.encode_pixels(told, np.eye(3)))
    assert np.array_equal(guide_curve.encode_pixels(told, np.eye(3)), guide_curve.encode(told))
