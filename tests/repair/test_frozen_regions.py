"""A region that hangs is found; what rests, turns or is animated on twos is not."""

from __future__ import annotations

import numpy as np
import pytest
from moving_textures import found, pan, view

from vfi_plugin.repair.finding import Kind

TILE = np.s_[45:135, 80:200]


@pytest.mark.parametrize("length", [1, 3])
def test_a_hung_tile_is_found(length):
    frames = pan()
    for place in range(6, 6 + length):
        frames[place][TILE] = frames[5][TILE]
    assert found(frames) == {Kind.FROZEN: tuple(range(6, 6 + length))}


def test_a_display_over_the_picture_is_no_fault():
    frames = pan()
    for frame in frames:
        frame[TILE] = view(500, seed=1)[TILE]
    assert found(frames) == {}


def test_a_swing_that_turns_is_no_fault():
    frames = pan()
    for frame, x in zip(frames, [0, 6, 12, 18, 24, 30, 30, 24, 18, 12, 6, 0, 0], strict=True):
        frame[45:135, 80:200] = view(400 + x, seed=1)[45:135, 80:200]
    assert found(frames) == {}


def test_a_character_on_twos_is_no_fault():
    frames = pan()
    for place, frame in enumerate(frames):
        frame[TILE] = view(400 + 6 * (place // 2), seed=1)[TILE]
    assert found(frames) == {}


def test_a_held_frame_is_not_a_frozen_region():
    frames = pan()
    frames[6] = frames[5].copy()
    assert Kind.FROZEN not in found(frames)
    assert Kind.TORN not in found(frames)
