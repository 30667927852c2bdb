"""A2 with every network: what it predicts moves values of 3000 and -0.05 as it moves any other.

The weights are random and quiet, so frames between are mixes of both neighbours nearly in place; what is tested is what
is done to the values, not where they go.
"""

from __future__ import annotations

from dataclasses import dataclass

import material
import numpy as np
import pytest
from calm_networks import NETWORKS, PAINTING, calm_weights

import vfi_plugin
from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, read_frames, stacked

EXPOSURE = 8.0
LEAST_EXPOSURE_PSNR = 45.0
SIZE = (400, 200)  # smaller, and the patches overlap
QUICK = [name for name in NETWORKS if name != "adaconv"]
"""All but the slowest: test_shipped_networks asks the same of it, with the weights that ship."""


@dataclass(frozen=True)
class Between:
    """The frame between two of the clip, (H, W, 3), as shot and at eight times the exposure."""

    name: str
    clip: material.Clip
    plain: Pixels
    brighter: Pixels


@pytest.fixture(scope="module", params=QUICK)
def between(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Between:
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    weights = str(calm_weights(name, folder))
    made = []
    for exposure in (1.0, EXPOSURE):
        clip = material.hdr(*SIZE, count=2, scale=exposure)
        place = folder / f"at {exposure:g}"
        options = {"model": name, "weights": weights, "device": "cpu"}
        vfi_plugin.retime(clip.write(place / "in"), place / "out" / "slow.####.exr", speed=0.5, **options)
        made.append(stacked(read_frames(place / "out", "slow", (1002,))[1002][1]))
    return Between(name, material.hdr(*SIZE, count=2), *made)


def around(between: Between, place: str, radius: int) -> Pixels:
    x, y = (round(value) for value in between.clip.place(place, 1001.5))
    return between.plain[y - radius : y + radius + 1, x - radius : x + radius + 1]


def test_no_value_is_made_up_beyond_those_of_the_source(between: Between) -> None:
    assert np.isfinite(between.plain).all()
    assert between.plain.min() >= -0.0501
    assert between.plain.max() <= 3000.0


def test_the_disc_keeps_its_500(between: Between) -> None:
    assert np.abs(around(between, "disc", 12) / 500.0 - 1).max() < 0.01


@pytest.mark.parametrize("between", [name for name in QUICK if name not in PAINTING], indirect=True)
def test_the_grey_keeps_its_018(between: Between) -> None:
    assert np.abs(around(between, "grey", 16) / 0.18 - 1).max() < 0.005


def test_the_negative_patch_stays_negative(between: Between) -> None:
    assert np.abs(around(between, "negative", 10) + 0.05).max() < 5e-4


def test_the_result_does_not_depend_on_the_exposure(between: Between) -> None:
    assert psnr_log(between.brighter / EXPOSURE, between.plain) >= LEAST_EXPOSURE_PSNR
