"""Gradients: of the torch forms against finite differences, of the compiled forms against the torch forms."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from vfi_plugin import kernels

from .cases import (
    FLOW_NAMES,
    LAYOUTS,
    NAMES,
    ORACLE,
    Backend,
    Case,
    Shape,
    Tensor,
    assert_agree,
    cases,
    flow_place,
    gradients,
    half_stored,
    wild_flow,
)

SHAPES: tuple[Shape, ...] = ((1, 3, 1, 37), (1, 1, 29, 1), (2, 3, 17, 23), (1, 5, 11, 50), (1, 200, 5, 6))

# The compiled cubic warp leaves its gradient to the torch form.
COMPILED_NAMES = tuple(name for name in NAMES if "cubic" not in name)


def smooth_case(name: str) -> Case:
    """The operation in float64 away from its kinks: flow leads 0.2 to 0.8 of a pixel beside the grid's lines."""
    g = torch.Generator().manual_seed(0)
    n, c, h, w = 1, 2, 3, 4
    case = cases((n, c, h, w))[name]
    tensors = [tensor.double() for tensor in case.tensors]
    place = flow_place(name)
    if place is not None:
        # Shorter than half the image, which is a kink of filter_warp. Some lead outside across every edge.
        whole = torch.randint(-2, 1, (n, 2, h, w), generator=g).double()
        tensors[place] = whole + 0.2 + 0.6 * torch.rand(n, 2, h, w, generator=g, dtype=torch.float64)
    options = dict(case.options)
    if name.startswith("project_flow"):
        options["fill_holes"] = False  # what fills a hole passes no gradient, by definition
    if name == "correlation":
        options["radius"] = 1
    return Case(name, case.operation, tuple(tensors), options)


@pytest.mark.parametrize("name", NAMES)
def test_the_torch_form_has_the_gradients_of_finite_differences(name: str) -> None:
    case = smooth_case(name)
    leaves = [tensor.requires_grad_() for tensor in case.tensors]
    # With many inputs, one random direction of all at once instead of each alone.
    is_large = sum(leaf.numel() for leaf in leaves) > 150
    assert torch.autograd.gradcheck(lambda *tensors: case.run(ORACLE, tensors), leaves, fast_mode=is_large)


def assert_gradients_agree(
    case: Case, compiled: Backend, tensors: tuple[Tensor, ...], wanted: tuple[bool, ...] | None = None
) -> None:
    found, expected = gradients(case, compiled, tensors, wanted), gradients(case, ORACLE, tensors, wanted)
    # Where pixels land alone a mean does not depend on flow and metric: what is left is the rounding of terms of about
    # 1, one a channel, that cancel. Against float64 the torch form is as far off as the compiled ones.
    least_scale = tensors[0].shape[1] if case.name in ("splat average", "splat linear", "splat softmax") else 0.1
    for at, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert (one is None) == (other is None), f"{case.name}: input {at}"
        if one is not None and other is not None:
            assert_agree(one, other, f"{case.name}: gradient of input {at}", least_scale)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", COMPILED_NAMES)
def test_a_compiled_form_has_the_gradients_of_the_torch_form(compiled: Backend, name: str, shape: Shape) -> None:
    case = cases(shape)[name]
    assert_gradients_agree(case, compiled, case.tensors)


@pytest.mark.parametrize("name", [name for name in COMPILED_NAMES if name != "project_flow"])
def test_gradients_agree_in_half_storage(compiled: Backend, name: str) -> None:
    case = cases((2, 3, 17, 23))[name]
    assert_gradients_agree(case, compiled, half_stored(case))


@pytest.mark.parametrize("name", COMPILED_NAMES)
def test_an_input_that_wants_no_gradient_changes_no_other(compiled: Backend, name: str) -> None:
    case = cases((2, 3, 9, 23))[name]
    for wanted in product((False, True), repeat=len(case.tensors)):
        if any(wanted):
            assert_gradients_agree(case, compiled, case.tensors, wanted)


@pytest.mark.parametrize("name", FLOW_NAMES)
def test_gradients_survive_a_wild_flow(compiled: Backend, name: str) -> None:
    """Where a pixel is dropped, its gradient is 0; where it is NaN, its gradient reaches nobody."""
    case = cases((1, 3, 20, 33))[name]
    flow = wild_flow(torch.Generator().manual_seed(4), 1, 20, 33)
    place = flow_place(name)
    tensors = tuple(flow if at == place else tensor for at, tensor in enumerate(case.tensors))
    assert_gradients_agree(case, compiled, tensors)


@pytest.mark.parametrize("layout", ["transposed", "every other", "channels last", "one row for all"])
@pytest.mark.parametrize("name", COMPILED_NAMES)
def test_it_does_not_matter_how_a_gradient_lies_in_memory(compiled: Backend, name: str, layout: str) -> None:
    """Neither the gradient that comes in nor the inputs."""
    case = cases((2, 3, 17, 23))[name]
    lay_out = LAYOUTS[layout]
    tensors = [lay_out(tensor) for tensor in case.tensors]
    found = gradients(case, compiled, tensors, incoming=lambda gradient: lay_out(gradient.to(compiled.device)).cpu())
    plain = [tensor.contiguous() for tensor in tensors]
    expected = gradients(case, ORACLE, plain, incoming=lambda gradient: lay_out(gradient).contiguous())
    for at, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one is not None
        assert other is not None
        assert_agree(one, other, f"{name}: gradient of input {at}")


@pytest.mark.parametrize("size", [1, 5])
def test_gradients_of_adaptive_kernels_of_other_sizes_agree(compiled: Backend, size: int) -> None:
    g = torch.Generator().manual_seed(size)
    images = (torch.randn(2, 3, 7, 19, generator=g), torch.randn(2, 3, 7, 19, generator=g))
    logits = torch.randn(2, 2 * size**2, 7, 19, generator=g)
    case = Case("adaptive_conv", kernels.adaptive_conv, (*images, logits))
    assert_gradients_agree(case, compiled, case.tensors)


@pytest.mark.parametrize("taps", [1, 2, 13])
def test_gradients_of_separable_kernels_of_other_sizes_agree(compiled: Backend, taps: int) -> None:
    g = torch.Generator().manual_seed(taps)
    image = torch.randn(2, 2, 7 + taps - 1, 19 + taps - 1, generator=g)
    pair = (torch.randn(2, taps, 7, 19, generator=g), torch.randn(2, taps, 7, 19, generator=g))
    case = Case("separable_conv", kernels.separable_conv, (image, *pair))
    assert_gradients_agree(case, compiled, case.tensors)


def test_a_cubic_warp_that_wants_gradients_gives_the_torch_forms_result(compiled: Backend) -> None:
    case = cases((2, 3, 17, 23))["warp cubic clamp"]
    assert_gradients_agree(case, compiled, case.tensors)


def test_a_result_wants_a_gradient_only_where_an_input_does(backend: Backend) -> None:
    for case in cases((1, 2, 4, 5)).values():
        assert not case.run(backend).requires_grad, case.name
        leaves = [tensor.clone().requires_grad_() for tensor in case.tensors]
        assert case.run(backend, leaves).requires_grad, case.name
        with torch.no_grad():
            assert not case.run(backend, leaves).requires_grad, case.name
