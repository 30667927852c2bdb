from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate import psnr, psnr_log


def _grey(value: float, size: int = 48) -> np.ndarray:
    return np.full((size, size, 3), value, np.float32)


def test_an_error_of_a_tenth_of_the_peak_is_20_db() -> None:
    assert psnr(_grey(0.6), _grey(0.5)) == pytest.approx(20.0, abs=1e-4)
    assert psnr(_grey(125.5), _grey(100.0), peak=255.0) == pytest.approx(20.0, abs=1e-4)


def test_one_wrong_pixel_of_a_hundred_costs_20_db_less_than_all_wrong() -> None:
    truth = np.zeros((10, 10))
    result = truth.copy()
    result[3, 4] = 1.0
    assert psnr(result, truth) == pytest.approx(20.0)


def test_equal_pictures_have_no_error_at_all() -> None:
    assert psnr(_grey(0.5), _grey(0.5)) == math.inf
    assert psnr_log(_grey(500.0), _grey(500.0)) == math.inf


@pytest.mark.parametrize(
    ("value", "place"), [(0.0, 0.0), (1.0, 1.0), (3 / 16, math.log(4, 17)), (15 / 16, math.log(16, 17))]
)
def test_the_log_curve_passes_through_points_worked_out_by_hand(value: float, place: float) -> None:
    # Against a black truth the difference is the curve's value itself.
    expected = math.inf if place == 0 else -20 * math.log10(place)
    assert psnr_log(_grey(value), _grey(0.0)) == pytest.approx(expected, abs=1e-4)


def test_a_highlight_counts_by_its_ratio() -> None:
    assert psnr_log(_grey(1000), _grey(500)) == pytest.approx(psnr_log(_grey(20000), _grey(10000)), abs=0.01)


def test_negatives_count_as_black() -> None:
    assert psnr_log(_grey(-0.05), _grey(0.0)) == math.inf


def test_only_pixels_further_than_16_from_the_border_count() -> None:
    truth, result = _grey(0.2), _grey(0.2)
    result[:16] = result[-16:] = result[:, :16] = result[:, -16:] = 9.0
    assert psnr_log(result, truth) == math.inf
    result[16, 20] = 9.0
    assert psnr_log(result, truth) < 60


@given(st.lists(st.floats(-2, 600), min_size=8, max_size=8), st.integers(0, 3))
def test_the_order_of_pictures_and_of_pixels_does_not_matter(values: list[float], turns: int) -> None:
    first = np.array(values[:4]).reshape(2, 2)
    second = np.array(values[4:]).reshape(2, 2)
    forward = psnr_log(first, second, border_px=0)
    assert psnr_log(np.rot90(second, turns), np.rot90(first, turns), border_px=0) == pytest.approx(forward)


def test_a_nan_is_not_hidden() -> None:
    result = _grey(0.5)
    result[24, 24, 1] = np.nan
    assert math.isnan(psnr_log(result, _grey(0.5)))
    assert math.isnan(psnr(result, _grey(0.5)))


@pytest.mark.parametrize(
    ("result", "truth"),
    [(_grey(0.0, 40), _grey(0.0, 41)), (_grey(0.0, 32), _grey(0.0, 32)), (np.zeros(9), np.zeros(9))],
    ids=["shapes differ", "nothing inside the border", "not a picture"],
)
def test_what_cannot_be_compared_is_refused_in_one_line(result: np.ndarray, truth: np.ndarray) -> None:
    with pytest.raises(UsageError) as caught:
        psnr_log(result, truth)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("peak", [0.0, -1.0, math.nan, math.inf])
def test_a_peak_that_is_no_white_is_refused(peak: float) -> None:
    with pytest.raises(UsageError, match="peak"):
        psnr(_grey(0.1), _grey(0.2), peak=peak)
