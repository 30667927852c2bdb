"""Summation splat; see ``kernels.splat``."""

from __future__ import annotations

import torch

from vfi_plugin.kernels.reference.sampling import destination, weighted, wide

Tensor = torch.Tensor


def splat_sum(image: Tensor, flow: Tensor) -> Tensor:
    """Every pixel adds its bilinear share to the four pixels around where its flow leads."""
    n, c, height, width = image.shape
    x, y = destination(flow)
    reaches = (x > -1) & (x < width) & (y > -1) & (y < height)  # false for NaN: such pixels are dropped
    x, y = torch.where(reaches, x, x.new_zeros(())), torch.where(reaches, y, y.new_zeros(()))
    left, top = x.detach().floor(), y.detach().floor()
    fx, fy = x - left, y - top
    source = wide(image)
    total = source.new_zeros(n, c, height * width)
    shares = (((1 - fy) * (1 - fx), 0, 0), ((1 - fy) * fx, 0, 1), (fy * (1 - fx), 1, 0), (fy * fx, 1, 1))
    for share, down, right in shares:
        row, column = top.long() + down, left.long() + right
        inside = reaches & (row >= 0) & (row < height) & (column >= 0) & (column < width)
        index = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
        value = weighted(torch.where(inside, share, share.new_zeros(())).unsqueeze(1), source)
        total = total.scatter_add(2, index.view(n, 1, -1).expand(n, c, -1), value.flatten(2))
    return total.view(n, c, height, width).to(image.dtype)
