"""Separable and adaptive convolution and correlation on a GPU."""

from __future__ import annotations

import torch

from vfi_plugin.kernels.cuda.launching import launch, launch_pixels
from vfi_plugin.kernels.cuda.sampling import Gradients, Wanted, result_like, sums_like

Tensor = torch.Tensor

# As in separable_conv.cu: a warp's lanes and warps, the pixels a thread owns, and the channels it sums.
_CONV_BLOCK = (32, 4, 1)
_CONV_PIXELS, _CONV_CHANNELS = 4, 3

# As in adaptive_conv.cu.
_ADAPTIVE_CHANNELS = 4

# As in correlation.cu: quads of pixels, vertical displacements, rows; horizontal displacements; channels.
_CORRELATION_BLOCK = (8, 9, 4)
_CORRELATION_PIXELS, _CORRELATION_SPAN, _CORRELATION_CHANNELS = 4, 9, 8


def _blocks(count: int, each: int) -> int:
    return -(-count // each)


def _has_aligned_vectors(tensor: Tensor) -> bool:
    """Whether four neighbours from each fourth pixel on are one vector of memory."""
    *others, width = (*tensor.stride()[:3], tensor.shape[3])
    steps = all(number % 4 == 0 for number in (*others, width))
    return tensor.stride(3) == 1 and steps and tensor.data_ptr() % (4 * tensor.element_size()) == 0


def separable_conv(image: Tensor, vertical: Tensor, horizontal: Tensor) -> tuple[Tensor]:
    """See ``kernels.separable_conv``."""
    n, _, height, width = vertical.shape
    out = torch.empty(n, image.shape[1], height, width, dtype=image.dtype, device=image.device)
    grid = (
        _blocks(width, _CONV_BLOCK[0] * _CONV_PIXELS),
        _blocks(height, _CONV_BLOCK[1]),
        n * _blocks(image.shape[1], _CONV_CHANNELS),
    )
    aligned = int(_has_aligned_vectors(vertical) and _has_aligned_vectors(horizontal))
    launch("separable_conv", image, grid, _CONV_BLOCK, image, vertical, horizontal, out, aligned)
    return (out,)


def separable_conv_backward(
    gradient: Tensor, image: Tensor, vertical: Tensor, horizontal: Tensor, _out: Tensor, *, wanted: Wanted
) -> Gradients:
    """Gradients of the separable convolution."""
    to_image, to_vertical, to_horizontal = None, None, None
    if wanted[1] or wanted[2]:
        to_vertical, to_horizontal = sums_like(vertical), sums_like(horizontal)
        values = (gradient, image, vertical, horizontal, to_vertical, to_horizontal)
        launch_pixels("separable_conv_kernel_gradients", gradient[:, :1], 1, *values)
        to_vertical, to_horizontal = to_vertical.to(vertical.dtype), to_horizontal.to(horizontal.dtype)
    if wanted[0]:
        to_image = result_like(image)
        others = (gradient, vertical, horizontal, to_image, _CONV_CHANNELS)
        launch_pixels("separable_conv_image_gradient", to_image, _CONV_CHANNELS, *others)
    return to_image, to_vertical if wanted[1] else None, to_horizontal if wanted[2] else None


def adaptive_conv(
    image_0: Tensor, image_1: Tensor, logits: Tensor, *, size: int, origin: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """See ``kernels.adaptive_conv``; also the logarithm of the sum of exponentials (N, 1, H, W) float32."""
    height, width = logits.shape[2:]
    out, log_sum = result_like(image_0[..., :height, :width]), sums_like(logits[:, :1])
    values = (image_0, image_1, logits, out, log_sum, _ADAPTIVE_CHANNELS, size, *origin)
    launch_pixels("adaptive_conv", out, _ADAPTIVE_CHANNELS, *values)
    return out, log_sum


def adaptive_conv_backward(
    gradient: Tensor,
    image_0: Tensor,
    image_1: Tensor,
    logits: Tensor,
    out: Tensor,
    log_sum: Tensor,
    *,
    wanted: Wanted,
    size: int,
    origin: tuple[int, int],
) -> Gradients:
    """Gradients of the adaptive convolution."""
    found: list[Tensor | None] = [None, None, None]
    for f, image in enumerate((image_0, image_1)):
        if not wanted[f]:
            continue
        target = found[f] = result_like(image)
        values = (gradient, logits, log_sum, target, _ADAPTIVE_CHANNELS, size, f, *origin)
        launch_pixels("adaptive_conv_image_gradient", target, _ADAPTIVE_CHANNELS, *values)
    if wanted[2]:
        target = found[2] = result_like(logits)
        values_of_logits = (gradient, image_0, image_1, logits, out, log_sum, target, size, *origin)
        launch_pixels("adaptive_conv_logit_gradient", gradient[:, :1], 1, *values_of_logits)
    return tuple(found)


def correlation(a: Tensor, b: Tensor, *, radius: int) -> tuple[Tensor]:
    """See ``kernels.correlation``."""
    n, _, height, width = a.shape
    span = 2 * radius + 1
    out = torch.empty(n, span * span, height, width, dtype=a.dtype, device=a.device)
    windows = _blocks(span, _CORRELATION_SPAN)
    grid = (
        _blocks(width, _CORRELATION_BLOCK[0] * _CORRELATION_PIXELS),
        _blocks(height, _CORRELATION_BLOCK[2]),
        n * windows * windows,
    )
    launch("correlation", a, grid, _CORRELATION_BLOCK, a, b, out, radius, windows)
    return (out,)


def correlation_backward(
    gradient: Tensor, a: Tensor, b: Tensor, _out: Tensor, *, wanted: Wanted, radius: int
) -> Gradients:
    """Gradients of the correlation."""
    found: list[Tensor | None] = [None, None]
    for which, (other, sign) in enumerate(((b, 1), (a, -1))):
        if not wanted[which]:
            continue
        target = found[which] = result_like(other)
        values = (gradient, other, target, _CORRELATION_CHANNELS, radius, sign)
        launch_pixels("correlation_gradient", target, _CORRELATION_CHANNELS, *values)
    return tuple(found)
