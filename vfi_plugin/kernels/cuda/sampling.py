"""Warp and adaptive warp on a GPU."""

from __future__ import annotations

from math import isqrt

import torch

from vfi_plugin.kernels.cuda.launching import launch_pixels

Tensor = torch.Tensor
Wanted = tuple[bool, ...]
Gradients = tuple[Tensor | None, ...]

# Channels that one thread moves: enough that the flow is read seldom, few enough that a small frame of many channels
# still fills the GPU.
_CHANNELS_A_THREAD = 8


def result_like(image: Tensor) -> Tensor:
    """Room for a result of the image's type and size, contiguous."""
    return torch.empty(image.shape, dtype=image.dtype, device=image.device)


def moved_like(image: Tensor) -> Tensor:
    """Room for a moved image, its channels side by side where the image's are."""
    if image.is_contiguous(memory_format=torch.channels_last):
        return torch.empty_like(image, memory_format=torch.channels_last, requires_grad=False)
    return result_like(image)


def sums_like(tensor: Tensor) -> Tensor:
    """Zeros to add up in, float32 whatever the tensor's type."""
    return torch.zeros(tensor.shape, dtype=torch.float32, device=tensor.device)


def _warp(kernel: str, image: Tensor, flow: Tensor, border: str) -> tuple[Tensor]:
    out = moved_like(image)
    launch_pixels(kernel, out, _CHANNELS_A_THREAD, image, flow, out, _CHANNELS_A_THREAD, int(border == "zero"))
    return (out,)


def warp(image: Tensor, flow: Tensor, *, border: str) -> tuple[Tensor]:
    """See ``kernels.warp``."""
    return _warp("warp", image, flow, border)


def warp_cubic(image: Tensor, flow: Tensor, *, border: str) -> tuple[Tensor]:
    """See ``kernels.warp``."""
    return _warp("warp_cubic", image, flow, border)


def warp_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, _out: Tensor, *, wanted: Wanted, border: str
) -> Gradients:
    """Gradients of the bilinear warp."""
    zero, total, to_flow = int(border == "zero"), None, None
    if wanted[0]:
        total = sums_like(image)
        values = (gradient, flow, total, _CHANNELS_A_THREAD, zero)
        launch_pixels("warp_image_gradient", gradient, _CHANNELS_A_THREAD, *values)
        total = total.to(image.dtype)
    if wanted[1]:
        to_flow = result_like(flow)
        # One thread a pixel, so that a pixel's sum over channels is one thread's.
        launch_pixels("warp_flow_gradient", image[:, :1], 1, gradient, image, flow, to_flow, zero)
    return total, to_flow


def _side(kernels: Tensor) -> int:
    return isqrt(kernels.shape[1])


def filter_warp(image: Tensor, flow: Tensor, kernels: Tensor) -> tuple[Tensor]:
    """See ``kernels.filter_warp``."""
    out = result_like(image)
    values = (image, flow, kernels, out, _CHANNELS_A_THREAD, _side(kernels))
    launch_pixels("filter_warp", out, _CHANNELS_A_THREAD, *values)
    return (out,)


def filter_warp_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, kernels: Tensor, _out: Tensor, *, wanted: Wanted
) -> Gradients:
    """Gradients of the adaptive warp."""
    side, total, to_flow, to_kernels = _side(kernels), None, None, None
    if wanted[0]:
        total = sums_like(image)
        values = (gradient, flow, kernels, total, _CHANNELS_A_THREAD, side)
        launch_pixels("filter_warp_image_gradient", gradient, _CHANNELS_A_THREAD, *values)
        total = total.to(image.dtype)
    if wanted[1] or wanted[2]:
        to_flow, to_kernels = result_like(flow), result_like(kernels)
        others = (gradient, image, flow, kernels, to_flow, to_kernels, side)
        launch_pixels("filter_warp_other_gradients", image[:, :1], 1, *others)
    return total, to_flow if wanted[1] else None, to_kernels if wanted[2] else None
