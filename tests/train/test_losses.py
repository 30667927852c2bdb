"""Losses against what can be worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.train.losses import absolute, census, charbonnier, laplacian, roughness, squared
from vfi_plugin.train.perceptual import Perceptual


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("loss", [charbonnier, laplacian, census])
def test_equal_frames_are_nearest(loss: object) -> None:
    assert callable(loss)
    frame, other = noise(2, 3, 64, 48), noise(2, 3, 64, 48, seed=2)
    assert float(loss(frame, frame)) <= 1e-3 + 1e-6
    assert float(loss(frame, other)) > float(loss(frame, 0.5 * (frame + other))) > float(loss(frame, frame))


def test_charbonnier_of_a_constant_difference_is_its_formula() -> None:
    frame = noise(1, 3, 8, 8)
    assert float(charbonnier(frame + 0.3, frame, 0.4)) == pytest.approx(0.5, abs=1e-6)


def test_a_constant_difference_counts_in_the_coarsest_level_alone() -> None:
    frame = noise(1, 3, 64, 64)
    assert float(laplacian(frame + 0.1, frame, levels=5)) == pytest.approx(16 * 0.1, rel=1e-4)


def test_fine_stripes_count_in_the_finest_level_alone() -> None:
    window = torch.hann_window(64)  # at a hard edge stripes have a low frequency too
    stripes = window * torch.tensor([1.0, -1.0]).repeat(32).expand(1, 1, 64, 64)
    found = float(laplacian(stripes, torch.zeros_like(stripes), levels=5))
    assert found == pytest.approx(float(window.mean()), rel=0.05)


def test_the_census_is_blind_to_exposure_and_offset_and_sees_a_shift() -> None:
    frame = F.interpolate(noise(1, 3, 12, 12), (96, 96), mode="bicubic")
    brighter, moved = frame + 0.2, frame.roll(4, 3)
    assert float(census(brighter, frame)) < 1e-6
    assert float(census(moved, frame)) > 0.1


def test_the_census_of_two_pixels_is_its_formula() -> None:
    made, true = torch.zeros(1, 3, 3, 3), torch.zeros(1, 3, 3, 3)
    made[..., 1, 1] = 10.0 / 255.0  # all eight neighbours are darker by 10 codes than the middle
    apart = (10.0 / math.sqrt(0.81 + 100.0)) ** 2
    expected = 8.0 / 9.0 * apart / (0.1 + apart)
    assert float(census(made, true, window_px=3)) == pytest.approx(expected, rel=1e-5)


def test_roughness_of_a_ramp_is_its_slopes() -> None:
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(9.0), indexing="ij")
    assert float(roughness((3.0 * columns - 2.0 * rows).expand(1, 1, 6, 9))) == pytest.approx(5.0)


@pytest.mark.parametrize("loss", [charbonnier, laplacian, census])
def test_gradients_are_those_of_finite_differences(loss: object) -> None:
    made = noise(1, 3, 16, 16).double().requires_grad_()
    true = noise(1, 3, 16, 16, seed=3).double()
    arguments = {"levels": 3} if loss is laplacian else {"window_px": 3} if loss is census else {"epsilon": 0.1}
    assert callable(loss)
    assert torch.autograd.gradcheck(lambda x: loss(x, true, **arguments), made, fast_mode=True)


@pytest.mark.parametrize("loss", [absolute, squared, charbonnier, laplacian, census, Perceptual.stand_in()])
def test_autocast_changes_no_loss(loss: object) -> None:
    assert callable(loss)
    true = noise(2, 3, 64, 48)
    made = (true + 0.004 * noise(2, 3, 64, 48, seed=2)).requires_grad_()
    plain = loss(made, true)
    with torch.autocast("cpu", torch.bfloat16):
        cast = loss(made, true)
        half = loss(made.bfloat16(), true.bfloat16())
    assert torch.equal(cast, plain)
    assert cast.dtype == half.dtype == torch.float32
