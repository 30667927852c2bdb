"""Resizing whose gradient is made of matrix products: the same as torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.resizing import Enlarged, bilinear, resize_gradient


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) - 0.5


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("factor", [2, 4, 16, 1 / 2, 1 / 16])
def test_the_gradient_by_matrix_products_is_torchs_own(factor: float, align_corners: bool) -> None:
    values = noise(2, 3, 32, 48).requires_grad_()
    resized = F.interpolate(values, scale_factor=factor, mode="bilinear", align_corners=align_corners)
    gradient = noise(*resized.shape)
    (expected,) = torch.autograd.grad(resized, values, gradient)
    found = resize_gradient(gradient, (32, 48), factor, align_corners)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_sides_that_a_factor_does_not_divide_have_torchs_gradient_too() -> None:
    values = noise(1, 2, 21, 34).requires_grad_()
    resized = F.interpolate(values, scale_factor=0.25, mode="bilinear")
    gradient = noise(*resized.shape)
    (expected,) = torch.autograd.grad(resized, values, gradient)
    torch.testing.assert_close(resize_gradient(gradient, (21, 34), 0.25, False), expected, rtol=1e-12, atol=1e-12)


def test_the_type_of_the_gradient_stays() -> None:
    assert resize_gradient(noise(1, 1, 8, 8).float(), (4, 4), 2, False).dtype == torch.float32


@pytest.mark.parametrize("align_corners", [False, True])
def test_a_ramp_stays_a_ramp(align_corners: bool) -> None:
    ramp = torch.arange(16.0).view(1, 1, 1, 16).expand(1, 1, 16, 16)
    enlarged = bilinear(ramp, 4, align_corners=align_corners)
    assert torch.equal(enlarged, Enlarged(4, align_corners=align_corners)(ramp))
    # With aligned corners 15 steps are made over 63; else pixels are four times as wide, and edges are repeated.
    step, inner = (15 / 63, slice(None)) if align_corners else (1 / 4, slice(2, -2))
    steps = enlarged[0, 0, 0, inner].diff()
    torch.testing.assert_close(steps, torch.full_like(steps, step), rtol=0, atol=1e-5)
