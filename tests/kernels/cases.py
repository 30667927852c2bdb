"""Inputs of every operation, and how two implementations are compared: shared by the tests of all backends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from vfi_plugin import kernels

Tensor = torch.Tensor
Operation = Callable[..., Tensor]

# Max-abs difference relative to the output's range; half storage rounds results at 2^-11.
TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-3}

# (N, C, H, W): single rows and columns, odd sizes, several images, one channel to 200.
SHAPES = ((1, 3, 1, 37), (1, 1, 29, 1), (2, 3, 17, 23), (1, 5, 33, 50), (3, 1, 8, 16), (1, 200, 6, 7), (1, 4, 40, 131))


@dataclass(frozen=True)
class Case:
    """One call: tensors that may want gradients, and options."""

    name: str
    operation: Operation
    tensors: tuple[Tensor, ...]
    options: dict[str, Any]

    def run(self, backend: str, *tensors: Tensor) -> Tensor:
        return self.operation(*(tensors or self.tensors), **self.options, backend=backend)


def noise(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator)


def some_flow(generator: torch.Generator, n: int, h: int, w: int, reach_px: float = 6.0) -> Tensor:
    """Smooth drift, jumps, whole pixels, and some that lead far outside."""
    flow = noise(generator, n, 2, h, w) * reach_px
    flow[..., : w // 2] = flow[..., :1, :1]
    flow[:, :, : h // 3] = flow[:, :, : h // 3].round()
    flow[..., -1] = 4000.0
    return flow


def splat_linear(image: Tensor, flow: Tensor, metric: Tensor, backend: str) -> Tensor:
    return kernels.splat(image, flow, metric, mode="linear", backend=backend)


def splat_average(image: Tensor, flow: Tensor, backend: str) -> Tensor:
    return kernels.splat(image, flow, mode="average", backend=backend)


def cases(shape: tuple[int, int, int, int], seed: int = 0) -> list[Case]:
    """Every operation on images of one shape."""
    n, c, h, w = shape
    g = torch.Generator().manual_seed(seed)
    image, flow = noise(g, n, c, h, w), some_flow(g, n, h, w)
    metric = noise(g, n, 1, h, w)
    taps, size = 5, 3
    padded = noise(g, n, c, h + taps - 1, w + taps - 1)
    pair = (noise(g, n, taps, h, w), noise(g, n, taps, h, w))
    return [
        Case("warp clamp", kernels.warp, (image, flow), {"border": "clamp"}),
        Case("warp zero", kernels.warp, (image, flow), {"border": "zero"}),
        Case("separable_conv", kernels.separable_conv, (padded, *pair), {}),
        Case("adaptive_conv", kernels.adaptive_conv, (image, -image, noise(g, n, 2 * size**2, h, w) * 3), {}),
        Case("filter_warp", kernels.filter_warp, (image, flow / 4, noise(g, n, 16, h, w)), {}),
        Case("splat_sum", kernels.splat_sum, (image, flow), {}),
        Case("splat average", splat_average, (image, flow), {}),
        Case("splat linear", splat_linear, (image, flow, metric.abs() + 0.1), {}),
        Case("splat softmax", kernels.splat, (image, flow, metric), {}),
        Case("project_flow", kernels.project_flow, (flow,), {}),
        Case("project_flow depth", kernels.project_flow, (flow, metric.abs() + 0.1), {"fill_holes": False}),
        Case("correlation", kernels.correlation, (image, image.flip(1) + 0.3), {"radius": 4}),
        Case("correlation 2", kernels.correlation, (image, image * 0.7 - 0.1), {"radius": 2}),
    ]


def assert_agree(found: Tensor, expected: Tensor, tolerance: float, what: str) -> None:
    """Equal where not finite, and within the tolerance of the expected range elsewhere."""
    assert found.shape == expected.shape, what
    assert found.dtype == expected.dtype, what
    found, expected = found.double(), expected.double()
    assert torch.equal(found.isnan(), expected.isnan()), what
    regular = expected.isfinite()
    assert torch.equal(found[~regular & ~expected.isnan()], expected[~regular & ~expected.isnan()]), what
    if not regular.any():
        return
    scale = max(float(expected[regular].abs().max()), 0.1)  # what is all but 0 is judged as 0.1
    worst = float((found - expected)[regular].abs().max())
    assert worst <= tolerance * scale, f"{what}: off by {worst:.3g} of {scale:.3g}"


def gradients(case: Case, backend: str, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Gradients of a fixed weighted sum of the result, for all tensors."""
    leaves = tuple(tensor.detach().clone().requires_grad_() for tensor in tensors)
    result = case.run(backend, *leaves)
    weights = torch.linspace(-1, 1, result.numel(), dtype=torch.float64).sin().view(result.shape)
    weights = weights.to(result.dtype).to(result.device)
    (result * weights).sum().backward()
    return tuple(leaf.grad if leaf.grad is not None else torch.zeros_like(leaf) for leaf in leaves)
