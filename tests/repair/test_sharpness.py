"""Blurred frames are found by what they lost; blur that is meant is not."""

from __future__ import annotations

import numpy as np
import pytest
from moving_textures import defocused, found, grain, pan, view, with_changes

from vfi_plugin.repair.finding import Kind


@pytest.mark.parametrize("sigma", [1.5, 2.0, 5.0])
def test_one_blurred_frame_of_a_pan_is_found(sigma):
    assert found(with_changes(pan(), {6: defocused(sigma)})) == {Kind.BLURRED: (6,)}


def test_fresh_grain_does_not_pass_for_structure():
    frames = with_changes(pan(), {6: defocused(2.0)})
    assert found([frame + grain(place) for place, frame in enumerate(frames)]) == {Kind.BLURRED: (6,)}


def test_a_focus_that_goes_and_comes_back_is_one_loss():
    breath = {4: 1.5, 5: 2.5, 6: 3.0, 7: 2.5, 8: 1.5}
    frames = with_changes(pan(), {place: defocused(sigma) for place, sigma in breath.items()})
    assert found(frames) == {Kind.BLURRED: (4, 5, 6, 7, 8)}


def test_the_first_frame_can_be_blurred():
    assert found(with_changes(pan(), {0: defocused(4.0)})) == {Kind.BLURRED: (0,)}


def test_motion_blur_of_a_whip_pan_is_no_fault():
    speeds = [2, 2, 2, 6, 16, 26, 30, 24, 12, 5, 2, 2, 2]
    positions = 40 + np.cumsum(speeds)
    frames = [view(x, blur_px=1 + speed // 2) for x, speed in zip(positions, speeds, strict=True)]
    assert found(frames) == {}


def test_one_frame_of_a_sudden_shake_smeared_along_its_motion_is_no_fault():
    xs = [100, 100, 100, 100, 100, 112, 112, 112, 112, 112, 112]
    assert found([view(x, blur_px=9 if place == 5 else 1) for place, x in enumerate(xs)]) == {}


@pytest.mark.parametrize("sigma", [1.5, 4.0])
def test_a_clip_that_is_soft_throughout_has_no_fault(sigma):
    frames = [defocused(sigma)(view(40 + 12 * place, blur_px=9)) for place in range(13)]
    assert found(frames) == {}


def test_focus_that_is_pulled_away_and_stays_is_no_fault():
    frames = with_changes(pan(), {place: defocused(0.5 * (place - 3)) for place in range(4, 13)})
    assert found(frames) == {}


def test_a_soft_background_behind_a_sharp_object_is_no_fault():
    frames = [defocused(3.0)(frame) for frame in pan(speed=1)]
    for place, frame in enumerate(frames):
        frame[40:140, 60 + 4 * place : 180 + 4 * place] = view(300, seed=1)[40:140, 60:180]
    assert found(frames) == {}


def test_fog_that_comes_and_goes_is_no_fault():
    density = [0, 0, 0.1, 0.3, 0.5, 0.6, 0.6, 0.5, 0.3, 0.1, 0, 0, 0]
    assert found([frame * (1 - fog) + 0.7 * fog for frame, fog in zip(pan(), density, strict=True)]) == {}


@pytest.mark.parametrize("period", [2, 4])
def test_a_codec_whose_frames_are_softer_in_turn_is_no_fault(period):
    frames = with_changes(pan(25), {place: defocused(0.45) for place in range(25) if place % period})
    assert found(frames) == {}
