"""Correlation (cost volume): how alike two feature maps are over a window of displacements.

Sun et al., "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018.
"""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, under_autocast
from vfi_plugin.kernels.differentiable import call


def correlation(a: torch.Tensor, b: torch.Tensor, *, radius: int = 4, backend: str | None = None) -> torch.Tensor:
    """``out[n, (dy + r)(2 r + 1) + dx + r, y, x] = mean over c of a[n, c, y, x] b[n, c, y + dy, x + dx]``.

    ``dx`` and ``dy`` run from -r to r; b is 0 outside. Differentiable in both tensors.

    Args:
        a: (N, C, H, W) float32 or float16 (float64 in the torch form).
        b: (N, C, H, W), the type of a.
        radius: r, in pixels, at least 0.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, (2 r + 1)^2, H, W) in the type of a, summed in float32.

    Raises:
        UsageError: shapes, types, devices, radius or backend are not as told here.
    """
    a, b = under_autocast(a, b)
    check_shapes(a=(a, "N C H W"), b=(b, "N C H W"))
    check_types(a=a, b=b)
    if radius < 0:
        raise UsageError(f"got a radius of {radius} px; needed 0 or more")
    name = choose_backend(backend, a, b)
    if name == "torch":
        return reference.correlation(a, b, radius)
    compiled = implementation(name)
    return call(compiled.correlation, compiled.correlation_backward, a, b, radius=radius)
