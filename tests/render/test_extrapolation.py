"""Frames past either end of a clip: what moves goes on moving."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import material
import numpy as np
import pytest
import torch

import vfi_plugin as vfi
from vfi_plugin.evaluate.metrics import psnr_log
from vfi_plugin.motion.continued import continued, continued_velocity
from vfi_plugin.motion.flow import FlowMotion


@pytest.mark.parametrize("t", [-0.5, 1.25, 2.0])
def test_a_steady_motion_goes_on_at_its_speed(t: float) -> None:
    velocity = torch.tensor([6.0, -3.0]).view(1, 2, 1, 1).expand(1, 2, 40, 60)
    middle = FlowMotion(-0.5 * velocity, 0.5 * velocity, torch.full((1, 1, 40, 60), 0.5))
    found = continued(middle, t)
    torch.testing.assert_close(found.flow_t_to_0, -t * velocity)
    torch.testing.assert_close(found.flow_t_to_1, (1 - t) * velocity)
    assert (found.weight_0 == (1.0 if t < 0 else 0.0)).all()


@pytest.mark.parametrize("t", [0.0, 0.25, 0.5, 1.0])
def test_a_steady_velocity_is_the_same_at_every_time(t: float) -> None:
    velocity = torch.tensor([6.0, -3.0]).view(1, 2, 1, 1).expand(1, 2, 40, 60)
    middle = FlowMotion(-0.5 * velocity, 0.5 * velocity, torch.full((1, 1, 40, 60), 0.5))
    torch.testing.assert_close(continued_velocity(middle, t), velocity)


@pytest.fixture(scope="module")
def extrapolated(tmp_path_factory: pytest.TempPathFactory) -> tuple[material.Clip, Path]:
    folder = tmp_path_factory.mktemp("ends")
    clip = material.pan(320, 180, count=4)
    source = clip.write(folder / "in")
    positions = vfi.TimeMap.from_keys([(1, "1000.5"), (10, "1005.0")])
    vfi.retime(source, str(folder / "out" / "long.####.exr"), time_map=positions, ends="extrapolate", cuts="off")
    return clip, folder / "out"


@pytest.mark.parametrize(("number", "position", "held"), [(1, Fraction(2001, 2), 1001), (9, Fraction(2009, 2), 1004)])
def test_a_frame_past_an_end_is_nearer_to_the_truth_than_the_end_held(
    extrapolated: tuple[material.Clip, Path], number: int, position: Fraction, held: int
) -> None:
    clip, folder = extrapolated
    found = material.read_exr(folder / f"long.{number:04d}.exr")[1]
    inner = (slice(24, -24), slice(24, -24))

    def stack(planes: material.Planes) -> np.ndarray:
        return np.stack([np.asarray(planes[name], np.float32)[inner] for name in "RGB"], axis=-1)

    truth = stack(clip.planes(position))
    ours = psnr_log(stack(found), truth)
    assert ours > 34.0
    assert ours > psnr_log(stack(clip.planes(held)), truth) + 10.0
