from __future__ import annotations

import math

import numpy as np
import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.psnr_codes import psnr_masked_dvf, psnr_rgb8

RNG = np.random.default_rng(7)
TRUTH = RNG.integers(40, 200, (12, 17, 3), dtype=np.uint8)
OTHER = RNG.integers(0, 256, (12, 17, 3), dtype=np.uint8)


@pytest.mark.parametrize("offset", [1, 7, 40])
def test_a_constant_offset_gives_exactly_the_decibels_of_that_offset(offset: int) -> None:
    assert psnr_rgb8(TRUTH + offset, TRUTH) == pytest.approx(20 * math.log10(255 / offset), abs=1e-12)


def test_a_loop_over_all_samples_gives_the_same() -> None:
    total = 0
    for row in range(12):
        for column in range(17):
            for channel in range(3):
                total += (int(OTHER[row, column, channel]) - int(TRUTH[row, column, channel])) ** 2
    assert psnr_rgb8(OTHER, TRUTH) == pytest.approx(10 * math.log10(255**2 / (total / (12 * 17 * 3))), abs=1e-12)


def test_a_result_is_rounded_before_it_is_measured() -> None:
    assert psnr_rgb8(TRUTH / 255 + 0.4 / 255, TRUTH) == math.inf
    assert psnr_rgb8(TRUTH / 255 + 0.6 / 255, TRUTH) == pytest.approx(20 * math.log10(255))


def test_only_what_the_mask_shows_counts_and_grey_weighs() -> None:
    mask = np.zeros((12, 17), np.uint8)
    mask[3, 4], mask[5, 6] = 255, 51
    result = OTHER.copy()
    result[3, 4] = TRUTH[3, 4] + np.array([3, 0, 0], np.uint8)
    result[5, 6] = TRUTH[5, 6] + np.array([0, 10, 20], np.uint8)
    error = (1.0 * 9 + 0.2 * 500) / (3 * 1.2)
    expected = 20 * math.log10(255) - 10 * math.log10(error)
    assert psnr_masked_dvf(result, TRUTH, mask) == pytest.approx(expected, abs=1e-12)


def test_a_full_mask_changes_nothing() -> None:
    full = np.full((12, 17), 255, np.uint8)
    assert psnr_masked_dvf(OTHER, TRUTH, full) == pytest.approx(psnr_rgb8(OTHER, TRUTH), abs=1e-12)


def test_equal_pixels_under_the_mask_are_infinite_and_an_empty_mask_is_refused() -> None:
    mask = np.zeros((12, 17), bool)
    with pytest.raises(UsageError, match="nothing to measure"):
        psnr_masked_dvf(OTHER, TRUTH, mask)
    mask[0, 0] = True
    result = OTHER.copy()
    result[0, 0] = TRUTH[0, 0]
    assert psnr_masked_dvf(result, TRUTH, mask) == math.inf
