"""The backward warp, in every implementation."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.kernels import warp

from .cases import Backend, assert_agree, eighths


def random_case(seed: int = 0, size: tuple[int, int] = (37, 53)) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(2, 3, *size, generator=generator)
    return image, torch.randn(2, 2, *size, generator=generator) * 9


@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (-5, 7)])
def test_a_whole_pixel_flow_moves_values_exactly(backend: Backend, taps: str, dx: int, dy: int) -> None:
    image, _ = random_case()
    flow = torch.tensor([dx, dy], dtype=torch.float32).view(1, 2, 1, 1).expand(2, 2, 37, 53).contiguous()
    moved = backend(warp, image, flow, taps=taps)
    inner = moved[..., 8:-8, 8:-8]
    assert torch.equal(inner, image[..., 8 + dy : 37 - 8 + dy, 8 + dx : 53 - 8 + dx])


@pytest.mark.parametrize(("border", "padding"), [("clamp", "border"), ("zero", "zeros")])
def test_bilinear_agrees_with_grid_sample_borders_included(backend: Backend, border: str, padding: str) -> None:
    image, flow = random_case()
    height, width = image.shape[2:]
    x = torch.arange(width) + flow[:, 0]
    y = torch.arange(height)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1)
    expected = F.grid_sample(image, grid, mode="bilinear", padding_mode=padding, align_corners=True)
    # grid_sample rounds normalised coordinates: 53 px at 1e-7 is 6e-6 px, times the steepest step of about 8.
    torch.testing.assert_close(backend(warp, image, flow, border=border), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_a_plane_is_sampled_exactly_between_pixels(backend: Backend, taps: str) -> None:
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(50.0), indexing="ij")
    plane = (2 * columns - 3 * rows)[None, None]
    flow = torch.full((1, 2, 40, 50), 0.25)
    sampled = backend(warp, plane, flow, taps=taps)[..., 4:-4, 4:-4]
    torch.testing.assert_close(sampled, (plane - 0.25)[..., 4:-4, 4:-4], atol=2e-5, rtol=0)


def test_cubic_keeps_more_of_a_fine_texture_than_linear(backend: Backend) -> None:
    columns = torch.arange(200.0)
    texture = torch.sin(columns * 2 * torch.pi / 5).expand(1, 1, 20, 200).contiguous()
    truth = torch.sin((columns + 0.5) * 2 * torch.pi / 5)[8:-8]
    flow = torch.zeros(1, 2, 20, 200)
    flow[:, 0] = 0.5
    error = {
        taps: (backend(warp, texture, flow, taps=taps)[0, 0, 10, 8:-8] - truth).abs().mean()
        for taps in ("linear", "cubic")
    }
    assert error["cubic"] < 0.7 * error["linear"]


def test_cubic_never_leaves_the_range_of_the_four_nearest(backend: Backend) -> None:
    image = torch.zeros(1, 1, 20, 20)
    image[..., 10, 10] = 3000.0
    flow = torch.full((1, 2, 20, 20), 0.37)
    sampled = backend(warp, image, flow, taps="cubic")
    assert sampled.min() >= 0.0
    assert sampled.max() <= 3000.0


@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_inf_spreads_only_to_pixels_that_read_it(backend: Backend, taps: str) -> None:
    image = torch.zeros(1, 1, 16, 16)
    image[..., 8, 8] = torch.inf
    still = backend(warp, image, torch.zeros(1, 2, 16, 16), taps=taps)
    assert torch.equal(still, image)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_flow_that_is_not_finite_gives_nan_and_harms_no_neighbour(backend: Backend, bad: float) -> None:
    flow = torch.zeros(1, 2, 16, 16)
    flow[0, 1, 5, 6] = bad
    out = backend(warp, torch.ones(1, 1, 16, 16), flow)
    assert torch.isnan(out[0, 0, 5, 6])
    assert torch.isnan(out).sum() == 1


def test_a_flow_of_a_million_pixels_reads_the_edge(backend: Backend) -> None:
    image, _ = random_case()
    flow = torch.full((2, 2, 37, 53), 1e6)
    assert torch.equal(backend(warp, image, flow), image[..., -1:, -1:].expand_as(image))
    assert torch.equal(backend(warp, image, flow, border="zero"), torch.zeros_like(image))


def test_half_precision_images_keep_float32_coordinates(backend: Backend) -> None:
    width = 4096
    image = torch.zeros(1, 1, 1, width, dtype=torch.float16)
    image[..., 3001] = 1.0
    flow = torch.zeros(1, 2, 1, width)
    flow[:, 0] = 1.0
    moved = backend(warp, image, flow)
    assert moved.dtype == torch.float16
    assert moved[..., 3000] == 1.0
    assert moved.sum() == 1.0


def test_the_gradients_of_the_image_add_up_to_the_number_of_outputs(backend: Backend) -> None:
    image, flow = random_case(1, (8, 9))
    image, flow = image.requires_grad_(), (flow * 0.1).requires_grad_()
    backend(warp, image, flow).sum().backward()
    assert image.grad is not None
    # Every output takes a total weight of 1 from the image, so the gradients add up to the number of outputs.
    assert image.grad.sum().item() == pytest.approx(image.numel(), rel=1e-5)
    assert flow.grad is not None
    assert flow.grad.abs().sum() > 0


def keys(distance: float) -> float:
    """Cubic convolution with a = -1/2: Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981."""
    t = abs(distance)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def tent(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


def sample(plane: npt.NDArray[np.float64], x: float, y: float, border: str, taps: str) -> float:
    """One value, as a sum over the whole image of a kernel of the distance."""
    height, width = plane.shape
    if border == "clamp":
        x, y = min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
    kernel = tent if taps == "linear" else keys
    total, nearest = 0.0, []
    for row in range(math.floor(y) - 2, math.floor(y) + 4):
        for column in range(math.floor(x) - 2, math.floor(x) + 4):
            inside = 0 <= row < height and 0 <= column < width
            value = plane[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
            value = value if inside or border == "clamp" else 0.0
            total += kernel(x - column) * kernel(y - row) * value
            if tent(x - column) * tent(y - row) > 0:
                nearest.append(value)
    return total if taps == "linear" else min(max(total, min(nearest)), max(nearest))


@pytest.mark.parametrize("border", ["clamp", "zero"])
@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize("size", [(6, 7), (1, 9), (9, 1), (2, 2)])
def test_it_is_a_sum_of_a_kernel_of_the_distance(
    backend: Backend, taps: str, border: str, size: tuple[int, int]
) -> None:
    generator = torch.Generator().manual_seed(7)
    image, flow = torch.randn(1, 2, *size, generator=generator), eighths(generator, 1, *size)
    expected = torch.zeros_like(image)
    for c in range(2):
        plane = image[0, c].double().numpy()
        for y in range(size[0]):
            for x in range(size[1]):
                to_x, to_y = x + float(flow[0, 0, y, x]), y + float(flow[0, 1, y, x])
                expected[0, c, y, x] = sample(plane, to_x, to_y, border, taps)
    assert_agree(backend(warp, image, flow, border=border, taps=taps), expected, f"{taps}, {border}")


def test_a_zero_border_fades_out_over_one_pixel(backend: Backend) -> None:
    flow = torch.zeros(1, 2, 1, 8)
    flow[0, 0, 0] = torch.tensor([-0.25, -1.25, -2.25, -5.0, 0.0, 2.25, 1.25, 1.0])
    found = backend(warp, torch.ones(1, 1, 1, 8), flow, border="zero")
    assert found[0, 0, 0].tolist() == [0.75, 0.75, 0.75, 0.0, 1.0, 0.75, 0.75, 0.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_a_pixel_that_is_not_a_number_stays_where_it_is_read(backend: Backend, taps: str, dtype: torch.dtype) -> None:
    image = torch.zeros(1, 1, 9, 40, dtype=dtype)
    image[0, 0, 4, 20] = torch.nan
    flow = torch.zeros(1, 2, 9, 40)
    flow[:, 0], flow[:, 1] = 3.0, 1.0
    found = backend(warp, image, flow, taps=taps)
    assert found.isnan().nonzero().tolist() == [[0, 0, 3, 17]]


@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize("border", ["clamp", "zero"])
def test_a_part_of_a_wide_frame_is_read_as_the_whole(backend: Backend, taps: str, border: str) -> None:
    """To the bit, in columns of thousands too, where a position in float32 has lost three digits of the flow."""
    generator = torch.Generator().manual_seed(3)
    image = torch.rand(1, 2, 6, 5000, generator=generator)
    flow = 3.0 * torch.randn(1, 2, 6, 5000, generator=generator)
    part = slice(4860, 5000)
    whole = backend(warp, image, flow, border=border, taps=taps)[..., part]
    made = backend(warp, image[..., part].contiguous(), flow[..., part].contiguous(), border=border, taps=taps)
    assert torch.equal(made[..., 40:], whole[..., 40:])  # what is further left may read beyond the part


@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_a_flow_that_is_hardly_below_a_pixel_reads_that_pixel(backend: Backend, taps: str) -> None:
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    flow = torch.full((1, 2, 16, 16), -1e-12)
    torch.testing.assert_close(backend(warp, image, flow, taps=taps), image, rtol=0, atol=1e-7)
