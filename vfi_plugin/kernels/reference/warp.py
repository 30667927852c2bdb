"""Backward warps; see ``kernels.warp``."""

from __future__ import annotations

import torch

from vfi_plugin.kernels.reference.sampling import destination, gather, weighted, wide

Tensor = torch.Tensor


def _positions(flow: Tensor, border: str) -> tuple[Tensor, Tensor, Tensor]:
    """Sampling positions x and y (N, H, W) in pixels, and where they are finite."""
    x, y = destination(flow)
    finite = torch.isfinite(x) & torch.isfinite(y)
    x, y = torch.where(finite, x, x.new_zeros(())), torch.where(finite, y, y.new_zeros(()))
    height, width = flow.shape[-2:]
    if border == "clamp":
        return x.clamp(0, width - 1), y.clamp(0, height - 1), finite
    # Beyond one pixel outside there is nothing to read, however far it is.
    return x.clamp(-4, width + 4), y.clamp(-4, height + 4), finite


def warp(image: Tensor, flow: Tensor, border: str) -> Tensor:
    """Backward bilinear warp."""
    x, y, finite = _positions(flow, border)
    left, top = x.detach().floor(), y.detach().floor()
    fx, fy = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    columns, rows = left.long(), top.long()
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
    x, y, finite = _positions(flow, border)
    left, top = x.detach().floor(), y.detach().floor()
    fx, fy = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    columns, rows = left.long(), top.long()
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
