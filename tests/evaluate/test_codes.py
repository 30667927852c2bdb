from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import code_pair, mask_weights, to_codes


def test_floats_go_to_the_nearest_code_or_down_when_asked() -> None:
    levels = np.array([0.0, 10.49, 10.51, 254.9, 255.0]) / 255
    assert to_codes(levels).tolist() == [0, 10, 11, 255, 255]
    assert to_codes(levels, "down").tolist() == [0, 10, 10, 254, 255]


def test_every_code_survives_the_way_to_float32_and_back() -> None:
    codes = np.arange(256, dtype=np.uint8)
    as_floats = codes.astype(np.float32) / np.float32(255)
    assert np.array_equal(to_codes(as_floats), codes)
    assert to_codes(codes) is codes


def test_what_lies_beyond_white_or_black_becomes_white_or_black() -> None:
    assert to_codes(np.array([-0.2, 1.3, np.inf, -np.inf])).tolist() == [0, 255, 255, 0]


@pytest.mark.parametrize("image", [np.array([0.1, np.nan]), np.array([1, 2], np.int32)], ids=["nan", "integers"])
def test_what_is_no_picture_is_refused(image: np.ndarray) -> None:
    with pytest.raises(UsageError, match="got a picture"):
        to_codes(image)


def test_an_unknown_rounding_is_refused() -> None:
    with pytest.raises(UsageError, match="nearest, down"):
        to_codes(np.zeros(3), "up")


@pytest.mark.parametrize("shapes", [((4, 5, 3), (5, 4, 3)), ((4, 5), (4, 5)), ((4, 5, 4), (4, 5, 4)), ((0, 5, 3),) * 2])
def test_only_rgb_pictures_of_one_size_are_compared(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(UsageError, match="one size"):
        code_pair(np.zeros(shapes[0], np.uint8), np.zeros(shapes[1], np.uint8))


def test_masks_weigh_from_0_to_1_whatever_their_type() -> None:
    grey = np.array([[0, 51, 255]], np.uint8)
    np.testing.assert_allclose(mask_weights(grey, (1, 3)), [[0, 0.2, 1]])
    np.testing.assert_allclose(mask_weights(grey > 0, (1, 3)), [[0, 1, 1]])
    np.testing.assert_allclose(mask_weights(np.array([[0.0, 0.5, 1.0]]), (1, 3)), [[0, 0.5, 1]])


@pytest.mark.parametrize(
    "mask", [np.zeros((2, 2)), np.full((2, 2), 3.0), np.ones((2, 3))], ids=["empty", "range", "size"]
)
def test_a_mask_that_does_not_fit_or_leaves_nothing_is_refused(mask: np.ndarray) -> None:
    with pytest.raises(UsageError, match="mask"):
        mask_weights(mask, (2, 2))
