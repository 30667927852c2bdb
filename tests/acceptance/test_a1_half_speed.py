"""A1: half speed of a pan. What was there comes back bit for bit, the rest is where it belongs.

Ten frames of a ninth of HD, and two of full HD: every frame between costs seconds there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest

from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, numbers_in, read_frames, retime_arguments, same_bits, stacked, vfi

LEAST_PSNR = 38.0
LEAST_GAIN = 8.0  # dB over the plain mix of both neighbours
MOST_DRIFT = 0.001  # of the mean: 0.1 %

Frames = dict[int, tuple[dict[str, Any], dict[str, Pixels]]]


@dataclass(frozen=True)
class Slow:
    """One run of the command line over ten frames."""

    clip: material.Clip
    folder: Path
    log: str
    sources: Frames
    results: Frames


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Slow:
    return slowed(material.pan(640, 360), tmp_path_factory.mktemp("a1"))


def slowed(clip: material.Clip, folder: Path) -> Slow:
    pattern = clip.write(folder / "in")
    done = vfi(*retime_arguments(pattern, folder / "out" / "slow.####.exr", "--speed", "0.5", "--start", "1001"))
    assert done.returncode == 0, done.stderr
    results = read_frames(folder / "out", "slow", range(1001, 1001 + 2 * len(clip.numbers) - 1))
    return Slow(clip, folder / "out", done.stdout, read_frames(folder / "in", "pan", clip.numbers), results)


def in_betweens(slow: Slow) -> list[tuple[int, float]]:
    return [(number, 1001 + (number - 1001) / 2) for number in range(1002, 1019, 2)]


def test_nineteen_files_and_nothing_else_are_written(slow: Slow) -> None:
    assert numbers_in(slow.folder) == list(range(1001, 1020))
    assert len(list(slow.folder.iterdir())) == 19


def test_the_log_says_how_many_go_in_and_out(slow: Slow) -> None:
    assert "10 in, 19 out" in slow.log


def test_every_second_frame_is_its_source_bit_for_bit(slow: Slow) -> None:
    for number in slow.clip.numbers:
        output = slow.results[1001 + 2 * (number - 1001)][1]
        assert same_bits(output, slow.sources[number][1]), number


def test_in_betweens_are_near_the_truth_and_far_better_than_a_mix(slow: Slow) -> None:
    for number, position in in_betweens(slow):
        assert_near_the_truth(slow, number, position)


def assert_near_the_truth(slow: Slow, number: int, position: float) -> None:
    truth = slow.clip.truth(position)
    before, after = (stacked(slow.sources[int(position) + step][1]) for step in (0, 1))
    result = psnr_log(stacked(slow.results[number][1]), truth)
    mixed = psnr_log((before + after) / 2, truth)
    print(f"A1 frame {number}: {result:.2f} dB, 50/50 mix {mixed:.2f} dB")
    assert result >= LEAST_PSNR
    assert result >= mixed + LEAST_GAIN


def test_full_hd_is_slowed_down_as_well(tmp_path: Path) -> None:
    slow = slowed(material.pan(1920, 1080, count=2), tmp_path)
    for number, source in ((1001, 1001), (1003, 1002)):
        assert same_bits(slow.results[number][1], slow.sources[source][1])
    assert_near_the_truth(slow, 1002, 1001.5)


def test_in_betweens_are_as_bright_as_their_neighbours(slow: Slow) -> None:
    for number, position in in_betweens(slow):
        neighbours = np.mean([stacked(slow.sources[int(position) + step][1]).mean(dtype=np.float64) for step in (0, 1)])
        mean = stacked(slow.results[number][1]).mean(dtype=np.float64)
        assert abs(mean / neighbours - 1) < MOST_DRIFT, number


def test_windows_types_and_codec_are_those_of_the_source(slow: Slow) -> None:
    source = slow.sources[1001][0]
    for number, (header, channels) in slow.results.items():
        for entry in ("dataWindow", "displayWindow"):
            assert np.array_equal(header[entry], source[entry]), number
        assert header["compression"] == source["compression"]
        assert {name: plane.dtype for name, plane in channels.items()} == dict.fromkeys("BGR", np.float16)
