"""Torn frames are found by rows that are not of the picture; pictures made of parts are not torn."""

from __future__ import annotations

import numpy as np
import pytest
from moving_textures import HEIGHT, WIDTH, defocused, found, grain, pan, places, series_of, view, with_changes

from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.frame_faults import judged


def random_rows(rows):
    def change(frame):
        frame[rows] = np.random.default_rng(3).random(frame[rows].shape, np.float32)
        return frame

    return change


def one_colour(rows, colour):
    def change(frame):
        frame[rows] = np.float32(colour)
        return frame

    return change


RUINED = {
    "lower half random": random_rows(slice(HEIGHT // 2, None)),
    "upper half random": random_rows(slice(0, HEIGHT // 2)),
    "every second row random": random_rows(slice(None, None, 2)),
    "grey macroblocks": one_colour(slice(112, 160), 0.55),
    "green from the middle down": one_colour(slice(96, None), (0.0, 0.53, 0.0)),
    "rows shifted": lambda frame: np.concatenate([frame[:60], np.roll(frame[60:120], 12, axis=1), frame[120:]]),
}


@pytest.mark.parametrize("how", RUINED)
def test_a_ruined_frame_is_torn(how):
    assert found(with_changes(pan(), {6: RUINED[how]})) == {Kind.TORN: (6,)}


def test_two_ruined_frames_in_a_row_are_torn():
    ruined = random_rows(slice(HEIGHT // 2, None))
    assert found(with_changes(pan(), {6: ruined, 7: ruined})) == {Kind.TORN: (6, 7)}


@pytest.mark.parametrize("shift", [0, 10])
def test_rows_of_the_frame_before_are_a_tear(shift):
    frames = pan(speed=6)
    frames[6][80:] = np.roll(frames[5], shift, axis=1)[80:]
    assert found(frames) == {Kind.TORN: (6,)}


def test_rows_of_the_frame_before_are_a_tear_in_slow_motion_under_grain_too():
    frames = pan(speed=1)
    frames[6][80:] = frames[5][80:]
    assert found([frame + grain(place, 0.006) for place, frame in enumerate(frames)]) == {Kind.TORN: (6,)}


def test_upper_rows_of_the_frame_before_are_a_tear_twice_within_a_second():
    frames = pan(20, speed=1)
    for place in (6, 12):
        frames[place][:70] = frames[place - 1][:70]
    told = judged(*series_of([frame + grain(place, 0.008) for place, frame in enumerate(frames)])).findings
    assert places(told) == {Kind.TORN: (6, 12)}
    assert told[0].why.startswith("the upper 38 % of the rows")  # 70 of 180 rows, in eighteenths, 7


def test_lower_rows_that_pause_and_go_on_from_where_they_stood_are_no_tear():
    frames = pan(speed=1)
    for place, frame in enumerate(frames):
        frame[80:] = view(400 + place - (place >= 6), seed=1)[80:]
    assert found(frames) == {}


def test_a_band_that_takes_most_of_the_structure_with_it_is_a_tear_and_no_blur():
    frames = [0.5 + 0.6 * (frame - 0.4) for frame in pan(speed=1)]
    assert found(with_changes(frames, {6: one_colour(slice(25, 150), 0.5)})) == {Kind.TORN: (6,)}


def test_a_blur_of_a_picture_with_texture_in_some_rows_alone_is_no_tear():
    frames = pan()
    for frame in frames:
        for rows in (slice(0, 60), slice(130, None)):
            frame[rows] = 0.4 + 0.02 * (frame[rows] - 0.4)
    assert found(with_changes(frames, {6: defocused(4)})) == {Kind.BLURRED: (6,)}


def test_a_grey_band_is_a_tear_in_a_faint_picture_too():
    frames = [0.4 + 0.3 * (frame - 0.4) for frame in pan()]
    assert found(with_changes(frames, {6: one_colour(slice(60, 130), 0.4)})) == {Kind.TORN: (6,)}


def test_letterbox_is_no_tear():
    bars = dict.fromkeys(range(13), lambda frame: one_colour(slice(150, None), 0)(one_colour(slice(0, 30), 0)(frame)))
    assert found(with_changes(pan(), bars)) == {}


def test_a_split_screen_is_no_tear():
    frames = pan()
    for place, frame in enumerate(frames):
        frame[90:] = view(400 - 5 * place, seed=1)[90:]
    assert found(frames) == {}


def test_a_caption_that_comes_and_stays_is_no_tear():
    def caption(frame):
        frame[150:170, 40:280:12] = 1.0
        frame[150:170:6, 40:280] = 1.0
        return frame

    assert found(with_changes(pan(), dict.fromkeys(range(6, 13), caption))) == {}


def test_a_thing_that_passes_is_no_tear():
    frames = pan(speed=1)
    for place, frame in enumerate(frames):
        left = -100 + 45 * place
        frame[70:120, max(left, 0) : max(left + 100, 0)] = (0.9, 0.1, 0.1)
    assert found(frames) == {}


def test_a_shake_of_the_camera_is_no_tear():
    shake = np.random.default_rng(1).integers(-8, 9, (13, 2))
    assert found([view(200 + x, 100 + int(y)) for x, y in shake]) == {}


def test_a_rolling_shutter_is_no_tear():
    offsets = [0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0]
    frames = []
    for offset in offsets:
        wide = view(200)
        lean = [np.roll(wide[row], round(offset * row / HEIGHT), axis=0) for row in range(HEIGHT)]
        frames.append(np.stack(lean))
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    assert found(frames) == {}
