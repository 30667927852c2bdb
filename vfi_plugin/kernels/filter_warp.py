"""Adaptive warping: a backward warp that reads a learned kernel of pixels instead of a bilinear four.

Bao et al., "MEMC-Net: Motion Estimation and Motion Compensation Driven Neural Network", TPAMI 2019; used by DAIN.
"""

from __future__ import annotations

from math import isqrt

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, flow_under_autocast, under_autocast
from vfi_plugin.kernels.differentiable import call


def filter_warp(
    image: torch.Tensor, flow: torch.Tensor, kernels: torch.Tensor, *, backend: str | None = None
) -> torch.Tensor:
    """Reads k x k pixels (k even) around where the flow leads; each quadrant of the kernel has one bilinear share.

    With ``X = x + flow_x``, ``a = X - int(X)`` and the same for y and b, column i of the window is pixel
    ``int(X) + 1 - k / 2 + i``, clamped to the image, and weighs ``1 - a`` for ``i < k / 2``, else ``a``; rows likewise.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range.
        flow: (N, 2, H, W) float32 pixels, x then y.
        kernels: (N, k k, H, W), row by row, the image's type, shared by all channels.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W) in the image's type. Where the flow leads outside, is as long as half the image or is not finite,
        the pixel of the image itself, as the published operation does. No gradient reaches flow and kernels there.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    flow = flow_under_autocast(flow)
    image, kernels = under_autocast(image, kernels)
    sizes = check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"), kernels=(kernels, "N T H W"))
    check_types(flow, image=image, kernels=kernels)
    size = isqrt(sizes["T"])
    if size * size != sizes["T"] or size % 2:
        raise UsageError(f"got {sizes['T']} kernel values a pixel; needed k k for an even k, such as 16")
    name = choose_backend(backend, image, flow, kernels)
    if name == "torch":
        return reference.filter_warp(image, flow, kernels)
    compiled = implementation(name)
    return call(compiled.filter_warp, compiled.filter_warp_backward, image, flow, kernels)
