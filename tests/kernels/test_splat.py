"""The forward warp, in every implementation."""

from __future__ import annotations

import math

import pytest
import torch

from vfi_plugin.kernels import splat, splat_sum, warp

from .cases import ORACLE, Backend, assert_agree, eighths


def random_case(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, 31, 45, generator=generator), torch.randn(2, 2, 31, 45, generator=generator) * 5


def test_no_motion_gives_the_image_back(backend: Backend) -> None:
    image, flow = random_case()
    assert torch.equal(backend(splat_sum, image, torch.zeros_like(flow)), image)


def test_splatting_is_the_transpose_of_the_zero_border_warp(backend: Backend) -> None:
    image, flow = random_case(1)
    other, _ = random_case(2)
    left = (backend(splat_sum, image, flow).double() * other).sum()
    right = (image.double() * backend(warp, other, flow, border="zero")).sum()
    assert left.item() == pytest.approx(right.item(), rel=1e-5)


def test_pixels_that_are_led_nowhere_are_dropped(backend: Backend) -> None:
    image = torch.ones(1, 1, 8, 8)
    flow = torch.zeros(1, 2, 8, 8)
    flow[0, 0, 2, 3], flow[0, 1, 4, 4], flow[0, 0, 5, 5] = torch.nan, torch.inf, 100.0
    out = backend(splat_sum, image, flow)
    assert torch.isfinite(out).all()
    assert out.sum() == 61.0


def test_softmax_lets_the_more_important_pixel_win(backend: Backend) -> None:
    image = torch.zeros(1, 1, 4, 8)
    image[..., 2], image[..., 4] = 1.0, 5.0
    flow = torch.zeros(1, 2, 4, 8)
    flow[:, 0, :, 2], flow[:, 0, :, 4] = 1.0, -1.0
    metric = torch.full((1, 1, 4, 8), -15.0)
    metric[..., 4] = 0.0
    out = backend(splat, image, flow, metric, mode="softmax")
    torch.testing.assert_close(out[..., 3], torch.full((1, 1, 4), 5.0), atol=1e-4, rtol=0)


def test_average_divides_by_what_arrived(backend: Backend) -> None:
    image, flow = random_case(4)
    constant = torch.full_like(image, 7.0)
    out = backend(splat, constant, flow, mode="average")
    arrived = ORACLE(splat_sum, torch.ones_like(image), flow)
    reached = arrived > 1e-3
    # EPSILON in the divisor: 1e-7 of at least 1e-3.
    torch.testing.assert_close(out[reached], constant[reached], rtol=2e-4, atol=0)
    assert (out[arrived == 0] == 0).all()


def thrown(image: torch.Tensor, flow: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """Pixel by pixel, in float64: the published loop, whose mean adds 1e-7 to the sum of weights."""
    _, channels, height, width = image.shape
    total = torch.zeros(channels + 1, height, width, dtype=torch.float64)
    for y in range(height):
        for x in range(width):
            to_x, to_y = x + float(flow[0, 0, y, x]), y + float(flow[0, 1, y, x])
            if not (math.isfinite(to_x) and math.isfinite(to_y)):
                continue
            west, north = math.floor(to_x), math.floor(to_y)
            importance = 1.0 if weight is None else float(weight[0, 0, y, x])
            for row, share_y in ((north, north + 1 - to_y), (north + 1, to_y - north)):
                for column, share_x in ((west, west + 1 - to_x), (west + 1, to_x - west)):
                    if 0 <= row < height and 0 <= column < width:
                        share = share_x * share_y * importance
                        total[:-1, row, column] += share * image[0, :, y, x].double()
                        total[-1, row, column] += share
    return total[None]


@pytest.mark.parametrize("mode", ["sum", "average", "linear", "softmax"])
@pytest.mark.parametrize("size", [(6, 7), (1, 9), (9, 1)])
def test_it_is_what_a_loop_over_pixels_gives(backend: Backend, mode: str, size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(3)
    image, flow = torch.randn(1, 5, *size, generator=generator), eighths(generator, 1, *size)
    flow[0, 0, 0, 0] = torch.nan
    metric = torch.rand(1, 1, *size, generator=generator) * 4 if mode in ("linear", "softmax") else None
    weight = metric.double().exp() if metric is not None and mode == "softmax" else metric
    total = thrown(image, flow, weight)
    expected = total[:, :-1] if mode == "sum" else total[:, :-1] / (total[:, -1:] + 1e-7)
    found = backend(splat, image, flow, metric, mode=mode)
    assert_agree(found, expected.float(), mode)


def test_a_share_of_nothing_spreads_no_inf(backend: Backend) -> None:
    image = torch.zeros(1, 1, 6, 9)
    image[0, 0, 3, 4], image[0, 0, 1, 1] = torch.inf, torch.nan
    flow = torch.ones(1, 2, 6, 9)
    found = backend(splat_sum, image, flow)
    assert found.isinf().nonzero().tolist() == [[0, 0, 4, 5]]
    assert found.isnan().nonzero().tolist() == [[0, 0, 2, 2]]


def test_a_softmax_of_one_metric_everywhere_is_the_average(backend: Backend) -> None:
    image, flow = random_case(5)
    metric = torch.full_like(image[:, :1], 1.5)
    softmax = backend(splat, image, flow, metric, mode="softmax")
    average = backend(splat, image, flow, mode="average")
    # The published 1e-7 beside the weights' sum is e^1.5 times smaller for the one than for the other.
    arrived = ORACLE(splat_sum, torch.ones_like(metric), flow)
    close = (arrived > 0.01).expand_as(image)
    torch.testing.assert_close(softmax[close], average[close], atol=2e-5, rtol=0)


@pytest.mark.parametrize("mode", ["linear", "softmax", "average"])
def test_the_mean_is_the_same_with_and_without_gradients(backend: Backend, mode: str) -> None:
    """Without gradients a compiled form goes another way, in one pass."""
    image, flow = random_case(6)
    metric = None if mode == "average" else image.mean(1, keepdim=True) + 0.1
    plain = backend(splat, image, flow, metric, mode=mode)
    with_gradient = backend(splat, image.clone().requires_grad_(), flow, metric, mode=mode)
    assert_agree(plain, with_gradient.detach(), mode)


def test_a_weak_pixel_keeps_its_digits_beside_strong_ones_elsewhere(backend: Backend) -> None:
    """Each sum is as fine as what lands at its own place, however strong another part of the picture is."""
    metric = torch.linspace(-20, 20, 40 * 60).view(1, 1, 40, 60)
    image = 1 + torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(9)) * metric.exp()
    found = backend(splat, image, torch.zeros(1, 2, 40, 60), metric, mode="softmax")
    weight = metric.double().exp()
    expected = (image.double() * weight / (weight + 1e-7)).float()
    # Exponentials of float32 metrics near 20 are off by 20 units in the last place of the exponent: 2.4e-6.
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("mode", ["sum", "average", "linear", "softmax"])
def test_additions_in_any_order_give_the_same_to_within_rounding(compiled: Backend, mode: str) -> None:
    image, flow = random_case(7)
    metric = image[:, :1] if mode in ("linear", "softmax") else None
    fast, exact = (compiled(splat, image, flow, metric, mode=mode, deterministic=choice) for choice in (False, True))
    torch.testing.assert_close(fast, exact, rtol=1e-5, atol=1e-5)
