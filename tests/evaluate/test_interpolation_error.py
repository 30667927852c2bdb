from __future__ import annotations

import math

import numpy as np
import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.interpolation_error import ie_mean_abs, ie_rms_channel, ie_rms_vector, ne

RNG = np.random.default_rng(8)
TRUTH = RNG.integers(0, 256, (9, 11, 3), dtype=np.uint8)
RESULT = RNG.integers(0, 256, (9, 11, 3), dtype=np.uint8)


def test_an_error_in_one_channel_of_one_pixel_counts_by_each_definition() -> None:
    grey = np.full((4, 5, 3), 100, np.uint8)
    result = grey.copy()
    result[2, 3, 1] += 12
    assert ie_mean_abs(result, grey) == pytest.approx(12 / 60)
    assert ie_rms_channel(result, grey) == pytest.approx(math.sqrt(144 / 60))
    assert ie_rms_vector(result, grey) == pytest.approx(math.sqrt(144 / 20))


def test_the_two_roots_of_squares_differ_by_the_root_of_three() -> None:
    assert ie_rms_vector(RESULT, TRUTH) == pytest.approx(math.sqrt(3) * ie_rms_channel(RESULT, TRUTH), rel=1e-12)


def test_the_mean_is_never_above_the_root_of_squares() -> None:
    assert ie_mean_abs(RESULT, TRUTH) < ie_rms_channel(RESULT, TRUTH)


def test_on_a_flat_truth_the_normalised_error_is_the_plain_one() -> None:
    flat = np.full((9, 11, 3), 77, np.uint8)
    assert ne(RESULT, flat) == pytest.approx(ie_rms_vector(RESULT, flat), rel=1e-12)


def test_on_a_ramp_errors_count_by_its_steepness() -> None:
    ramp = np.repeat(np.arange(11, dtype=np.uint8)[None, :, None] * 3, 9, axis=0).repeat(3, axis=2)
    # The gradient is 3 grey levels a pixel everywhere, so squares are divided by 3^2 + 1.
    assert ne(ramp + 5, ramp) == pytest.approx(math.sqrt(3 * 25 / 10), rel=1e-12)


def _literal_ne() -> float:
    truth, total = TRUTH.astype(float), 0.0
    for row in range(9):
        for column in range(11):
            for channel in range(3):
                up, down = max(row - 1, 0), min(row + 1, 8)
                left, right = max(column - 1, 0), min(column + 1, 10)
                vertical = (truth[down, column, channel] - truth[up, column, channel]) / (down - up)
                horizontal = (truth[row, right, channel] - truth[row, left, channel]) / (right - left)
                difference = float(RESULT[row, column, channel]) - truth[row, column, channel]
                total += difference**2 / (vertical**2 + horizontal**2 + 1)
    return math.sqrt(total / 99)


def test_a_loop_over_pixels_gives_the_same_normalised_error() -> None:
    assert ne(RESULT, TRUTH) == pytest.approx(_literal_ne(), rel=1e-12)


def test_a_single_row_has_no_gradient() -> None:
    with pytest.raises(UsageError, match="at least 2 pixels"):
        ne(RESULT[:1], TRUTH[:1])
