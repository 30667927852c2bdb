"""L*a*b* against values that are printed in many places, and against itself."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.models.cielab import lab_from_rgb, rgb_from_lab

PUBLISHED = {
    "red": ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
    "green": ((0.0, 1.0, 0.0), (87.73, -86.18, 83.18)),
    "blue": ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    "white": ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
    "black": ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    "grey 128": ((128 / 255,) * 3, (53.59, 0.0, 0.0)),
    "grey 1": ((1 / 255,) * 3, (0.2742, 0.0, 0.0)),  # in the straight part: 903.3 times the light, 1 / 255 / 12.92
}


def pixel(values: tuple[float, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype).view(1, 3, 1, 1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_known_colours_have_their_published_values(name: str) -> None:
    rgb, lab = PUBLISHED[name]
    assert torch.allclose(lab_from_rgb(pixel(rgb)), pixel(lab), atol=0.02)


def test_both_ways_undo_each_other_also_below_black_and_above_white() -> None:
    rgb = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(rgb_from_lab(lab_from_rgb(rgb)), rgb, atol=1e-5)
    wide = 4.0 * rgb.double() - 1.5
    assert torch.allclose(rgb_from_lab(lab_from_rgb(wide)), wide, atol=1e-12)


def test_a_grey_has_no_colour() -> None:
    grey = torch.linspace(-1.0, 2.0, 500).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    assert float(lab_from_rgb(grey)[:, 1:].abs().max()) < 1e-3


def test_lightness_never_falls_where_the_picture_grows_brighter() -> None:
    grey = torch.linspace(-0.5, 1.5, 20_001, dtype=torch.float64).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    lightness = lab_from_rgb(grey)[0, 0, 0]
    steps = lightness.diff()
    assert bool((steps > 0).all())
    assert float(steps.max()) < 0.02  # and nowhere does it jump: it is steepest, 180, in the dark; a step is 1e-4 wide


def test_the_negative_of_a_colour_has_the_negative_values() -> None:
    rgb = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(lab_from_rgb(-rgb), -lab_from_rgb(rgb), atol=1e-4)


def test_gradients_are_those_of_the_formula() -> None:
    seeds = torch.rand(1, 3, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    frames = [2.0 * seeds - 0.5, 0.02 * seeds]
    for frame in frames:
        assert torch.autograd.gradcheck(lab_from_rgb, frame.clone().requires_grad_())
        assert torch.autograd.gradcheck(rgb_from_lab, lab_from_rgb(frame).requires_grad_())


@pytest.mark.parametrize("convert", [lab_from_rgb, rgb_from_lab])
def test_gradients_are_finite_at_black(convert: object) -> None:
    assert callable(convert)
    black = torch.zeros(1, 3, 2, 2, requires_grad=True)
    convert(black).sum().backward()
    assert black.grad is not None
    assert bool(torch.isfinite(black.grad).all())
