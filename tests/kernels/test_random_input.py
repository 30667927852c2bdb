"""Whatever hypothesis thinks of, the compiled CPU form gives what the torch form gives."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from .cases import LAYOUTS, NAMES, ORACLE, Backend, assert_agree, cases, flow_place, half_stored, wild_flow

NATIVE = Backend("native")


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """At most some 20000 pixels in all: what differs between shapes shows at their edges."""
    h, w = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    c = draw(st.sampled_from((1, 2, 3, 4, 5, 8, 13, 64, 200)))
    return draw(st.integers(1, 3)), min(c, max(1, 20000 // (h * w))), h, w


@settings(max_examples=60, deadline=None, derandomize=True)  # the same cases in every run: a failure is no surprise
@given(
    name=st.sampled_from(NAMES),
    shape=shapes(),
    seed=st.integers(0, 3),
    layouts=st.lists(st.sampled_from(["as it is", *LAYOUTS]), min_size=3, max_size=3),
    is_half=st.booleans(),
    is_wild=st.booleans(),
)
def test_native_agrees_with_torch(
    name: str, shape: tuple[int, int, int, int], seed: int, layouts: list[str], is_half: bool, is_wild: bool
) -> None:
    case = cases(shape, seed)[name]
    tensors = list(half_stored(case) if is_half and not name.startswith("project_flow") else case.tensors)
    place = flow_place(name)
    if is_wild and place is not None:
        tensors[place] = wild_flow(torch.Generator().manual_seed(seed), shape[0], *shape[2:])
    tensors = [LAYOUTS.get(layout, torch.clone)(tensor) for tensor, layout in zip(tensors, layouts, strict=False)]
    plain = [tensor.contiguous() for tensor in tensors]
    assert_agree(case.run(NATIVE, tensors), case.run(ORACLE, plain), name)
