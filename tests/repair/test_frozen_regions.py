"""A region that hangs is found; what rests, turns or is animated on twos is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from moving_textures import found, grain, pan, view

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


def test_a_small_tile_hung_for_six_frames_under_grain_is_found():
    frames = pan(16, speed=2)
    for place in range(6, 12):
        frames[place][60:110, 100:190] = frames[5][60:110, 100:190]
    grained = [frame + grain(place, 0.01) for place, frame in enumerate(frames)]
    assert found(grained) == {Kind.FROZEN: tuple(range(6, 12))}


def test_a_part_that_pauses_and_goes_on_from_where_it_stood_is_no_fault():
    frames = pan(16)
    for place, frame in enumerate(frames):
        frame[TILE] = view(400 + 6 * (place - min(max(place - 6, 0), 3)), seed=1)[TILE]
    assert found(frames) == {}


def test_a_ground_seen_between_two_things_that_pass_is_no_fault():
    ground, thing = view(700, seed=1), view(400)
    frames = []
    for place in range(18):
        frame = ground.copy()
        for left in (-260 + 45 * place, -700 + 45 * place):
            shown = slice(max(left, 0), max(left + 200, 0))
            frame[20:150, shown] = thing[20:150, : frame[:, shown].shape[1]]
        frame[155:] = view(40 + 3 * place)[155:]
        frames.append(frame)
    assert found(frames) == {}


def test_an_outline_of_cells_is_no_tile():
    frames = pan()
    ring = np.zeros(frames[0].shape[:2], np.uint8)
    cv2.rectangle(ring, (60, 30), (260, 150), 1, 12)
    frames[6] = np.where(ring[..., None] == 1, frames[5], frames[6])
    assert Kind.FROZEN not in found(frames)


def test_a_tile_that_hung_before_all_came_to_rest_is_found():
    frames = pan()
    for place in range(5, 8):
        frames[place][TILE] = frames[4][TILE]
    frames[9:] = [frames[8]] * 4
    assert found(frames) == {Kind.FROZEN: (5, 6, 7)}


def test_a_tile_hung_in_motion_that_slows_down_is_found():
    frames = [view(40 + x) for x in (0, 3, 6, 9, 12, 13, 14, 15, 16, 16, 17, 18, 18)]
    for place in range(5, 8):
        frames[place][TILE] = frames[4][TILE]
    assert found(frames) == {Kind.FROZEN: (5, 6, 7)}


def test_a_small_tile_that_hung_for_long_is_found():
    frames = pan(speed=1)
    for place in range(5, 9):
        frames[place][80:110, 130:165] = frames[4][80:110, 130:165]
    assert found(frames) == {Kind.FROZEN: (5, 6, 7, 8)}


def test_few_cells_that_stand_to_the_last_bit_in_fast_motion_are_found():
    frames = pan(16, speed=12)
    for place in range(7, 11):
        frames[place][60:90, 147:200] = frames[6][60:90, 147:200]
    assert found(frames) == {Kind.FROZEN: (7, 8, 9, 10)}


def test_a_tile_that_stands_to_the_last_bit_is_found_beside_a_part_that_rests():
    frames = pan(16, speed=12)
    for place, frame in enumerate(frames):
        seen = place - min(max(place - 6, 0), 4)
        frame[100:150, 40:90] = view(200 + 12 * seen, seed=1)[100:150, 40:90]
    for place in range(7, 11):
        frames[place][30:100, 150:250] = frames[6][30:100, 150:250]
    assert found(frames) == {Kind.FROZEN: (7, 8, 9, 10)}


def test_a_repeat_that_stirs_at_an_edge_is_no_part_that_hangs():
    frames = pan(speed=1)
    for place in range(5, 8):
        frames[place][:158] = frames[4][:158]
    assert Kind.FROZEN not in found(frames)


def test_a_hung_tile_is_found_where_a_codec_stirs_it():
    frames = pan(speed=1)
    for place in range(5, 8):
        frames[place][TILE] = frames[4][TILE]
    stirred = [frame + cv2.blur(grain(place, 0.0112), (7, 7)) for place, frame in enumerate(frames)]
    assert found(stirred) == {Kind.FROZEN: (5, 6, 7)}
