"""Lost frames: jumps that the motion around them does not explain."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.scan_report import ScanReport

from .made_clip import FIRST, HEIGHT, WIDTH, Picture, backdrop, grained, pan, report_on


def drops(report: ScanReport) -> list[tuple[int, int]]:
    """Place of the frame after each gap, and how many are lost."""
    return [(finding.frames[1] - FIRST, finding.lost) for finding in report.of_kind(Kind.DROPPED)]


def without(count: int, *lost: int) -> list[float]:
    return [float(place) for place in range(count) if place not in lost]


@pytest.mark.parametrize("sigma", [0.0, 0.01])
def test_lost_frames_are_counted(sigma: float) -> None:
    report = report_on(list(grained(pan(without(34, 8, 18, 19)), sigma)))
    assert drops(report) == [(8, 1), (17, 2)]
    assert report.findings[0].frames == (FIRST + 7, FIRST + 8)
    assert len(report.findings) == 2


def test_a_slow_pan_that_loses_a_frame_is_seen_by_a_fraction_of_a_pixel() -> None:
    slow = [0.7 * place for place in without(16, 8)]
    assert drops(report_on(list(grained(pan(slow, step=1.0), 0.004)))) == [(8, 1)]


def test_acceleration_and_the_start_of_a_whip_pan_lose_nothing() -> None:
    steps = np.array([1.0] * 8 + [1, 1.3, 1.7, 2.2, 2.9, 3.7, 4.8, 6.3] + [8.0] * 6)
    assert not report_on(pan(list(np.cumsum(steps)), step=1.0)).findings
    start = np.array([1.0] * 8 + [2.0] * 10)
    assert not report_on(pan(list(np.cumsum(start)), step=2.0)).findings


def test_the_shake_of_a_hand_loses_nothing() -> None:
    shake = np.random.default_rng(7).normal(2.0, 1.2, 40)
    assert not drops(report_on(pan(list(np.cumsum(shake)), step=1.0)))


def drives(places: list[float]) -> list[Picture]:
    """What comes nearer by 3 % a frame, seen from a car that shakes by a pixel and more, another way each frame."""
    ahead = cv2.resize(backdrop(4, 2 * HEIGHT, 2 * WIDTH), None, fx=2.0, fy=2.0)
    shake = np.random.default_rng(11).normal(0.0, 1.3, (40, 2))
    pictures = []
    for number, place in enumerate(places):
        scale, (right, down) = 1.03**place / 2.0, shake[number]
        matrix = np.array(
            [
                [scale, 0, 0.5 * WIDTH + right - scale * 0.5 * ahead.shape[1]],
                [0, scale, 0.5 * HEIGHT + down - scale * 0.5 * ahead.shape[0]],
            ],
            np.float32,
        )
        pictures.append(cv2.warpAffine(ahead, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA))
    return pictures


def test_shake_does_not_hide_that_what_comes_nearer_jumps() -> None:
    assert drops(report_on(drives(without(22, 11)))) == [(11, 1)]
    assert not drops(report_on(drives(without(21))))


def test_a_cut_loses_nothing() -> None:
    report = report_on([*pan(without(12), seed=1), *pan(without(12), seed=2)])
    assert not report.findings


def test_a_hole_in_the_numbers_is_one_finding_and_no_jump() -> None:
    numbers = [FIRST + n for n in range(20) if n not in (9, 10, 11)]
    report = report_on(pan(without(20, 9, 10, 11)), numbers=numbers)
    assert [(finding.kind, finding.frames) for finding in report.findings] == [
        (Kind.MISSING, (FIRST + 9, FIRST + 10, FIRST + 11))
    ]


def test_a_repeat_and_a_lost_frame_elsewhere_are_both_found() -> None:
    positions = without(40, 25)
    positions[10] = positions[9]
    report = report_on(pan(positions))
    assert report.frames_of(Kind.DUPLICATE) == (FIRST + 10,)
    assert drops(report) == [(25, 1)]


def test_frames_left_out_at_equal_distances_are_a_cadence() -> None:
    report = report_on(pan([place for place in range(50) if place % 5 != 4]))
    assert not report.findings
    [cadence] = report.context.cadences
    assert cadence.pattern == (1, 1, 1, 1, 0)
