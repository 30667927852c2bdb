"""Where operations run, what they are given, and how two results are compared: shared by the tests of all backends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import torch

from vfi_plugin import kernels

Tensor = torch.Tensor
Operation = Callable[..., Tensor]
Shape = tuple[int, int, int, int]

# Max-abs difference relative to the output's range; half storage rounds results at 2^-11.
TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-3}

# (N, C, H, W): single rows and columns, odd sizes, several images, one channel to 200.
SHAPES = ((1, 3, 1, 37), (1, 1, 29, 1), (2, 3, 17, 23), (1, 5, 33, 50), (3, 1, 8, 16), (1, 200, 6, 7), (1, 4, 40, 131))

# What no flow should be, what is so large that adding a column to it changes nothing, and the smallest that every
# device tells from 0.
WILD = (torch.nan, torch.inf, -torch.inf, 1e9, -1e9, 3e38, -3e38, 2.0**31, -(2.0**31), 16777216.0, 1.2e-38)


@dataclass(frozen=True)
class Backend:
    """One implementation and the device it runs on; tests make their tensors on the CPU and get results there."""

    name: str
    device: str = "cpu"

    def __call__(self, operation: Operation, *tensors: Tensor | None, **options: Any) -> Tensor:
        moved = (tensor if tensor is None else tensor.to(self.device) for tensor in tensors)
        return operation(*moved, **options, backend=self.name).cpu()

    def what_is_missing(self) -> str:
        """Why this backend cannot run here, or an empty string."""
        if self.device == "cpu":
            return ""
        if not torch.cuda.is_available():
            return "torch finds no CUDA device"
        return "" if find_spec("cupy") else "CuPy is not installed"


ORACLE = Backend("torch")


@dataclass(frozen=True)
class Case:
    """One call: tensors that may want gradients, and options."""

    name: str
    operation: Operation
    tensors: tuple[Tensor, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, backend: Backend, tensors: Sequence[Tensor] | None = None) -> Tensor:
        return backend(self.operation, *(self.tensors if tensors is None else tensors), **self.options)


def noise(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator)


def some_flow(generator: torch.Generator, n: int, h: int, w: int, reach_px: float = 6.0) -> Tensor:
    """Smooth drift, jumps, whole pixels, and some that lead far outside."""
    flow = noise(generator, n, 2, h, w) * reach_px
    flow[..., : w // 2] = flow[..., :1, :1]
    flow[:, :, : h // 3] = flow[:, :, : h // 3].round()
    flow[..., -1] = 4000.0
    return flow


def wild_flow(generator: torch.Generator, n: int, h: int, w: int) -> Tensor:
    """Ordinary flow with a third of its components replaced by what no flow should be."""
    flow = noise(generator, n, 2, h, w) * 3
    bad = torch.tensor(WILD)[torch.randint(len(WILD), flow.shape, generator=generator)]
    return torch.where(torch.rand(flow.shape, generator=generator) < 0.33, bad, flow)


def splat_average(image: Tensor, flow: Tensor, backend: str) -> Tensor:
    return kernels.splat(image, flow, mode="average", backend=backend)


def splat_linear(image: Tensor, flow: Tensor, metric: Tensor, backend: str) -> Tensor:
    return kernels.splat(image, flow, metric, mode="linear", backend=backend)


@lru_cache(maxsize=16)
def cases(shape: Shape, seed: int = 0) -> dict[str, Case]:
    """Every operation on images of one shape, by name. What is cached is shared: a test copies before it writes."""
    n, c, h, w = shape
    g = torch.Generator().manual_seed(seed)
    image, flow = noise(g, n, c, h, w), some_flow(g, n, h, w)
    metric = noise(g, n, 1, h, w)
    weight = metric.abs() + 0.1
    taps, size = 5, 3
    padded = noise(g, n, c, h + taps - 1, w + taps - 1)
    part = noise(g, n, 2 * size**2, max(1, h // 2), max(1, w // 2)) * 3
    pair = (noise(g, n, taps, h, w), noise(g, n, taps, h, w))
    found = [
        Case("warp clamp", kernels.warp, (image, flow), {"border": "clamp"}),
        Case("warp zero", kernels.warp, (image, flow), {"border": "zero"}),
        Case("warp cubic clamp", kernels.warp, (image, flow), {"border": "clamp", "taps": "cubic"}),
        Case("warp cubic zero", kernels.warp, (image, flow), {"border": "zero", "taps": "cubic"}),
        Case("separable_conv", kernels.separable_conv, (padded, *pair)),
        Case("adaptive_conv", kernels.adaptive_conv, (image, -image, noise(g, n, 2 * size**2, h, w) * 3)),
        Case("adaptive_conv part", kernels.adaptive_conv, (image, -image, part), {"origin": (h // 3, w // 3)}),
        Case("filter_warp", kernels.filter_warp, (image, flow / 4, noise(g, n, 16, h, w))),
        Case("filter_warp 2", kernels.filter_warp, (image, flow / 4, noise(g, n, 4, h, w))),
        Case("splat_sum", kernels.splat_sum, (image, flow)),
        Case("splat average", splat_average, (image, flow)),
        Case("splat linear", splat_linear, (image, flow, weight)),
        Case("splat softmax", kernels.splat, (image, flow, metric)),
        Case("project_flow", kernels.project_flow, (flow,)),
        Case("project_flow depth", kernels.project_flow, (flow, weight), {"fill_holes": False}),
        Case("project_flow depth filled", kernels.project_flow, (flow, weight)),
        Case("correlation", kernels.correlation, (image, image.flip(1) + 0.3), {"radius": 4}),
        Case("correlation 2", kernels.correlation, (image, image * 0.7 - 0.1), {"radius": 2}),
    ]
    return {case.name: case for case in found}


NAMES = tuple(cases((1, 1, 2, 2)))
FLOW_NAMES = tuple(name for name in NAMES if name.startswith(("warp", "filter_warp", "splat", "project_flow")))


def flow_place(name: str) -> int | None:
    """Which of a case's tensors is a flow: it stays float32 whatever the image is."""
    return None if name not in FLOW_NAMES else 0 if name.startswith("project_flow") else 1


def half_stored(case: Case) -> tuple[Tensor, ...]:
    """The case's tensors with images, kernels and metrics in half precision."""
    place = flow_place(case.name)
    return tuple(tensor if at == place else tensor.half() for at, tensor in enumerate(case.tensors))


def _every_other(tensor: Tensor) -> Tensor:
    n, c, h, w = tensor.shape
    view = tensor.new_full((n, c, 2 * h, 3 * w), torch.nan)[..., ::2, ::3]
    return view.copy_(tensor)


def _cut_out(tensor: Tensor) -> Tensor:
    n, c, h, w = tensor.shape
    view = tensor.new_full((n, c + 1, h + 2, w + 3), torch.nan)[:, 1:, 1:-1, 1:-2]
    return view.copy_(tensor)


# How a tensor may lie in memory. What lies between its elements is NaN: whoever reads it shows.
LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "transposed": lambda tensor: tensor.transpose(2, 3).contiguous().transpose(2, 3),
    "every other": _every_other,
    "cut out": _cut_out,
    "channels last": lambda tensor: tensor.contiguous(memory_format=torch.channels_last),
    "one row for all": lambda tensor: tensor[:, :, :1].expand_as(tensor),
    "one column for all": lambda tensor: tensor[..., :1].expand_as(tensor),
    "one channel for all": lambda tensor: tensor[:, :1].expand_as(tensor),
}


def assert_agree(found: Tensor, expected: Tensor, what: str, least_scale: float = 0.1) -> None:
    """Equal where not finite, and within the tolerance of the expected range elsewhere.

    least_scale: a smaller range is judged as if it were this, for results that are all but 0.
    """
    assert found.shape == expected.shape, what
    assert found.dtype == expected.dtype, what
    tolerance = TOLERANCE[expected.dtype]
    found, expected = found.double(), expected.double()
    assert torch.equal(found.isnan(), expected.isnan()), f"{what}: NaN elsewhere"
    regular = expected.isfinite()
    assert torch.equal(found[~regular].nan_to_num(0), expected[~regular].nan_to_num(0)), f"{what}: Inf elsewhere"
    if not regular.any():
        return
    scale = max(float(expected[regular].abs().max()), least_scale)
    worst = float((found - expected)[regular].abs().max())
    assert worst <= tolerance * scale, f"{what}: off by {worst:.3g} of {scale:.3g}"


def assert_same_bits(found: Tensor, expected: Tensor, what: str) -> None:
    """Equal to the last bit, the sign of a zero included; any NaN is as good as another."""
    assert found.dtype == expected.dtype, what
    assert torch.equal(found.isnan(), expected.isnan()), f"{what}: NaN elsewhere"
    bits = torch.int16 if found.dtype == torch.float16 else torch.int32
    found, expected = found.nan_to_num(0, torch.inf, -torch.inf), expected.nan_to_num(0, torch.inf, -torch.inf)
    different = int((found.contiguous().view(bits) != expected.contiguous().view(bits)).sum())
    assert not different, f"{what}: {different} of {found.numel()} values differ"


def gradients(
    case: Case,
    backend: Backend,
    tensors: Sequence[Tensor] | None = None,
    wanted: Sequence[bool] | None = None,
    incoming: Callable[[Tensor], Tensor] = lambda gradient: gradient,
) -> tuple[Tensor | None, ...]:
    """Gradients of a fixed weighted sum of the result, for the wanted tensors; None for the others.

    incoming: how the gradient of the result lies in memory.
    """
    tensors = case.tensors if tensors is None else tensors
    wanted = [True] * len(tensors) if wanted is None else wanted
    leaves = [tensor.detach().requires_grad_(want) for tensor, want in zip(tensors, wanted, strict=True)]
    result = case.run(backend, leaves)
    weights = torch.linspace(1, 7 * result.numel(), result.numel(), dtype=torch.float64).sin().view(result.shape)
    result.backward(incoming(weights.to(result.dtype)))
    return tuple(leaf.grad for leaf in leaves)


def eighths(generator: torch.Generator, n: int, h: int, w: int, reach_px: float = 3.0) -> Tensor:
    """Flow in steps of an eighth of a pixel: exact in any arithmetic, and often on a pixel or on the very edge."""
    return (noise(generator, n, 2, h, w) * reach_px * 8).round() / 8
