"""Frames that repeat the one before: what is one, and above all what is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vfi_plugin.repair.decisions import decide
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import ScanReport

from .made_clip import FIRST, HEIGHT, WIDTH, MadeClip, Picture, backdrop, grained, pan, report_on, series_of, view


def repeats(report: ScanReport) -> list[int]:
    return [frame - FIRST for frame in report.frames_of(Kind.DUPLICATE)]


def frozen(count: int, *copies: int) -> list[float]:
    """The moments of a pan whose frames at these places show the one before once more; time goes on."""
    positions = [float(place) for place in range(count)]
    for place in copies:
        positions[place] = positions[place - 1]
    return positions


@pytest.mark.parametrize("sigma", [0.0, 0.004, 0.02])
def test_copies_with_noise_of_their_own_are_found_and_nothing_else(sigma: float) -> None:
    pictures = list(grained(pan(frozen(30, 6, 13, 14, 15, 22)), sigma))
    report = report_on(pictures)
    assert repeats(report) == [6, 13, 14, 15, 22]
    assert [len(finding.frames) for finding in report.findings] == [1, 3, 1]
    assert not report.of_kind(Kind.DROPPED)  # the jump after a copy is explained by it


def test_a_copy_that_was_put_in_is_found_too() -> None:
    assert repeats(report_on(pan([0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 11, 12]))) == [7]


def coded(picture: Picture, quality: int) -> Picture:
    codes = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
    data = cv2.imencode(".jpg", codes, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.float32) / 255


def test_copies_that_went_through_a_codec_are_found() -> None:
    pictures = [coded(picture, 94 + n % 3) for n, picture in enumerate(pan(frozen(24, 7, 15)))]
    assert repeats(report_on(pictures)) == [7, 15]


def test_copies_whose_coarse_grain_went_through_a_codec_are_found_by_their_rest() -> None:
    random = np.random.default_rng(5)
    pictures = []
    for picture in pan(frozen(20, 7, 13, 14), step=2.0):
        grain = cv2.GaussianBlur(random.standard_normal(picture.shape).astype(np.float32), (0, 0), 0.6)
        pictures.append(coded(picture + 0.007 * grain / grain.std(), 90))
    assert repeats(report_on(pictures)) == [7, 13, 14]


def test_a_copy_to_the_last_bit_is_found_where_only_fine_structure_moves() -> None:
    fine = np.random.default_rng(9).uniform(0.4, 0.5, (HEIGHT, 3 * WIDTH, 3)).astype(np.float32)
    slope = np.linspace(0, 0.2, HEIGHT, dtype=np.float32)[:, None, None]
    pictures = [view(fine, 3 * position) + slope for position in frozen(14, 9)]
    assert repeats(report_on(pictures)) == [9]


def test_a_small_thing_that_stops_in_a_locked_off_shot_is_enough() -> None:
    still, thing = view(backdrop(3), 0), np.full((14, 14, 3), 0.7, np.float32)

    def shot(position: float) -> Picture:
        picture = still.copy()
        x = round(20 + 4 * position)
        picture[40:54, x : x + 14] = thing
        return picture

    assert repeats(report_on(list(grained([shot(p) for p in frozen(24, 9, 16)], 0.004)))) == [9, 16]


@pytest.mark.parametrize("sigma", [0.0, 0.01])
def test_a_static_shot_has_no_repeats(sigma: float) -> None:
    assert not report_on(list(grained(pan([0.0] * 24), sigma))).findings


@pytest.mark.parametrize("sigma", [0.0, 0.004])
def test_a_pan_that_rests_for_ten_frames_has_no_repeats(sigma: float) -> None:
    positions = [*range(10), *([10] * 10), *range(11, 21)]
    assert not report_on(list(grained(pan(positions), sigma))).findings


def test_a_slow_pan_has_no_repeats_however_small_its_steps_are() -> None:
    assert not report_on(list(grained(pan(list(range(24)), step=0.1), 0.004))).findings


@pytest.mark.parametrize("codes", [False, True])
def test_a_fade_and_a_title_have_no_repeats(codes: bool) -> None:
    letters = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    cv2.putText(letters, "VFI", (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (200, 200, 200), 3)
    title = letters.astype(np.float32) / 255
    light = [*([0.0] * 4), *np.linspace(0, 1, 40), *([1.0] * 12), *np.linspace(1, 0, 40), *([0.0] * 4)]
    pictures = [(title + 0.02) * level for level in light]
    if codes:  # whole steps of 8 bits: most pixels stay for some frames, then all go on
        pictures = [np.rint(picture * 255) / 255 for picture in pictures]
    assert not report_on(pictures).findings


def test_a_dissolve_between_two_stills_has_no_repeats() -> None:
    a, b = view(backdrop(4), 0), view(backdrop(5), 0)
    shares = [*([0.0] * 8), *np.linspace(0, 1, 21), *([1.0] * 8)]
    report = report_on(list(grained([a * (1 - share) + b * share for share in shares], 0.004)))
    assert not report.findings
    [(first, last)] = report.context.dissolves
    assert FIRST + 8 <= first < FIRST + 18 < last <= FIRST + 29


def test_a_swing_has_no_repeat_where_it_turns() -> None:
    swing = 6 * np.cos(np.arange(40) * np.pi / 8 + np.pi / 16)  # two frames at each turn are at the same place
    assert not report_on(list(grained(pan(list(swing), step=1.0), 0.002))).findings


def test_no_frame_is_compared_with_one_of_another_shot() -> None:
    other = cv2.resize(
        backdrop(6)[:24, :40], (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )  # shapes four times as large
    pictures = [*pan(list(range(10))), *(view(other, 3 * place) for place in range(10))]
    report = report_on(pictures)
    assert report.context.cuts == (FIRST + 10,)
    assert not report.findings


@pytest.mark.parametrize("hold", [2, 3])
def test_animation_on_twos_and_threes_begins_each_hold_with_a_picture_of_its_own(hold: int) -> None:
    report = report_on(pan([place // hold for place in range(24)], step=6.0))
    assert repeats(report) == [place for place in range(24) if place % hold]
    [cadence] = report.context.cadences
    assert (cadence.pattern, cadence.first, cadence.last) == ((hold,), FIRST, FIRST + 23)
    assert all("on twos" in f.why or "on threes" in f.why for f in report.findings)


def test_24_in_30_is_found_up_to_the_last_frame_and_named() -> None:
    positions = [place * 4 // 5 for place in range(1, 31)]  # 0 1 2 3 3 4 5 6 7 7 ...
    report = report_on(pan(positions))
    assert repeats(report) == [place for place in range(1, 30) if positions[place] == positions[place - 1]]
    [cadence] = report.context.cadences
    assert sorted(cadence.pattern) == [1, 1, 1, 2]


def test_a_freeze_every_five_frames_is_no_cadence_but_lost_frames() -> None:
    report = report_on(pan(frozen(30, 4, 9, 14, 19, 24, 29)))
    assert repeats(report) == [4, 9, 14, 19, 24, 29]
    assert not report.context.cadences
    assert "lost" in report.findings[0].why


def test_a_factor_makes_findings_fewer_or_more() -> None:
    pictures = list(grained(pan(frozen(24, 8)), 0.02))
    series = series_of(MadeClip(pictures.__getitem__, len(pictures)))
    [found] = decide(series, ScanOptions()).findings
    fewer = ScanOptions(thresholds={"duplicate": 2 * found.score})
    more = ScanOptions(thresholds={"duplicate": found.score / 2})
    assert not decide(series, fewer).findings
    assert decide(series, more).findings[0].score == pytest.approx(2)
