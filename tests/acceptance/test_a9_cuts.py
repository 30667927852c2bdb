"""A9: a hard cut between two shots, with a flash and a whip pan that are no cuts, at a quarter of the speed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import material
import numpy as np
import pytest

import vfi_plugin
from vfi_plugin.evaluate.metrics import psnr_log

from .mending import command, findings
from .product import Pixels, numbers_in, read_frames, retime_arguments, same_bits, stacked, vfi_here

FIRST_OF_B = 1031
SLOWER = 4
# A frame of a mix has a quarter of the other shot at least; errors of motion look like less than a hundredth of it.
MOST_OF_THE_OTHER = 0.02
OUTPUTS = range(1001, 1001 + (72 - 1) * SLOWER + 1)


@dataclass(frozen=True)
class Shots:
    """The clip, and its frames retimed by motion with cuts found: output number -> channels."""

    clip: material.Clip
    pattern: str
    folder: Path
    report: vfi_plugin.RetimeReport
    results: dict[int, dict[str, Pixels]]


def position(number: int) -> float:
    return 1001 + (number - 1001) / SLOWER


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Shots:
    folder = tmp_path_factory.mktemp("a9")
    clip = material.shots(192, 108)
    pattern = clip.write(folder / "in")
    report = vfi_plugin.retime(pattern, folder / "out" / "slow.####.exr", speed="25%")
    frames = read_frames(folder / "out", "slow", report.written)
    return Shots(clip, pattern, folder, report, {number: channels for number, (_, channels) in frames.items()})


def test_the_only_cut_is_the_one_between_the_shots(shots: Shots) -> None:
    """Not the flash on 1045 and 1046, not the whip pan from 1060 to 1070."""
    assert shots.report.cuts == (FIRST_OF_B,)


def test_the_log_for_machines_tells_the_cut(shots: Shots) -> None:
    target = shots.folder / "machine" / "slow.####.exr"
    arguments = retime_arguments(
        shots.pattern, target, "--speed", "0.25", "--frames", "1117-1124", "--progress", "json"
    )
    done = vfi_here(*arguments)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["begin", *["frame"] * 8, "end"]
    assert str(FIRST_OF_B) in events[-1]["summary"]


def test_frames_over_the_cut_are_the_last_one_of_the_first_shot(shots: Shots) -> None:
    last_of_a = shots.results[1001 + (FIRST_OF_B - 1 - 1001) * SLOWER]
    _, source = material.read_exr(shots.clip.path(shots.folder / "in", FIRST_OF_B - 1))
    assert same_bits(last_of_a, source)
    over_the_cut = [number for number in OUTPUTS if FIRST_OF_B - 1 < position(number) < FIRST_OF_B]
    assert len(over_the_cut) == SLOWER - 1
    for number in over_the_cut:
        assert same_bits(shots.results[number], source), number


def test_no_frame_holds_anything_of_the_other_shot(shots: Shots) -> None:
    """Each frame is a sum of both shots at its moment, by least squares: the other one's share must vanish."""
    a, b = shots.clip.truth(FIRST_OF_B - 1), shots.clip.truth(FIRST_OF_B)
    for number in OUTPUTS:
        if not FIRST_OF_B - 3 <= position(number) <= FIRST_OF_B + 2:
            continue
        is_a = position(number) < FIRST_OF_B
        own = shots.clip.truth(
            position(number) if not FIRST_OF_B - 1 < position(number) < FIRST_OF_B else FIRST_OF_B - 1
        )
        share = other_share(stacked(shots.results[number]), own, b if is_a else a)
        print(f"A9 position {position(number)}: share of the other shot {share:+.5f}")
        assert abs(share) < MOST_OF_THE_OTHER, number


def other_share(picture: Pixels, own: Pixels, other: Pixels) -> float:
    inner = (slice(16, -16), slice(16, -16))
    basis = np.stack([own[inner].ravel(), other[inner].ravel(), np.ones(own[inner].size)], axis=-1).astype(np.float64)
    shares, *_ = np.linalg.lstsq(basis, picture[inner].ravel().astype(np.float64), rcond=None)
    return float(shares[1])


def test_motion_is_found_on_both_sides_of_the_cut_and_after_the_flash(shots: Shots) -> None:
    for number in (1001 + (at - 1001) * SLOWER + 2 for at in (1010, 1029, 1031, 1042, 1050)):
        earlier = int(position(number))
        truth = shots.clip.truth(position(number))
        mixed = psnr_log((shots.clip.truth(earlier) + shots.clip.truth(earlier + 1)) / 2, truth)
        result = psnr_log(stacked(shots.results[number]), truth)
        print(f"A9 position {position(number)}: {result:.2f} dB, 50/50 mix {mixed:.2f} dB")
        assert result >= mixed + 5, number


def test_as_many_frames_come_out_with_cuts_as_without(shots: Shots) -> None:
    options = {"speed": "25%", "method": "blend"}
    report = vfi_plugin.retime(shots.pattern, shots.folder / "off" / "slow.####.exr", cuts="off", **options)
    assert report.cuts == ()
    assert numbers_in(shots.folder / "out") == numbers_in(shots.folder / "off") == list(OUTPUTS)


def test_without_cuts_the_shots_do_mix_so_the_test_above_can_fail(shots: Shots) -> None:
    target = shots.folder / "mixed" / "slow.####.exr"
    vfi_plugin.retime(shots.pattern, target, speed="25%", method="blend", cuts="off", frames="1119")
    _, channels = material.read_exr(shots.folder / "mixed" / "slow.1119.exr")
    a, b = shots.clip.truth(FIRST_OF_B - 1), shots.clip.truth(FIRST_OF_B)
    assert other_share(stacked(channels), a, b) > 0.4


def test_cuts_given_by_hand_are_taken_as_they_are(shots: Shots) -> None:
    target = shots.folder / "hand" / "slow.####.exr"
    report = vfi_plugin.retime(
        shots.pattern, target, speed="25%", method="blend", cuts="1011 1031", frames="1039-1041 1119"
    )
    assert report.cuts == (1011, 1031)
    _, source = material.read_exr(shots.clip.path(shots.folder / "in", 1010))
    for number, (_, channels) in read_frames(shots.folder / "hand", "slow", (1039, 1040)).items():
        assert same_bits(channels, source), number


def test_a_scan_lists_the_one_cut_and_the_flash_as_a_flash_and_nothing_of_the_whip_pan(shots: Shots) -> None:
    report = shots.folder / "scan.json"
    done = command("scan", shots.pattern, "--report", report)
    assert done.code == 0, done.err
    assert json.loads(report.read_text("utf-8"))["context"]["cuts"] == [FIRST_OF_B]
    assert [(found["kind"], frame) for found in findings(report) for frame in found["frames"]] == [
        ("flash", 1045),
        ("flash", 1046),
    ]
