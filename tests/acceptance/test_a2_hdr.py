"""A2: highlights of 500 and 3000, values below zero, and a result that does not depend on the exposure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import material
import numpy as np
import pytest

import vfi_plugin
from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, read_frames, stacked

DISC, DISC_RADIUS_PX = 500.0, 32
SPECULAR, NEGATIVE, GREY = 3000.0, -0.05, 0.18
RING_PX = 4
EXPOSURE = 8.0
LEAST_EXPOSURE_PSNR = 45.0
# On the log scale of ``psnr_log`` one stop at mid-grey is 0.16: this is a sixth of a stop, plainly seen as a ring.
WRONG = 0.03


@dataclass(frozen=True)
class Bright:
    """The clip at both exposures, retimed to half speed: output number -> (H, W, 3)."""

    clip: material.Clip
    plain: dict[int, Pixels]
    brighter: dict[int, Pixels]


@pytest.fixture(scope="module")
def bright(tmp_path_factory: pytest.TempPathFactory) -> Bright:
    folder = tmp_path_factory.mktemp("a2")
    clip = material.hdr(640, 360, count=3)
    plain = retimed(clip, folder / "plain")
    return Bright(clip, plain, retimed(material.hdr(640, 360, count=3, scale=EXPOSURE), folder / "brighter"))


def retimed(clip: material.Clip, folder: Path) -> dict[int, Pixels]:
    pattern = clip.write(folder / "in")
    report = vfi_plugin.retime(pattern, folder / "out" / "slow.####.exr", speed=0.5)
    frames = read_frames(folder / "out", "slow", report.written)
    return {number: stacked(channels) for number, (_, channels) in frames.items() if number % 2 == 0}


def position(number: int) -> float:
    return 1001 + (number - 1001) / 2


def around(picture: Pixels, clip: material.Clip, place: str, number: int, radius: int) -> Pixels:
    x, y = (round(value) for value in clip.place(place, position(number)))
    return picture[y - radius : y + radius + 1, x - radius : x + radius + 1]


def test_no_value_is_made_up_beyond_those_of_the_source(bright: Bright) -> None:
    for picture in bright.plain.values():
        assert np.isfinite(picture).all()
        assert picture.min() >= NEGATIVE - 1e-4
        assert picture.max() <= SPECULAR


def test_the_disc_keeps_its_500_and_the_grey_its_018(bright: Bright) -> None:
    for number, picture in bright.plain.items():
        disc = around(picture, bright.clip, "disc", number, DISC_RADIUS_PX // 2)
        grey = around(picture, bright.clip, "grey", number, 40)
        assert np.abs(disc / DISC - 1).max() < 0.01, number
        assert np.abs(grey / GREY - 1).max() < 0.005, number


def test_the_negative_patch_stays_negative(bright: Bright) -> None:
    for number, picture in bright.plain.items():
        assert np.abs(around(picture, bright.clip, "negative", number, 24) - NEGATIVE).max() < 1e-4, number


def test_the_specular_survives_where_it_belongs(bright: Bright) -> None:
    """A line one pixel wide moved by half frames is spread over two: its energy is what counts."""
    for number, picture in bright.plain.items():
        pair = picture, truth(bright, number)
        energy, wanted = (around(frame, bright.clip, "specular", number, 6).sum() for frame in pair)
        assert abs(energy / wanted - 1) < 0.05, number


def test_no_ring_of_wrong_pixels_surrounds_the_disc(bright: Bright) -> None:
    for number, picture in bright.plain.items():
        x, y = bright.clip.place("disc", position(number))
        rows, columns = np.indices(picture.shape[:2])
        reach = np.hypot(columns - x, rows - y)
        near = (np.abs(reach - DISC_RADIUS_PX) > RING_PX) & (reach < DISC_RADIUS_PX + 30)
        wrong = (np.abs(log_curve(picture) - log_curve(truth(bright, number))) > WRONG).any(axis=-1)
        print(f"A2 frame {number}: {np.count_nonzero(wrong & near)} wrong pixels off the edge of the disc")
        assert not (wrong & near).any(), number


def log_curve(picture: Pixels) -> Pixels:
    return np.log2(1 + 16 * np.maximum(picture, 0)) / np.log2(17)


def test_in_betweens_are_far_better_than_a_mix(bright: Bright) -> None:
    """Where an edge of 500 falls on another part of a pixel, all methods lose: hence no bound on the number itself."""
    for number, picture in bright.plain.items():
        earlier = int(position(number))
        neighbours = bright.clip.truth(earlier), bright.clip.truth(earlier + 1)
        mixed = psnr_log(np.mean(neighbours, axis=0), truth(bright, number))
        result = psnr_log(picture, truth(bright, number))
        print(f"A2 frame {number}: {result:.2f} dB, 50/50 mix {mixed:.2f} dB")
        assert result >= mixed + 8, number


def truth(bright: Bright, number: int) -> Pixels:
    return bright.clip.truth(position(number))


def test_three_stops_brighter_gives_the_same_picture_three_stops_brighter(bright: Bright) -> None:
    for number, picture in bright.plain.items():
        result = psnr_log(bright.brighter[number], picture * EXPOSURE)
        print(f"A2 frame {number}: exposure test {result:.2f} dB")
        assert result >= LEAST_EXPOSURE_PSNR
