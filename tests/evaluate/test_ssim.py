"""Each form is held against its definition, written out pixel by pixel and window by window."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.measure import MEASURES
from vfi_plugin.evaluate.ssim import ssim_gauss_luma, ssim_masked_dvf, ssim_matlab3d, ssim_skimage7

RNG = np.random.default_rng(9)
SHAPE = (14, 16, 3)
TRUTH = RNG.integers(0, 256, SHAPE, dtype=np.uint8)
RESULT = np.clip(TRUTH.astype(int) + RNG.integers(-60, 60, SHAPE), 0, 255).astype(np.uint8)
PLAIN = [ssim_gauss_luma, ssim_skimage7, ssim_matlab3d]


def _gauss(offset: int) -> float:
    return math.exp(-(offset**2) / (2 * 1.5**2))


def _similarity(samples: list[tuple[float, float, float]], white: float, spread: float = 1.0) -> float:
    """SSIM of one window from its samples: weight, first, second."""
    total = sum(weight for weight, _, _ in samples)
    mean_1 = sum(weight * first for weight, first, _ in samples) / total
    mean_2 = sum(weight * second for weight, _, second in samples) / total
    variance_1 = spread * sum(weight * (first - mean_1) ** 2 for weight, first, _ in samples) / total
    variance_2 = spread * sum(weight * (second - mean_2) ** 2 for weight, _, second in samples) / total
    shared = spread * sum(weight * (first - mean_1) * (second - mean_2) for weight, first, second in samples) / total
    c1, c2 = (0.01 * white) ** 2, (0.03 * white) ** 2
    upper = (2 * mean_1 * mean_2 + c1) * (2 * shared + c2)
    return upper / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))


def _luma(rgb: np.ndarray) -> np.ndarray:
    grey = 0.298936021293775 * rgb[..., 0] + 0.587043074451121 * rgb[..., 1] + 0.114020904255103 * rgb[..., 2]
    return np.floor(grey + 0.5)


def _clamped(index: int, size: int) -> int:
    return min(max(index, 0), size - 1)


def _plane_window(first: np.ndarray, second: np.ndarray, at: tuple[int, int], radius: int, gauss: bool) -> list:
    height, width = first.shape
    samples = []
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            place = _clamped(at[0] + down, height), _clamped(at[1] + right, width)
            weight = _gauss(down) * _gauss(right) if gauss else 1.0
            samples.append((weight, float(first[place]), float(second[place])))
    return samples


def _places(border: int) -> Iterator[tuple[int, int]]:
    yield from ((row, column) for row in range(border, 14 - border) for column in range(border, 16 - border))


def test_the_gaussian_form_on_luma_is_its_definition() -> None:
    first, second = _luma(RESULT), _luma(TRUTH)
    windows = [_similarity(_plane_window(first, second, at, 5, True), 255) for at in _places(5)]
    assert ssim_gauss_luma(RESULT, TRUTH) == pytest.approx(np.mean(windows), abs=1e-10)


def test_the_form_of_scikit_image_is_its_definition() -> None:
    values = [
        _similarity(_plane_window(RESULT[..., channel], TRUTH[..., channel], at, 3, False), 255, 49 / 48)
        for channel in range(3)
        for at in _places(3)
    ]
    assert ssim_skimage7(RESULT, TRUTH) == pytest.approx(np.mean(values), abs=1e-10)


def test_the_form_under_a_mask_is_its_definition() -> None:
    mask = np.zeros((14, 16), np.uint8)
    mask[2:9, 3:11], mask[9:11] = 255, 100
    weights = mask[..., None] / 255
    first, second = (_luma(np.floor(picture * weights + 0.5)) for picture in (RESULT, TRUTH))
    windows = [_similarity(_plane_window(first, second, at, 5, True), 255) for at in _places(0)]
    assert ssim_masked_dvf(RESULT, TRUTH, mask) == pytest.approx(np.mean(windows), abs=1e-10)


def _volume_window(at: tuple[int, int, int]) -> list[tuple[float, float, float]]:
    samples = []
    for across in range(-5, 6):
        channel = _clamped(at[2] + across, 3)
        plane = _plane_window(RESULT[..., channel] / 255, TRUTH[..., channel] / 255, at[:2], 5, True)
        samples += [(weight * _gauss(across), first, second) for weight, first, second in plane]
    return samples


def test_the_form_of_a_volume_is_its_definition() -> None:
    values = [_similarity(_volume_window((*at, channel)), 1.0) for at in _places(0) for channel in range(3)]
    assert ssim_matlab3d(RESULT, TRUTH) == pytest.approx(np.mean(values), abs=1e-10)


@pytest.mark.parametrize("ssim", PLAIN)
def test_of_two_flat_pictures_only_the_means_count(ssim) -> None:  # type: ignore[no-untyped-def]
    first, second = (np.full(SHAPE, code, np.uint8) for code in (90, 140))
    c1 = (0.01 * 255) ** 2
    assert ssim(first, second) == pytest.approx((2 * 90 * 140 + c1) / (90**2 + 140**2 + c1), abs=1e-9)


@pytest.mark.parametrize("ssim", PLAIN)
def test_equal_pictures_have_1_and_the_order_does_not_matter(ssim) -> None:  # type: ignore[no-untyped-def]
    assert ssim(TRUTH, TRUTH) == pytest.approx(1, abs=1e-12)
    assert ssim(TRUTH, RESULT) == pytest.approx(ssim(RESULT, TRUTH), abs=1e-12)


@pytest.mark.parametrize("ssim", PLAIN)
def test_floats_are_rounded_first(ssim) -> None:  # type: ignore[no-untyped-def]
    assert ssim(RESULT / 255 + 0.001, TRUTH / np.float32(255)) == ssim(RESULT, TRUTH)


@pytest.mark.parametrize(("ssim", "side"), [(ssim_gauss_luma, 11), (ssim_skimage7, 7)])
def test_pictures_smaller_than_the_window_are_refused(ssim, side: int) -> None:  # type: ignore[no-untyped-def]
    assert ssim(TRUTH[:side, :side], TRUTH[:side, :side]) == pytest.approx(1)
    with pytest.raises(UsageError, match=f"{side}x{side}"):
        ssim(TRUTH[: side - 1], TRUTH[: side - 1])


def test_the_forms_differ_so_they_need_their_names() -> None:
    values = [ssim(RESULT, TRUTH) for ssim in PLAIN]
    assert len({round(value, 4) for value in values}) == 3  # as many digits as papers print


def test_every_measure_stands_in_the_table_under_the_name_of_its_function() -> None:
    assert all(name == measure.name == measure.function.__name__ for name, measure in MEASURES.items())
