"""Flow as seen from where it leads to; see ``kernels.project_flow``."""

from __future__ import annotations

import torch

from vfi_plugin.kernels.reference.sampling import destination, wide

Tensor = torch.Tensor


def project_flow(flow: Tensor, depth: Tensor | None, fill_holes: bool) -> Tensor:
    """The weighted mean of what is thrown at each pixel, and its nearest neighbours' mean where nothing is."""
    n, _, height, width = flow.shape
    motion = wide(flow)
    weight = torch.ones_like(motion[:, :1]) if depth is None else wide(depth)
    x, y = destination(flow.detach())
    lands = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)  # false for NaN: such pixels are dropped
    left = torch.where(lands, x, x.new_zeros(())).long()
    top = torch.where(lands, y, y.new_zeros(())).long()
    # What is dropped is silenced before it is multiplied: the weight's gradient would be 0 * NaN.
    motion = torch.where(lands.unsqueeze(1), motion, motion.new_zeros(()))
    weight = torch.where(lands.unsqueeze(1), weight, weight.new_zeros(()))
    thrown = torch.cat([-motion * weight, weight], 1)
    total = motion.new_zeros(n, 3, height * width)
    for down in (0, 1):
        for right in (0, 1):
            # Without a bilinear share, and twice into the last row or column where there is none beyond.
            index = (top + down).clamp(max=height - 1) * width + (left + right).clamp(max=width - 1)
            total = total.scatter_add(2, index.view(n, 1, -1).expand(n, 3, -1), thrown.flatten(2))
    total = total.view(n, 3, height, width)
    reached = total[:, 2:] > 0
    mean = torch.where(reached, total[:, :2] / torch.where(reached, total[:, 2:], 1.0), motion.new_zeros(()))
    if fill_holes:
        mean = torch.where(reached, mean, _from_nearest(mean.detach(), reached))
    return mean.to(flow.dtype)


def _from_nearest(mean: Tensor, reached: Tensor) -> Tensor:
    """For every pixel the mean of the nearest reached pixels to its left, right, top and bottom; 0 if there is none."""
    total, count = torch.zeros_like(mean), torch.zeros_like(mean[:, :1])
    for axis in (-1, -2):
        for backward in (False, True):
            value, found = _carried(mean, reached, axis, backward)
            total, count = total + value, count + found
    return total / count.clamp(min=1)


def _carried(mean: Tensor, reached: Tensor, axis: int, backward: bool) -> tuple[Tensor, Tensor]:
    """The last reached value met when walking along an axis, and 1 where there was one."""
    if backward:
        value, found = _carried(mean.flip(axis), reached.flip(axis), axis, False)
        return value.flip(axis), found.flip(axis)
    shape = [1, 1, 1, 1]
    shape[axis] = mean.shape[axis]
    place = torch.arange(mean.shape[axis], device=mean.device).view(shape)
    last = torch.where(reached, place, -1).cummax(axis).values
    value = mean.gather(axis, last.clamp(min=0).expand_as(mean))
    found = (last >= 0).to(mean.dtype)
    return value * found, found
