"""A3: a premultiplied disc with soft edges keeps its colour at every alpha, and nothing appears where nothing was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import material
import numpy as np
import pytest

import vfi_plugin
from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, read_frames, stacked

LEAST_ALPHA = 0.02
MOST_COLOUR_ERROR = 0.02
MOST_CENTROID_ERROR_PX = 0.3
EMPTY_PX = 40
RADIUS_PX = 60
LEAST_GAIN = 4.0  # dB over the mix: the background hardly moves, so the mix is good but for the disc


@dataclass(frozen=True)
class Retimed:
    """Sources and in-betweens as (H, W, 4) float32, by their numbers; in-between ``n`` is at ``position(n)``."""

    clip: material.Clip
    sources: dict[int, Pixels]
    between: dict[int, Pixels]


def position(number: int) -> float:
    return 1001 + (number - 1001) / 2


def retimed(clip: material.Clip, folder: Path) -> Retimed:
    pattern = clip.write(folder / "in")
    report = vfi_plugin.retime(pattern, folder / "out" / "slow.####.exr", speed=0.5)
    read = read_frames(folder / "out", "slow", report.written)
    frames = {number: stacked(channels, "RGBA") for number, (_, channels) in read.items()}
    sources = {1001 + (number - 1001) // 2: frame for number, frame in frames.items() if number % 2}
    return Retimed(clip, sources, {number: frame for number, frame in frames.items() if not number % 2})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Retimed:
    return retimed(material.soft_disc(), tmp_path_factory.mktemp("a3_alone"))


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Retimed:
    clip = replace(material.soft_disc(background=True), count=4)
    return retimed(clip, tmp_path_factory.mktemp("a3_over"))


def test_the_colour_is_orange_at_every_alpha(alone: Retimed) -> None:
    for number, frame in alone.between.items():
        seen = frame[..., 3] > LEAST_ALPHA
        colour = frame[seen][:, :3] / frame[seen][:, 3:]
        worst = float(np.abs(colour - np.asarray(material.ORANGE, np.float32)).max())
        print(f"A3 frame {number}: colour off by {worst:.4f} at most")
        assert worst < MOST_COLOUR_ERROR, number


def centroid(alpha: Pixels) -> Pixels:
    rows, columns = np.indices(alpha.shape)
    return np.array([(alpha * columns).sum(), (alpha * rows).sum()], np.float64) / alpha.sum(dtype=np.float64)


def test_the_disc_is_where_it_would_have_been_shot(alone: Retimed) -> None:
    for number, frame in alone.between.items():
        truth = alone.clip.truth(position(number), "A")[..., 0]
        distance = float(np.hypot(*(centroid(frame[..., 3]) - centroid(truth))))
        print(f"A3 frame {number}: centroid off by {distance:.3f} px")
        assert distance < MOST_CENTROID_ERROR_PX, number


def test_alpha_stays_between_0_and_1(alone: Retimed, over: Retimed) -> None:
    for frame in (*alone.between.values(), *over.between.values()):
        assert frame[..., 3].min() >= 0
        assert frame[..., 3].max() <= 1


def test_what_is_empty_all_around_in_both_frames_stays_exactly_empty(alone: Retimed) -> None:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * EMPTY_PX + 1, 2 * EMPTY_PX + 1))
    for number, frame in alone.between.items():
        earlier = int(position(number))
        covered = (alone.sources[earlier][..., 3] > 0) | (alone.sources[earlier + 1][..., 3] > 0)
        empty = cv2.dilate(covered.astype(np.uint8), disc) == 0
        assert empty.any()
        assert not frame[empty].any(), number


def test_over_a_moving_background_alpha_is_whole_and_the_disc_orange(over: Retimed) -> None:
    for number, frame in over.between.items():
        assert (frame[..., 3] == 1).all(), number
        x, y = over.clip.place("disc", position(number))
        rows, columns = np.indices(frame.shape[:2])
        inside = np.hypot(columns - x, rows - y) < RADIUS_PX - 12  # the falloff takes 8
        assert np.abs(frame[inside][:, :3] - np.asarray(material.ORANGE, np.float32)).max() < MOST_COLOUR_ERROR, number


def test_over_a_moving_background_in_betweens_beat_the_mix(over: Retimed) -> None:
    for number, frame in over.between.items():
        truth, earlier = over.clip.truth(position(number)), int(position(number))
        mixed = psnr_log((over.sources[earlier] + over.sources[earlier + 1])[..., :3] / 2, truth)
        result = psnr_log(frame[..., :3], truth)
        print(f"A3 over background, frame {number}: {result:.2f} dB, 50/50 mix {mixed:.2f} dB")
        assert result >= mixed + LEAST_GAIN, number
