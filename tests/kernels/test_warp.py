"""The backward warp, in both implementations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import warp

BACKENDS = ("native", "torch")


def random_case(seed: int = 0, size: tuple[int, int] = (37, 53)) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(2, 3, *size, generator=generator)
    return image, torch.randn(2, 2, *size, generator=generator) * 9


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (-5, 7)])
def test_a_whole_pixel_flow_moves_values_exactly(backend: str, taps: str, dx: int, dy: int) -> None:
    image, _ = random_case()
    flow = torch.tensor([dx, dy], dtype=torch.float32).view(1, 2, 1, 1).expand(2, 2, 37, 53).contiguous()
    moved = warp(image, flow, taps=taps, backend=backend)
    inner = moved[..., 8:-8, 8:-8]
    assert torch.equal(inner, image[..., 8 + dy : 37 - 8 + dy, 8 + dx : 53 - 8 + dx])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("border", "padding"), [("clamp", "border"), ("zero", "zeros")])
def test_bilinear_agrees_with_grid_sample_borders_included(backend: str, border: str, padding: str) -> None:
    image, flow = random_case()
    height, width = image.shape[2:]
    x = torch.arange(width) + flow[:, 0]
    y = torch.arange(height)[:, None] + flow[:, 1]
    grid = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1)
    expected = F.grid_sample(image, grid, mode="bilinear", padding_mode=padding, align_corners=True)
    # grid_sample rounds normalised coordinates: 53 px at 1e-7 is 6e-6 px, times the steepest step of about 8.
    torch.testing.assert_close(warp(image, flow, border=border, backend=backend), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize("border", ["clamp", "zero"])
def test_native_and_torch_agree(taps: str, border: str) -> None:
    image, flow = random_case(3)
    native, plain = (warp(image, flow, border=border, taps=taps, backend=name) for name in BACKENDS)
    # The order of up to 16 additions differs: a few units of 2^-24 of values up to 4.
    torch.testing.assert_close(native, plain, atol=4e-6, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_a_plane_is_sampled_exactly_between_pixels(backend: str, taps: str) -> None:
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(50.0), indexing="ij")
    plane = (2 * columns - 3 * rows)[None, None]
    flow = torch.full((1, 2, 40, 50), 0.25)
    sampled = warp(plane, flow, taps=taps, backend=backend)[..., 4:-4, 4:-4]
    torch.testing.assert_close(sampled, (plane - 0.25)[..., 4:-4, 4:-4], atol=2e-5, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_cubic_keeps_more_of_a_fine_texture_than_linear(backend: str) -> None:
    columns = torch.arange(200.0)
    texture = torch.sin(columns * 2 * torch.pi / 5).expand(1, 1, 20, 200).contiguous()
    truth = torch.sin((columns + 0.5) * 2 * torch.pi / 5)[8:-8]
    flow = torch.zeros(1, 2, 20, 200)
    flow[:, 0] = 0.5
    error = {
        taps: (warp(texture, flow, taps=taps, backend=backend)[0, 0, 10, 8:-8] - truth).abs().mean()
        for taps in ("linear", "cubic")
    }
    assert error["cubic"] < 0.7 * error["linear"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_cubic_never_leaves_the_range_of_the_four_nearest(backend: str) -> None:
    image = torch.zeros(1, 1, 20, 20)
    image[..., 10, 10] = 3000.0
    flow = torch.full((1, 2, 20, 20), 0.37)
    sampled = warp(image, flow, taps="cubic", backend=backend)
    assert sampled.min() >= 0.0
    assert sampled.max() <= 3000.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("taps", ["linear", "cubic"])
def test_inf_spreads_only_to_pixels_that_read_it(backend: str, taps: str) -> None:
    image = torch.zeros(1, 1, 16, 16)
    image[..., 8, 8] = torch.inf
    still = warp(image, torch.zeros(1, 2, 16, 16), taps=taps, backend=backend)
    assert torch.equal(still, image)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_flow_that_is_not_finite_gives_nan_and_harms_no_neighbour(backend: str, bad: float) -> None:
    flow = torch.zeros(1, 2, 16, 16)
    flow[0, 1, 5, 6] = bad
    out = warp(torch.ones(1, 1, 16, 16), flow, backend=backend)
    assert torch.isnan(out[0, 0, 5, 6])
    assert torch.isnan(out).sum() == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_flow_of_a_million_pixels_reads_the_edge(backend: str) -> None:
    image, _ = random_case()
    flow = torch.full((2, 2, 37, 53), 1e6)
    assert torch.equal(warp(image, flow, backend=backend), image[..., -1:, -1:].expand_as(image))
    assert torch.equal(warp(image, flow, border="zero", backend=backend), torch.zeros_like(image))


def test_half_precision_images_keep_float32_coordinates() -> None:
    width = 4096
    image = torch.zeros(1, 1, 1, width, dtype=torch.float16)
    image[..., 3001] = 1.0
    flow = torch.zeros(1, 2, 1, width, dtype=torch.float16)
    flow[:, 0] = 1.0
    moved = warp(image, flow)
    assert moved.dtype == torch.float16
    assert moved[..., 3000] == 1.0
    assert moved.sum() == 1.0


def test_the_number_of_threads_does_not_change_a_bit() -> None:
    image, flow = random_case(5, (101, 67))
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(warp(image, flow, taps="cubic", backend="native"))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_gradients_flow_to_image_and_flow() -> None:
    image, flow = random_case(1, (8, 9))
    image, flow = image.requires_grad_(), (flow * 0.1).requires_grad_()
    warp(image, flow).sum().backward()
    assert image.grad is not None
    # Every output takes a total weight of 1 from the image, so the gradients add up to the number of outputs.
    assert image.grad.sum().item() == pytest.approx(image.numel(), rel=1e-5)
    assert flow.grad is not None
    assert flow.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"border": "wrap"}, "border 'wrap'"),
        ({"taps": "lanczos"}, "taps 'lanczos'"),
        ({"backend": "gpu"}, "backend 'gpu'"),
    ],
)
def test_wrong_options_are_named(arguments: dict[str, str], words: str) -> None:
    image, flow = random_case()
    with pytest.raises(UsageError, match=words):
        warp(image, flow, **arguments)


def test_shapes_that_do_not_fit_are_refused() -> None:
    image, flow = random_case()
    with pytest.raises(UsageError, match="must agree"):
        warp(image, flow[..., :-1])
