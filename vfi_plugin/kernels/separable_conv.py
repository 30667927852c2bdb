"""Separable adaptive convolution: every output pixel has a vertical and a horizontal kernel of its own.

Niklaus, Mai and Liu, "Video Frame Interpolation via Adaptive Separable Convolution", ICCV 2017.
"""

from __future__ import annotations

import torch

from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, under_autocast
from vfi_plugin.kernels.differentiable import call


def separable_conv(
    image: torch.Tensor, vertical: torch.Tensor, horizontal: torch.Tensor, *, backend: str | None = None
) -> torch.Tensor:
    """``out[n, c, y, x] = sum over i, j of image[n, c, y + i, x + j] vertical[n, i, y, x] horizontal[n, j, y, x]``.

    A correlation without border: the caller pads the image by K - 1 in all. The kernels are not normalised.
    Differentiable in all three tensors.

    Args:
        image: (N, C, H + K - 1, W + K - 1) float32 or float16 (float64 in the torch form), any range.
        vertical: (N, K, H, W), the image's type.
        horizontal: (N, K, H, W), the image's type.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W) in the image's type, summed in float32.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    image, vertical, horizontal = under_autocast(image, vertical, horizontal)
    check_shapes(vertical=(vertical, "N K H W"), horizontal=(horizontal, "N K H W"), image=(image, "N C H+K-1 W+K-1"))
    check_types(image=image, vertical=vertical, horizontal=horizontal)
    name = choose_backend(backend, image, vertical, horizontal)
    if name == "torch":
        return reference.separable_conv(image, vertical, horizontal)
    compiled = implementation(name)
    return call(compiled.separable_conv, compiled.separable_conv_backward, image, vertical, horizontal)
