"""Separable convolution with kernels of its own for every pixel; see ``kernels.separable_conv``."""

from __future__ import annotations

import torch

from vfi_plugin.kernels.reference.sampling import wide

Tensor = torch.Tensor


def separable_conv(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """``out[y, x] = sum_i V[i, y, x] sum_j H[j, y, x] image[y + i, x + j]``."""
    result: Tensor = _traceable(image, vertical, horizontal)
    return result


def _over_taps(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    height, width = vertical.shape[-2:]
    source, down, across = wide(image), wide(vertical), wide(horizontal)
    total = source.new_zeros(image.shape[0], image.shape[1], height, width)
    for i in range(vertical.shape[1]):
        line = torch.zeros_like(total)
        for j in range(horizontal.shape[1]):
            line = line + across[:, j : j + 1] * source[..., i : i + height, j : j + width]
        total = total + down[:, i : i + 1] * line
    return total.to(image.dtype)


# A trace would write down each of the 51 x 51 taps that networks have; with this its loops stay loops.
_traceable = torch.jit.script_if_tracing(_over_taps)  # type: ignore[no-untyped-call]
