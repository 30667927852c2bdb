"""Gives the compiled kernels their gradients: their own backward kernels, run by autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Tensor = torch.Tensor

# forward(*tensors, **options) -> (result, further tensors that backward needs ...)
Forward = Callable[..., Sequence[Tensor]]
# backward(gradient, *tensors, result, further..., wanted=flags, **options) -> a gradient or None a tensor
Backward = Callable[..., Sequence[Tensor | None]]


class _Compiled(torch.autograd.Function):
    """One call of a compiled kernel."""

    @staticmethod
    def forward(ctx: Any, forward: Forward, backward: Backward, options: dict[str, Any], *tensors: Tensor) -> Tensor:
        results = forward(*tensors, **options)
        ctx.save_for_backward(*tensors, *results)
        ctx.inputs, ctx.backward_kernel, ctx.options = len(tensors), backward, options
        return results[0]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        wanted = tuple(ctx.needs_input_grad[3 : 3 + ctx.inputs])
        found = ctx.backward_kernel(gradient, *ctx.saved_tensors, wanted=wanted, **ctx.options)
        return (None, None, None, *found)


def call(forward: Forward, backward: Backward, *tensors: Tensor, **options: Any) -> Tensor:
    """Runs ``forward``; where autograd listens, with ``backward`` as its gradient (of first order only)."""
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        result: Tensor = _Compiled.apply(forward, backward, options, *tensors)  # type: ignore[no-untyped-call]
        return result
    return forward(*tensors, **options)[0]
