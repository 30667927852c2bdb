"""The forward warp, in both implementations."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import splat, splat_sum, warp

BACKENDS = ("native", "torch")


def random_case(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, 31, 45, generator=generator), torch.randn(2, 2, 31, 45, generator=generator) * 5


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_motion_gives_the_image_back(backend: str) -> None:
    image, flow = random_case()
    assert torch.equal(splat_sum(image, torch.zeros_like(flow), backend=backend), image)


@pytest.mark.parametrize("backend", BACKENDS)
def test_splatting_is_the_transpose_of_the_zero_border_warp(backend: str) -> None:
    image, flow = random_case(1)
    other, _ = random_case(2)
    left = (splat_sum(image, flow, backend=backend).double() * other).sum()
    right = (image.double() * warp(other, flow, border="zero", backend=backend)).sum()
    assert left.item() == pytest.approx(right.item(), rel=1e-5)


def test_native_and_torch_agree() -> None:
    image, flow = random_case(3)
    native, plain = (splat_sum(image, flow, backend=name) for name in BACKENDS)
    torch.testing.assert_close(native, plain, atol=2e-6, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_pixels_that_are_led_nowhere_are_dropped(backend: str) -> None:
    image = torch.ones(1, 1, 8, 8)
    flow = torch.zeros(1, 2, 8, 8)
    flow[0, 0, 2, 3], flow[0, 1, 4, 4], flow[0, 0, 5, 5] = torch.nan, torch.inf, 100.0
    out = splat_sum(image, flow, backend=backend)
    assert torch.isfinite(out).all()
    assert out.sum() == 61.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_softmax_lets_the_more_important_pixel_win(backend: str) -> None:
    image = torch.zeros(1, 1, 4, 8)
    image[..., 2], image[..., 4] = 1.0, 5.0
    flow = torch.zeros(1, 2, 4, 8)
    flow[:, 0, :, 2], flow[:, 0, :, 4] = 1.0, -1.0
    metric = torch.full((1, 1, 4, 8), -15.0)
    metric[..., 4] = 0.0
    out = splat(image, flow, metric, mode="softmax", backend=backend)
    torch.testing.assert_close(out[..., 3], torch.full((1, 1, 4), 5.0), atol=1e-4, rtol=0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_average_divides_by_what_arrived(backend: str) -> None:
    image, flow = random_case(4)
    constant = torch.full_like(image, 7.0)
    out = splat(constant, flow, mode="average", backend=backend)
    reached = splat_sum(torch.ones_like(image), flow) > 1e-3
    # EPSILON in the divisor: 1e-7 of at least 1e-3.
    torch.testing.assert_close(out[reached], constant[reached], rtol=2e-4, atol=0)
    assert (out[splat_sum(torch.ones_like(image), flow) == 0] == 0).all()


def test_modes_and_metrics_are_checked() -> None:
    image, flow = random_case()
    with pytest.raises(UsageError, match="'max' is unknown"):
        splat(image, flow, mode="max")
    with pytest.raises(UsageError, match="needs a metric"):
        splat(image, flow, mode="softmax")
    with pytest.raises(UsageError, match="takes no metric"):
        splat(image, flow, image[:, :1], mode="sum")
