"""What the plain forms share: where pixels are, and how they are read."""

from __future__ import annotations

import torch

Tensor = torch.Tensor


def wide(tensor: Tensor) -> Tensor:
    """The tensor in the type it is computed in: float64 stays, all else becomes float32."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def pixel_grid(like: Tensor, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Column and row indices of an (N, C, H, W) tensor as (1, 1, W) and (1, H, 1)."""
    height, width = like.shape[-2:]
    columns = torch.arange(width, device=like.device, dtype=dtype).view(1, 1, width)
    rows = torch.arange(height, device=like.device, dtype=dtype).view(1, height, 1)
    return columns, rows


def destination(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Positions x and y (N, H, W) in pixels that a flow (N, 2, H, W) leads to, never in half precision."""
    flow = wide(flow)
    columns, rows = pixel_grid(flow, flow.dtype)
    return columns + flow[:, 0], rows + flow[:, 1]


def gather(image: Tensor, rows: Tensor, columns: Tensor, zero_outside: bool = False) -> Tensor:
    """Pixels (N, C, H, W) at integer rows and columns (N, H, W): clamped to the edge, or zero outside."""
    n, c, height, width = image.shape
    index = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    values = image.flatten(2).gather(2, index.view(n, 1, -1).expand(n, c, -1)).view(n, c, *rows.shape[1:])
    if not zero_outside:
        return values
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return torch.where(inside.unsqueeze(1), values, values.new_zeros(()))


def weighted(weight: Tensor, values: Tensor) -> Tensor:
    """``weight * values``, but nothing where the weight is 0: 0 * Inf would be NaN.

    The weight's own gradient stays that of the product, so it is the values that are silenced.
    """
    silent = (weight == 0) & ~torch.isfinite(values)
    return weight * torch.where(silent, values.new_zeros(()), values)
