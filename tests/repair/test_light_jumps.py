"""Flashes and lost pictures are found; light that is meant is not."""

from __future__ import annotations

import numpy as np
import pytest
from moving_textures import defocused, found, grain, pan, times, with_changes

from vfi_plugin.repair.finding import Kind


@pytest.mark.parametrize("gain", [1.5, 4.0, 0.5, 0.2])
@pytest.mark.parametrize("length", [1, 3])
def test_light_that_jumps_and_comes_back_is_a_flash(gain, length):
    frames = with_changes(pan(), dict.fromkeys(range(5, 5 + length), times(gain)))
    assert found(frames) == {Kind.FLASH: tuple(range(5, 5 + length))}


def test_white_frames_are_a_flash():
    assert found(with_changes(pan(), {6: times(50)})) == {Kind.FLASH: (6,)}


def test_what_is_cut_off_below_white_is_a_flash_too():
    cut_off = dict.fromkeys((5, 6), lambda frame: np.full_like(frame, 0.72))
    assert found(with_changes([frame.clip(0, 0.7) for frame in pan()], cut_off)) == {Kind.FLASH: (5, 6)}


def test_a_flash_is_found_around_which_all_is_the_black_of_broadcast_levels():
    frames = [np.full_like(frame, 0.06) for frame in pan()]
    for place, (frame, seen) in enumerate(zip(frames, pan(), strict=True)):
        frame[30:150, 60:260] = seen[30:150, 60:260] * (2 if place in (5, 6) else 1)
    assert found(frames) == {Kind.FLASH: (5, 6)}


def test_black_is_found_in_a_picture_of_little_contrast_under_grain():
    frames = [0.4 + 0.15 * (frame - 0.4) for frame in pan()]
    black = [frame + grain(place, 0.006) for place, frame in enumerate(with_changes(frames, {6: times(0)}))]
    assert found(black) == {Kind.BLACK: (6,)}


def test_two_photo_flashes_are_found():
    assert found(with_changes(pan(16), {5: times(1.8), 10: times(1.8)})) == {Kind.FLASH: (5, 10)}


def gains(*levels):
    return [frame * np.float32(level) for frame, level in zip(pan(len(levels)), levels, strict=True)]


def test_an_explosion_that_decays_is_no_flash():
    assert found(gains(1, 1, 1, 1, 1.4, 1.35, 1.3, 1.25, 1.2, 1.15, 1.1, 1.05, 1)) == {}


def test_a_lamp_switched_on_is_no_flash():
    assert found(gains(1, 1, 1, 1, 1, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4)) == {}


def test_a_strobe_is_no_flash():
    assert found(gains(*([1, 1, 1, 1.4] * 5))) == {}


def test_a_flicker_is_no_flash():
    assert found(gains(*([1, 1.3] * 8))) == {}


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("colour", [(0, 0, 0), (0.1, 0.5, 0.2)])
def test_frames_without_a_picture_are_found(length, colour):
    flat = dict.fromkeys(range(5, 5 + length), lambda frame: np.zeros_like(frame) + np.float32(colour))
    assert found(with_changes(pan(), flat)) == {Kind.BLACK: tuple(range(5, 5 + length))}


def test_a_fade_to_black_and_back_is_no_fault():
    assert found(gains(1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0.2, 0.4, 0.6, 0.8, 1, 1)) == {}


def test_a_fade_out_is_no_fault():
    assert found(gains(1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0, 0)) == {}


def test_black_between_two_shots_is_no_fault():
    black = [np.zeros_like(pan(1)[0])]
    frames = [*pan(6), *black, *pan(6, seed=1)]
    assert found(frames, [0] * 6 + [1] + [2] * 6) == {}


def test_black_at_the_ends_is_no_fault():
    black = [np.zeros_like(pan(1)[0])] * 2
    assert found([*black, *pan(8), *black]) == {}


def test_a_jump_of_light_from_shot_to_shot_is_no_flash():
    frames = [*pan(6), *[defocused(1.0)(2 * frame).clip(0, 1) for frame in pan(2, seed=1)], *pan(6)]
    assert found(frames, [0] * 6 + [1] * 2 + [2] * 6) == {}
