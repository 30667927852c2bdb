"""Backward warps; see ``kernels.warp``."""

from __future__ import annotations

from typing import NamedTuple

import torch

from vfi_plugin.kernels.reference.sampling import gather, pixel_grid, weighted, wide

Tensor = torch.Tensor


_FARTHEST_PX = 1048576.0
"""Of a flow: no frame is as wide."""


class _Places(NamedTuple):
    """The pixel left and above of where each reads, and the fractions beyond it; all (N, H, W).

    Attributes:
        finite: whether the flow is.
    """

    columns: Tensor
    rows: Tensor
    fx: Tensor
    fy: Tensor
    finite: Tensor


def _places(flow: Tensor, border: str) -> _Places:
    flow = wide(flow)
    finite = torch.isfinite(flow).all(1)
    still = flow.new_zeros(())
    height, width = flow.shape[-2:]
    columns, rows = (grid.long() for grid in pixel_grid(flow))
    # Beyond one pixel outside there is nothing to read, however far it is.
    margin = 0 if border == "clamp" else 4
    (left, fx), (top, fy) = (
        _place(torch.where(finite, flow[:, axis], still), grid, -margin, side - 1 + margin)
        for axis, grid, side in ((0, columns, width), (1, rows, height))
    )
    return _Places(left, top, fx.unsqueeze(1), fy.unsqueeze(1), finite)


def _place(flow: Tensor, origin: Tensor, first: int, last: int) -> tuple[Tensor, Tensor]:
    """Where a flow leads from a pixel, held between two others: the pixel below it, and the fraction beyond.

    The fraction is the flow's own. Added to a column of thousands first it would lose digits, and a part of a large
    frame would read elsewhere than the whole.
    """
    steps = flow.clamp(-_FARTHEST_PX, _FARTHEST_PX)
    below = steps.detach().floor()
    beyond = steps - below
    rounded_up = beyond >= 1.0  # of a flow that is hardly below an integer
    pixel = origin + below.long() + rounded_up
    outside = (pixel < first) | (pixel >= last)
    return pixel.clamp(first, last), torch.where(rounded_up | outside, beyond.new_zeros(()), beyond)


def warp(image: Tensor, flow: Tensor, border: str) -> Tensor:
    """Backward bilinear warp."""
    columns, rows, fx, fy, finite = _places(flow, border)
    zero, source = border == "zero", wide(image)
    total = (
        weighted((1 - fy) * (1 - fx), gather(source, rows, columns, zero))
        + weighted((1 - fy) * fx, gather(source, rows, columns + 1, zero))
        + weighted(fy * (1 - fx), gather(source, rows + 1, columns, zero))
        + weighted(fy * fx, gather(source, rows + 1, columns + 1, zero))
    )
    return torch.where(finite.unsqueeze(1), total, total.new_full((), torch.nan)).to(image.dtype)


def _catmull_rom(f: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights of the taps at -1, 0, 1, 2 for a fraction f (Catmull and Rom 1974, tension 1/2)."""
    return (
        0.5 * (-(f**3) + 2 * f**2 - f),
        0.5 * (3 * f**3 - 5 * f**2 + 2),
        0.5 * (-3 * f**3 + 4 * f**2 + f),
        0.5 * (f**3 - f**2),
    )


def warp_cubic(image: Tensor, flow: Tensor, border: str) -> Tensor:
    """Backward Catmull-Rom warp held inside the range of the nearest four pixels."""
    columns, rows, fx, fy, finite = _places(flow, border)
    source, zero = wide(image), border == "zero"
    total = torch.zeros_like(source)
    low, high = torch.full_like(source, torch.inf), torch.full_like(source, -torch.inf)
    for j, weight_y in enumerate(_catmull_rom(fy)):
        for i, weight_x in enumerate(_catmull_rom(fx)):
            values = gather(source, rows + j - 1, columns + i - 1, zero)
            total = total + weighted(weight_y * weight_x, values)
            if i not in (1, 2) or j not in (1, 2):
                continue
            counts = ((i == 1) | (fx > 0)) & ((j == 1) | (fy > 0))
            low = torch.where(counts, torch.minimum(low, values), low)
            high = torch.where(counts, torch.maximum(high, values), high)
    total = torch.minimum(torch.maximum(total, low), high)
    return torch.where(finite.unsqueeze(1), total, total.new_full((), torch.nan)).to(image.dtype)
