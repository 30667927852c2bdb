"""Every compiled form gives what the torch form gives, whatever the tensors look like and wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from .cases import (
    FLOW_NAMES,
    LAYOUTS,
    NAMES,
    ORACLE,
    SHAPES,
    Backend,
    Case,
    Shape,
    Tensor,
    assert_agree,
    assert_same_bits,
    cases,
    flow_place,
    half_stored,
    wild_flow,
)

# Values that a tensor may hold without being wrong. None so large that a sum leaves float's range on its way.
ODD_VALUES = torch.tensor([torch.nan, torch.inf, -torch.inf, 60000.0, -0.0])


def agree(case: Case, compiled: Backend, tensors: Sequence[Tensor] | None = None) -> None:
    assert_agree(case.run(compiled, tensors), case.run(ORACLE, tensors), case.name)


def sprinkled(tensor: Tensor, seed: int, share: float = 0.02) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    odd = ODD_VALUES[torch.randint(len(ODD_VALUES), tensor.shape, generator=g)].to(tensor.dtype)
    return torch.where(torch.rand(tensor.shape, generator=g) < share, odd, tensor)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_every_shape_agrees(compiled: Backend, name: str, shape: Shape) -> None:
    agree(cases(shape)[name], compiled)


@pytest.mark.parametrize("shape", [(2, 3, 17, 23), (1, 200, 6, 7)], ids=str)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "project_flow"])  # that one has nothing but flow
def test_half_storage_agrees(compiled: Backend, name: str, shape: Shape) -> None:
    case = cases(shape)[name]
    agree(case, compiled, half_stored(case))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_it_does_not_matter_how_tensors_lie_in_memory(compiled: Backend, name: str, layout: str) -> None:
    """The compiled form gets the tensors as they lie on its own device, the oracle gets plain copies."""
    case = cases((2, 3, 17, 23), seed=1)[name]
    for tensors in (case.tensors, half_stored(case)):
        on_device = [LAYOUTS[layout](tensor.to(compiled.device)) for tensor in tensors]
        plain = [tensor.cpu().contiguous() for tensor in on_device]
        assert_agree(case.run(compiled, on_device), case.run(ORACLE, plain), f"{name}, {layout}")


@pytest.mark.parametrize("channels", [3, 4])
def test_interleaved_pixels_as_hosts_have_them_stay_interleaved(compiled: Backend, channels: int) -> None:
    case = cases((1, channels, 19, 45))["warp clamp"]
    image, flow = case.tensors
    interleaved = image.contiguous(memory_format=torch.channels_last)
    found = case.run(compiled, (interleaved, flow))
    assert found.is_contiguous(memory_format=torch.channels_last)
    assert_agree(found, case.run(ORACLE), case.name)


@pytest.mark.parametrize("shape", [(2, 3, 17, 23), (1, 4, 40, 131), (1, 2, 1, 50), (1, 2, 50, 1)], ids=str)
@pytest.mark.parametrize("name", FLOW_NAMES)
def test_no_flow_is_too_wild(compiled: Backend, name: str, shape: Shape) -> None:
    case = cases(shape)[name]
    flow = wild_flow(torch.Generator().manual_seed(4), shape[0], *shape[2:])
    place = flow_place(name)
    agree(case, compiled, [flow if at == place else tensor for at, tensor in enumerate(case.tensors)])


@pytest.mark.parametrize("flow_value", [torch.nan, torch.inf, 1e30, -1e30])
@pytest.mark.parametrize("name", FLOW_NAMES)
def test_a_flow_that_is_wild_everywhere_agrees(compiled: Backend, name: str, flow_value: float) -> None:
    case = cases((1, 3, 20, 33))[name]
    place = flow_place(name)
    tensors = [torch.full_like(tensor, flow_value) if at == place else tensor for at, tensor in enumerate(case.tensors)]
    agree(case, compiled, tensors)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("project_flow")])
def test_images_that_hold_nan_and_inf_agree(compiled: Backend, name: str) -> None:
    """Only images: what an odd kernel, metric or logit does is told by the tests of each operation."""
    case = cases((1, 3, 30, 70), seed=2)[name]
    images = {0, 1} if name.startswith(("adaptive_conv", "correlation")) else {0}
    tensors = [sprinkled(tensor, at) if at in images else tensor for at, tensor in enumerate(case.tensors)]
    agree(case, compiled, tensors)


def test_logits_that_are_not_finite_agree(compiled: Backend) -> None:
    case = cases((1, 3, 30, 70), seed=2)["adaptive_conv"]
    logits = sprinkled(case.tensors[2], 5, share=0.01)
    logits[:, :, 3, 3:9] = -torch.inf
    agree(case, compiled, [*case.tensors[:2], logits])


@pytest.mark.parametrize("taps", [1, 2, 7, 51])
def test_separable_kernels_of_every_size_agree(compiled: Backend, taps: int) -> None:
    g = torch.Generator().manual_seed(taps)
    image = torch.randn(1, 4, 9 + taps - 1, 70 + taps - 1, generator=g)
    kernels = (torch.randn(1, taps, 9, 70, generator=g), torch.randn(1, taps, 9, 70, generator=g))
    agree(replace(cases((1, 1, 2, 2))["separable_conv"], tensors=(image, *kernels)), compiled)


@pytest.mark.parametrize("size", [1, 5, 41])
def test_adaptive_kernels_of_every_size_agree(compiled: Backend, size: int) -> None:
    g = torch.Generator().manual_seed(size)
    images = (torch.randn(1, 5, 6, 70, generator=g), torch.randn(1, 5, 6, 70, generator=g))
    logits = torch.randn(1, 2 * size**2, 6, 70, generator=g) * 4
    agree(replace(cases((1, 1, 2, 2))["adaptive_conv"], tensors=(*images, logits)), compiled)


@pytest.mark.parametrize("size", [2, 4, 6])
def test_adaptive_warps_of_every_size_agree(compiled: Backend, size: int) -> None:
    case = cases((2, 3, 21, 40))["filter_warp"]
    kernels = torch.randn(2, size**2, 21, 40, generator=torch.Generator().manual_seed(size))
    agree(case, compiled, [*case.tensors[:2], kernels])


@pytest.mark.parametrize("radius", [0, 1, 5, 9])
def test_correlations_of_every_radius_agree(compiled: Backend, radius: int) -> None:
    agree(replace(cases((1, 7, 11, 40))["correlation"], options={"radius": radius}), compiled)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("project_flow")])
def test_half_storage_is_the_float_result_rounded_once(native: object, name: str) -> None:
    backend = Backend("native")
    for seed in range(6):  # a sum in another order differs in one value of some thousands
        case = cases((2, 3, 17, 23), seed=seed)[name]
        halves = half_stored(case)
        found = case.run(backend, halves)
        assert_same_bits(found, case.run(backend, [tensor.float() for tensor in halves]).half(), name)
