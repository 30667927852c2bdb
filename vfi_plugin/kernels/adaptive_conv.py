"""Adaptive convolution: one kernel over both frames for every pixel, its softmax taken on the way.

Niklaus, Mai and Liu, "Video Frame Interpolation via Adaptive Convolution", CVPR 2017.
"""

from __future__ import annotations

from math import isqrt

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, under_autocast
from vfi_plugin.kernels.differentiable import call


def adaptive_conv(
    image_0: torch.Tensor,
    image_1: torch.Tensor,
    logits: torch.Tensor,
    *,
    origin: tuple[int, int] | None = None,
    backend: str | None = None,
) -> torch.Tensor:
    """Both frames under one softmax-normalised K x K kernel each, K odd.

    ``w = softmax(logits) over all 2 K K channels``, and with the frames replicated beyond their edges

    ``out[n, c, y, x] = sum over f, r, s of w[n, (f K + r) K + s, y, x] image_f[n, c, y + r - K // 2, x + s - K // 2]``.

    The compiled forms read the logits once and never store the weights (online softmax: Milakov and Gimelshein,
    "Online normalizer calculation for softmax", 2018). Differentiable in all three tensors.

    Args:
        image_0: (N, C, H, W) float32 or float16 (float64 in the torch form), the earlier frame, any range.
        image_1: (N, C, H, W), the later frame.
        logits: (N, 2 K K, H, W), the images' type; with an ``origin`` (N, 2 K K, h, w).
        origin: row and column of the images where the logits begin that cover h x w of their pixels alone: a band, or
            what lies far enough inside for nothing to be repeated. None: they cover all.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W), or (N, C, h, w), in the images' type, summed in float32. Logits of NaN or +Inf give NaN in
        their pixel.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    image_0, image_1, logits = under_autocast(image_0, image_1, logits)
    pattern = "N L H W" if origin is None else "N L h w"
    sizes = check_shapes(image_0=(image_0, "N C H W"), image_1=(image_1, "N C H W"), logits=(logits, pattern))
    check_types(image_0=image_0, image_1=image_1, logits=logits)
    size = isqrt(sizes["L"] // 2)
    if 2 * size * size != sizes["L"] or size % 2 == 0:
        raise UsageError(f"got {sizes['L']} logits a pixel; needed 2 K K for an odd K, such as 3362 for K = 41")
    row, column = origin or (0, 0)
    _check_part((row, column), image_0, logits)
    name = choose_backend(backend, image_0, image_1, logits)
    if name == "torch":
        return reference.adaptive_conv(image_0, image_1, logits, size, (row, column))
    compiled, options = implementation(name), {"size": size, "origin": (row, column)}
    return call(compiled.adaptive_conv, compiled.adaptive_conv_backward, image_0, image_1, logits, **options)


def _check_part(origin: tuple[int, int], image: torch.Tensor, logits: torch.Tensor) -> None:
    (row, column), (height, width), (rows, columns) = origin, image.shape[2:], logits.shape[2:]
    if not (0 <= row <= height - rows and 0 <= column <= width - columns):
        raise UsageError(
            f"got logits for {columns}x{rows} px from row {row}, column {column} on, and images of {width}x{height} px;"
            " all of them must lie inside"
        )
