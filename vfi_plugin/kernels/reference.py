"""Every kernel in plain torch: slow, obvious, differentiable; the oracle of the others and the fallback everywhere."""

from __future__ import annotations

import torch

Tensor = torch.Tensor


def pixel_grid(like: Tensor) -> tuple[Tensor, Tensor]:
    """Column and row indices of an (N, C, H, W) tensor as float32 (1, 1, W) and (1, H, 1)."""
    height, width = like.shape[-2:]
    columns = torch.arange(width, device=like.device, dtype=torch.float32).view(1, 1, width)
    rows = torch.arange(height, device=like.device, dtype=torch.float32).view(1, height, 1)
    return columns, rows


def _gather(image: Tensor, rows: Tensor, columns: Tensor, zero_outside: bool) -> Tensor:
    """Pixels (N, C, H, W) at integer rows and columns (N, H, W): clamped to the edge, or zero outside."""
    n, c, height, width = image.shape
    index = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    values = image.flatten(2).gather(2, index.view(n, 1, -1).expand(n, c, -1)).view(n, c, *rows.shape[1:])
    if not zero_outside:
        return values
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return torch.where(inside.unsqueeze(1), values, values.new_zeros(()))


def _weighted(weight: Tensor, values: Tensor) -> Tensor:
    """``weight * values``, but nothing where the weight is 0: 0 * Inf would be NaN."""
    return torch.where(weight == 0, values.new_zeros(()), weight * values)


def _positions(image: Tensor, flow: Tensor, border: str) -> tuple[Tensor, Tensor, Tensor]:
    """Sampling positions x and y (N, H, W) in pixels, float32, and where they are finite."""
    columns, rows = pixel_grid(image)
    x, y = columns + flow[:, 0].float(), rows + flow[:, 1].float()
    finite = torch.isfinite(x) & torch.isfinite(y)
    x, y = torch.where(finite, x, x.new_zeros(())), torch.where(finite, y, y.new_zeros(()))
    height, width = image.shape[-2:]
    if border == "clamp":
        return x.clamp(0, width - 1), y.clamp(0, height - 1), finite
    # Beyond one pixel outside there is nothing to read, however far it is.
    return x.clamp(-4, width + 4), y.clamp(-4, height + 4), finite


def warp(image: Tensor, flow: Tensor, border: str) -> Tensor:
    """Backward bilinear warp; see ``kernels.warp``."""
    x, y, finite = _positions(image, flow, border)
    left, top = x.floor(), y.floor()
    fx, fy = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    columns, rows = left.long(), top.long()
    zero = border == "zero"
    source = image.float()
    total = (
        _weighted((1 - fy) * (1 - fx), _gather(source, rows, columns, zero))
        + _weighted((1 - fy) * fx, _gather(source, rows, columns + 1, zero))
        + _weighted(fy * (1 - fx), _gather(source, rows + 1, columns, zero))
        + _weighted(fy * fx, _gather(source, rows + 1, columns + 1, zero))
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
    """Backward Catmull-Rom warp held inside the range of the nearest four pixels; see ``kernels.warp``."""
    x, y, finite = _positions(image, flow, border)
    left, top = x.floor(), y.floor()
    fx, fy = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    columns, rows = left.long(), top.long()
    source, zero = image.float(), border == "zero"
    total = torch.zeros_like(source)
    low, high = torch.full_like(source, torch.inf), torch.full_like(source, -torch.inf)
    for j, weight_y in enumerate(_catmull_rom(fy)):
        for i, weight_x in enumerate(_catmull_rom(fx)):
            values = _gather(source, rows + j - 1, columns + i - 1, zero)
            total = total + _weighted(weight_y * weight_x, values)
            if i not in (1, 2) or j not in (1, 2):
                continue
            counts = ((i == 1) | (fx > 0)) & ((j == 1) | (fy > 0))
            low = torch.where(counts, torch.minimum(low, values), low)
            high = torch.where(counts, torch.maximum(high, values), high)
    total = torch.minimum(torch.maximum(total, low), high)
    return torch.where(finite.unsqueeze(1), total, total.new_full((), torch.nan)).to(image.dtype)


def splat_sum(image: Tensor, flow: Tensor) -> Tensor:
    """Summation splat: every pixel adds its bilinear share to the four pixels around where its flow leads."""
    n, c, height, width = image.shape
    columns, rows = pixel_grid(image)
    x, y = columns + flow[:, 0].float(), rows + flow[:, 1].float()
    reaches = (x > -1) & (x < width) & (y > -1) & (y < height)  # false for NaN: such pixels are dropped
    x, y = torch.where(reaches, x, x.new_zeros(())), torch.where(reaches, y, y.new_zeros(()))
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    total = torch.zeros(n, c, height * width, device=image.device, dtype=torch.float32)
    shares = (((1 - fy) * (1 - fx), 0, 0), ((1 - fy) * fx, 0, 1), (fy * (1 - fx), 1, 0), (fy * fx, 1, 1))
    for share, down, right in shares:
        row, column = top.long() + down, left.long() + right
        inside = reaches & (row >= 0) & (row < height) & (column >= 0) & (column < width)
        index = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
        value = _weighted(torch.where(inside, share, 0.0).unsqueeze(1), image.float())
        total = total.scatter_add(2, index.view(n, 1, -1).expand(n, c, -1), value.flatten(2))
    return total.view(n, c, height, width).to(image.dtype)
