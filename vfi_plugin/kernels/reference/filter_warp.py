"""Adaptive warping: a kernel of k x k pixels around where the flow leads; see ``kernels.filter_warp``."""

from __future__ import annotations

from math import isqrt

import torch

from vfi_plugin.kernels.reference.sampling import destination, gather, wide

Tensor = torch.Tensor


def filter_warp(image: Tensor, flow: Tensor, kernels: Tensor) -> Tensor:
    """The kernel's four quadrants are weighted as the four pixels of a bilinear sample are."""
    height, width = image.shape[-2:]
    x, y = destination(flow)
    near = (wide(flow)[:, 0].abs() < width / 2) & (wide(flow)[:, 1].abs() < height / 2)
    valid = near & (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)  # false for NaN
    x, y = torch.where(valid, x, x.new_zeros(())), torch.where(valid, y, y.new_zeros(()))
    left, top = x.detach().floor(), y.detach().floor()
    fx, fy = x - left, y - top
    source, taps = wide(image), wide(kernels)
    size = isqrt(kernels.shape[1])
    total = torch.zeros_like(source)
    for j in range(size):
        for i in range(size):
            share = (1 - fy if j < size // 2 else fy) * (1 - fx if i < size // 2 else fx)
            weight = (taps[:, j * size + i] * share).unsqueeze(1)
            rows, columns = top.long() + j + 1 - size // 2, left.long() + i + 1 - size // 2
            total = total + weight * gather(source, rows, columns)
    return torch.where(valid.unsqueeze(1), total, source).to(image.dtype)
