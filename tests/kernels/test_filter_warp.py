"""The adaptive warp, in every implementation."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.kernels import filter_warp, warp

from .cases import Backend, assert_agree, eighths


def literal(image: torch.Tensor, flow: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """Pixel by pixel, in float64, as the published operation is written."""
    n, _, height, width = image.shape
    k = int(kernels.shape[1] ** 0.5)
    pixels, taps = image.double(), kernels.double()
    out = pixels.clone()
    for b in range(n):
        for y in range(height):
            for x in range(width):
                fx, fy = float(flow[b, 0, y, x]), float(flow[b, 1, y, x])
                to_x, to_y = x + fx, y + fy
                inside = 0 <= to_x <= width - 1 and 0 <= to_y <= height - 1
                if not inside or not abs(fx) < width / 2 or not abs(fy) < height / 2:
                    continue
                alpha, beta = to_x - int(to_x), to_y - int(to_y)
                left, top = int(to_x) + 1 - k // 2, int(to_y) + 1 - k // 2
                out[b, :, y, x] = 0
                for j in range(k):
                    for i in range(k):
                        share = (1 - alpha if i < k // 2 else alpha) * (1 - beta if j < k // 2 else beta)
                        row, column = min(max(top + j, 0), height - 1), min(max(left + i, 0), width - 1)
                        out[b, :, y, x] += pixels[b, :, row, column] * taps[b, j * k + i, y, x] * share
    return out


@pytest.mark.parametrize("k", [2, 4, 6])
@pytest.mark.parametrize("size", [(6, 9), (7, 4), (1, 12), (12, 1)])
def test_it_is_what_the_published_loop_gives(backend: Backend, k: int, size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(k)
    image, flow = torch.randn(2, 3, *size, generator=generator), eighths(generator, 2, *size, reach_px=2)
    flow[0] = flow[0] if 1 not in size else flow[0] * torch.tensor([size[1] > 1, size[0] > 1]).view(2, 1, 1)
    flow[0, 0, 0, 0] = torch.nan
    kernels = torch.randn(2, k * k, *size, generator=generator)
    expected = literal(image, flow, kernels)
    assert not torch.equal(expected[0], image[0].double())  # some pixels are filtered, and not all
    assert (expected == image.double()).any()
    assert_agree(backend(filter_warp, image, flow, kernels), expected.float(), "loops")


def test_a_kernel_of_ones_in_the_middle_is_the_bilinear_warp(backend: Backend) -> None:
    """Inside; where flow leads outside the one copies the pixel and the other reads the edge."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 3, 20, 40, generator=generator)
    flow = torch.rand(1, 2, 20, 40, generator=generator) * 4 - 2
    kernels = torch.zeros(1, 16, 20, 40)
    kernels[:, [5, 6, 9, 10]] = 1.0
    found, expected = backend(filter_warp, image, flow, kernels), backend(warp, image, flow)
    assert_agree(found[..., 3:-3, 3:-3], expected[..., 3:-3, 3:-3], "bilinear")


@pytest.mark.parametrize(
    ("flow_x", "flow_y", "copied"),
    [
        (3.75, 0.0, False),  # just shorter than half of 8 columns
        (4.0, 0.0, True),
        (-4.0, 0.0, True),
        (0.0, 2.75, False),  # of 6 rows
        (0.0, 3.0, True),
        (0.0, -3.0, True),
        (torch.nan, 0.0, True),
        (0.0, torch.inf, True),
        (-0.125, 0.0, False),
    ],
)
def test_a_flow_as_long_as_half_the_image_copies_the_pixel(
    backend: Backend, flow_x: float, flow_y: float, copied: bool
) -> None:
    x, y = (4 if flow_x <= 0 else 0), (3 if flow_y <= 0 else 0)
    flow = torch.zeros(1, 2, 6, 8)
    flow[0, 0, y, x], flow[0, 1, y, x] = flow_x, flow_y
    found = backend(filter_warp, torch.full((1, 1, 6, 8), 5.0), flow, torch.zeros(1, 16, 6, 8))
    assert found[0, 0, y, x] == (5.0 if copied else 0.0)


@pytest.mark.parametrize(
    ("x", "flow_x", "copied"), [(6, 1.0, False), (6, 1.125, True), (1, -1.0, False), (1, -1.125, True)]
)
def test_the_very_edge_still_counts_as_inside(backend: Backend, x: int, flow_x: float, copied: bool) -> None:
    flow = torch.zeros(1, 2, 6, 8)
    flow[0, 0, 2, x] = flow_x
    found = backend(filter_warp, torch.full((1, 1, 6, 8), 5.0), flow, torch.zeros(1, 16, 6, 8))
    assert found[0, 0, 2, x] == (5.0 if copied else 0.0)


def test_a_copied_pixel_passes_its_gradient_to_the_image_alone(backend: Backend) -> None:
    image, flow, kernels = torch.rand(1, 2, 6, 8), torch.zeros(1, 2, 6, 8), torch.rand(1, 16, 6, 8)
    flow[:, 0] = 100.0
    leaves = [tensor.requires_grad_() for tensor in (image, flow, kernels)]
    backend(filter_warp, *leaves).sum().backward()
    assert image.grad is not None
    assert torch.equal(image.grad, torch.ones_like(image))
    assert flow.grad is not None
    assert not flow.grad.any()
    assert kernels.grad is not None
    assert not kernels.grad.any()


def test_all_channels_are_read_with_the_same_kernel(backend: Backend) -> None:
    generator = torch.Generator().manual_seed(1)
    plane = torch.randn(1, 1, 12, 21, generator=generator)
    flow = torch.rand(1, 2, 12, 21, generator=generator) * 4 - 2
    kernels = torch.randn(1, 16, 12, 21, generator=generator)
    found = backend(filter_warp, plane.expand(1, 196, 12, 21), flow, kernels)
    assert torch.equal(found, found[:, :1].expand_as(found))
