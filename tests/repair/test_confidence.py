"""Confidence on pictures whose agreement is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.repair.confidence import confidence_map, frame_confidence

RANDOM = np.random.default_rng(3)
STILL = FlowMotion.still(torch.zeros(1, 1, 60, 80), 0.5)


def texture() -> np.ndarray:
    return RANDOM.uniform(0.1, 0.9, (60, 80, 3)).astype(np.float32)


def test_equal_pictures_are_trusted_fully_and_unrelated_ones_not() -> None:
    first = texture()
    assert confidence_map(first, first, STILL).min() == pytest.approx(1, abs=1e-3)
    assert confidence_map(first, texture(), STILL).mean() < 0.05


def test_motion_that_is_known_is_taken_into_account() -> None:
    wide = texture()
    first, later = wide[:, 8:], wide[:, :-8]
    flow = torch.zeros(1, 2, 60, 72)
    half = torch.full((1, 1, 60, 72), 0.5)
    right, wrong = flow.clone(), flow.clone()
    right[:, 0], wrong[:, 0] = 4.0, -4.0
    found = confidence_map(first, later, FlowMotion(-right, right, half))
    assert found[8:-8, 12:-12].min() > 0.99
    assert confidence_map(first, later, FlowMotion(-wrong, wrong, half)).mean() < 0.1


def test_what_is_hidden_in_one_frame_is_not_trusted_just_there() -> None:
    first = texture()
    later = first.copy()
    later[20:40, 30:50] = texture()[20:40, 30:50]
    found = confidence_map(first, later, STILL)
    assert found[24:36, 34:46].max() < 0.5
    assert found[:16].min() > 0.99
    assert frame_confidence(found) < 0.3  # the square is 8 % of the picture


def test_light_grain_on_flat_walls_is_no_disagreement() -> None:
    """Grain of sigma 0.004 in the light of a grey wall, as the guide shows it."""
    guide = GuideTransform.for_space("lin_rec709").to_guide
    frames = [guide((0.18 + RANDOM.normal(0, 0.004, (60, 80, 3))).astype(np.float32)) for _ in range(2)]
    assert confidence_map(frames[0], frames[1], STILL).min() > 0.6


def test_a_frame_is_judged_by_its_worst_tenth() -> None:
    confidence = np.ones((10, 10), np.float32)
    confidence[0] = 0.2
    confidence[5, 5] = 0.0
    assert frame_confidence(confidence) == pytest.approx((9 * 0.2 + 0.0) / 10)
    assert frame_confidence(np.full((2, 2), 0.7, np.float32)) == pytest.approx(0.7)
