"""A1 and A2 with the networks whose weights ship, as a retime uses them.

They were trained for minutes, and follow the fast classic. What is done to bright and to negative light depends on
neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest

import vfi_plugin as vfi
from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, read_frames, same_bits, stacked
from .shipped import FILES

A1_SIZE, LEAST_PSNR, LEAST_GAIN, MOST_DRIFT = (320, 180), 38.0, 8.0, 0.001
A2_SIZE, EXPOSURE, LEAST_EXPOSURE_PSNR = (400, 200), 8.0, 45.0


# A1: half speed


@dataclass(frozen=True)
class Slow:
    """Both frames of a clip, and the three that half speed made of them."""

    clip: material.Clip
    sources: list[dict[str, Pixels]]
    made: list[dict[str, Pixels]]


def retimed(name: str, clip: material.Clip, folder: Path) -> Slow:
    source, target = clip.write(folder / "in"), folder / "out" / "slow.####.exr"
    vfi.retime(source, target, speed=0.5, model=name, weights=str(FILES[name]), device="cpu")
    before = read_frames(folder / "in", clip.name, (1001, 1002)).values()
    after = read_frames(folder / "out", "slow", (1001, 1002, 1003)).values()
    return Slow(clip, [planes for _, planes in before], [planes for _, planes in after])


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A retime of the plain pan by each network, made when it is first asked for."""
    done: dict[str, Slow] = {}

    def by(name: str) -> Slow:
        if name not in done:
            done[name] = retimed(name, material.pan(*A1_SIZE, count=2), tmp_path_factory.mktemp(name))
        return done[name]

    return by


@pytest.mark.parametrize("name", FILES)
def test_frames_that_were_shot_stay_bit_for_bit(name: str, slow: Any) -> None:
    made, sources = slow(name).made, slow(name).sources
    assert same_bits(made[0], sources[0])
    assert same_bits(made[2], sources[1])


@pytest.mark.parametrize("name", FILES)
def test_the_frame_between_is_as_bright_as_its_neighbours(name: str, slow: Any) -> None:
    neighbours = np.mean([stacked(planes).mean(dtype=np.float64) for planes in slow(name).sources])
    assert abs(stacked(slow(name).made[1]).mean(dtype=np.float64) / neighbours - 1) < MOST_DRIFT


@pytest.mark.parametrize("name", FILES)
def test_the_frame_between_is_near_the_truth_and_far_better_than_a_mix(name: str, slow: Any) -> None:
    truth = slow(name).clip.truth(1001.5)
    result = psnr_log(stacked(slow(name).made[1]), truth)
    mixed = psnr_log(np.mean([stacked(planes) for planes in slow(name).sources], axis=0), truth)
    assert result >= LEAST_PSNR
    assert result >= mixed + LEAST_GAIN


# A2: light far above 1, below 0, and at another exposure


@dataclass(frozen=True)
class Bright:
    """The frame between the two of the clip, (H, W, 3), as shot and at eight times the exposure."""

    clip: material.Clip
    plain: Pixels
    brighter: Pixels

    def around(self, place: str, radius: int) -> Pixels:
        x, y = (round(value) for value in self.clip.place(place, 1001.5))
        return self.plain[y - radius : y + radius + 1, x - radius : x + radius + 1]


@pytest.fixture(scope="module")
def bright(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A retime of the HDR clip by each network, made when it is first asked for."""
    done: dict[str, Bright] = {}

    def by(name: str) -> Bright:
        if name not in done:
            clips = [material.hdr(*A2_SIZE, count=2, scale=scale) for scale in (1.0, EXPOSURE)]
            made = [retimed(name, clip, tmp_path_factory.mktemp(name)).made[1] for clip in clips]
            done[name] = Bright(clips[0], *map(stacked, made))
        return done[name]

    return by


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_made_up_beyond_those_of_the_source(name: str, bright: Any) -> None:
    plain = bright(name).plain
    assert np.isfinite(plain).all()
    assert plain.min() >= -0.0501
    assert plain.max() <= 3000.0


@pytest.mark.parametrize("name", FILES)
def test_the_disc_keeps_its_500(name: str, bright: Any) -> None:
    assert np.abs(bright(name).around("disc", 12) / 500.0 - 1).max() < 0.01


@pytest.mark.parametrize("name", FILES)
def test_the_grey_keeps_its_018(name: str, bright: Any) -> None:
    assert np.abs(bright(name).around("grey", 16) / 0.18 - 1).max() < 0.005


@pytest.mark.parametrize("name", FILES)
def test_the_negative_patch_stays_negative(name: str, bright: Any) -> None:
    patch = bright(name).around("negative", 10)
    assert patch.max() < -0.045
    if name == "adaconv":  # stands for itself in test_a2_networks too, where it would take as long once more
        assert np.abs(patch + 0.05).max() < 5e-4


@pytest.mark.parametrize("name", FILES)
def test_the_result_does_not_depend_on_the_exposure(name: str, bright: Any) -> None:
    assert psnr_log(bright(name).brighter / EXPOSURE, bright(name).plain) >= LEAST_EXPOSURE_PSNR
