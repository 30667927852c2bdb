"""Values that do not fit a class are told of, and ordinary pictures are left in peace."""

from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_sanity import value_warnings

from .channel_headers import part


def warnings_for(channel: str, plane: np.ndarray, kind: str = "float") -> str:
    (found,) = value_warnings(classify([part(channel, kind)]), [plane.astype(np.float32)])
    return " ".join(found)


def blocks() -> np.ndarray:
    """64 blocks of 8 x 8 pixels, each with a whole number of its own: what an ID pass looks like."""
    numbers = np.random.default_rng(1).permutation(64).reshape(8, 8) * 37.0
    return np.kron(numbers, np.ones((8, 8)))


def test_whole_numbers_with_hard_edges_suggest_ids() -> None:
    assert "class id" in warnings_for("tech.R", blocks())


def test_whole_numbers_with_soft_edges_are_a_picture() -> None:
    ramp = np.add.outer(np.arange(64), np.arange(64))
    assert not warnings_for("tech.R", ramp)


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0, 1, ""), (-0.005, 1.005, ""), (0, 7, "class data"), (-1, 1, "class data")]
)
def test_a_matte_outside_its_range_suggests_data(low: float, high: float, expected: str) -> None:
    found = warnings_for("mask.a", np.linspace(low, high, 64).reshape(8, 8))
    assert expected in found
    assert bool(found) is bool(expected)


def test_vectors_that_rest_at_a_half_suggest_an_offset() -> None:
    plane = np.full((16, 16), 0.5)
    plane[4:9, 4:9] = 0.8
    assert "offset=0.5" in warnings_for("velocity.R", plane)
    assert not warnings_for("velocity.R", (plane - 0.5) * 40)


def test_values_that_are_no_numbers_are_left_aside() -> None:
    assert not warnings_for("mask.a", np.full((4, 4), np.nan))
    with_holes = np.linspace(0, 1, 64).reshape(8, 8)
    with_holes[0, 0] = np.inf
    assert not warnings_for("mask.a", with_holes)
