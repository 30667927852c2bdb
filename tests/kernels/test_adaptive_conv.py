"""The adaptive convolution, in every implementation."""

from __future__ import annotations

import math

import pytest
import torch

from vfi_plugin.kernels import adaptive_conv

from .cases import Backend, assert_agree


@pytest.mark.parametrize(("size", "shape"), [(1, (4, 5)), (3, (4, 5)), (5, (1, 6)), (3, (6, 1))])
def test_it_is_one_softmax_over_both_frames_and_a_sum(backend: Backend, size: int, shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(size)
    frames = [torch.randn(1, 2, *shape, generator=generator) for _ in range(2)]
    logits = torch.randn(1, 2 * size * size, *shape, generator=generator) * 3
    height, width = shape
    expected = torch.zeros(1, 2, *shape, dtype=torch.float64)
    for y in range(height):
        for x in range(width):
            weights = [math.exp(float(logit)) for logit in logits[0, :, y, x]]
            for at, weight in enumerate(weights):
                frame, row, column = at // size**2, at % size**2 // size, at % size
                from_y = min(max(y + row - size // 2, 0), height - 1)
                from_x = min(max(x + column - size // 2, 0), width - 1)
                pixel = frames[frame][0, :, from_y, from_x].double()
                expected[0, :, y, x] += weight / sum(weights) * pixel
    assert_agree(backend(adaptive_conv, *frames, logits), expected.float(), "loops")


@pytest.mark.parametrize("origin", [(0, 0), (2, 5), (4, 9)])
def test_logits_of_a_part_give_that_part_of_the_whole(backend: Backend, origin: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(4)
    frames = [torch.randn(2, 5, 9, 20, generator=generator) for _ in range(2)]
    logits = torch.randn(2, 50, 9, 20, generator=generator)
    part = (..., slice(origin[0], origin[0] + 5), slice(origin[1], origin[1] + 11))
    found = backend(adaptive_conv, *frames, logits[part], origin=origin)
    torch.testing.assert_close(found, backend(adaptive_conv, *frames, logits)[part], atol=1e-6, rtol=0)


def test_weights_add_up_to_one_so_that_a_constant_image_stays(backend: Backend) -> None:
    logits = torch.randn(2, 50, 9, 33, generator=torch.Generator().manual_seed(0)) * 8
    constant = torch.full((2, 3, 9, 33), 0.7)
    torch.testing.assert_close(backend(adaptive_conv, constant, constant, logits), constant, rtol=2e-6, atol=0)


@pytest.mark.parametrize(("frame", "row", "column"), [(0, 0, 0), (0, 1, 2), (1, 2, 1), (1, 1, 1)])
def test_one_logit_far_above_the_others_takes_its_pixel_alone(
    backend: Backend, frame: int, row: int, column: int
) -> None:
    generator = torch.Generator().manual_seed(1)
    frames = [torch.randn(1, 3, 8, 37, generator=generator) for _ in range(2)]
    logits = torch.zeros(1, 18, 8, 37)
    logits[:, frame * 9 + row * 3 + column] = 200.0
    found = backend(adaptive_conv, *frames, logits)
    moved = frames[frame][..., row : row + 6, column : column + 35]  # for the inner pixels, from 1 on
    assert torch.equal(found[..., 1:-1, 1:-1], moved)


def test_logits_beyond_the_range_of_the_exponential_are_no_matter(backend: Backend) -> None:
    """A softmax does not change where all logits move together."""
    generator = torch.Generator().manual_seed(2)
    frames = [torch.randn(1, 3, 8, 37, generator=generator) for _ in range(2)]
    logits = torch.randint(-8, 9, (1, 18, 8, 37), generator=generator).float()
    expected = backend(adaptive_conv, *frames, logits)
    for shift in (1000.0, -1000.0, 1048576.0):
        assert_agree(backend(adaptive_conv, *frames, logits + shift), expected, f"shifted by {shift}")


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_logit_of_nan_or_inf_gives_nan_in_its_pixel_alone(backend: Backend, bad: float) -> None:
    logits = torch.zeros(1, 18, 8, 37)
    for at, x in ((0, 3), (9, 17), (17, 36)):
        logits[0, at, 5, x] = bad
    found = backend(adaptive_conv, torch.ones(1, 2, 8, 37), torch.ones(1, 2, 8, 37), logits)
    assert found[:, 0].isnan().nonzero().tolist() == [[0, 5, 3], [0, 5, 17], [0, 5, 36]]
    assert torch.equal(found[:, 0].isnan(), found[:, 1].isnan())


def test_a_logit_of_minus_inf_leaves_its_pixel_out(backend: Backend) -> None:
    logits = torch.zeros(1, 18, 4, 20)
    logits[:, :9] = -torch.inf
    found = backend(adaptive_conv, torch.full((1, 1, 4, 20), 5.0), torch.full((1, 1, 4, 20), 3.0), logits)
    torch.testing.assert_close(found, torch.full((1, 1, 4, 20), 3.0), rtol=1e-6, atol=0)
