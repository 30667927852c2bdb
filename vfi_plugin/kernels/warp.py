"""Backward warp: each output pixel reads where its flow points."""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, flow_under_autocast, under_autocast
from vfi_plugin.kernels.differentiable import call

BORDERS = ("clamp", "zero")
TAPS = ("linear", "cubic")


def warp(
    image: torch.Tensor, flow: torch.Tensor, *, border: str = "clamp", taps: str = "linear", backend: str | None = None
) -> torch.Tensor:
    """``out[n, c, y, x] = image[n, c] sampled at (x + flow[n, 0, y, x], y + flow[n, 1, y, x])``.

    Convention: x right, y down, in pixels, pixel centres at integers. Coordinates are float32 whatever the image is,
    because half-precision ones are off by a pixel beyond column 2048. Differentiable in both tensors.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range; Inf and NaN spread only to
            pixels that really read them.
        flow: (N, 2, H, W) float32 pixels, x then y.
        border: "clamp" reads the nearest edge pixel outside the image, "zero" reads 0 there.
        taps: "linear" is bilinear; "cubic" is Catmull-Rom, held inside the range of the four nearest pixels, which
            keeps texture sharp without ringing around highlights.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W) in the image's type. A flow that is not finite gives NaN.

    Raises:
        UsageError: shapes, types, devices, border, taps or backend are not as told here.
    """
    flow, (image,) = flow_under_autocast(flow), under_autocast(image)
    check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"))
    check_types(flow, image=image)
    if border not in BORDERS or taps not in TAPS:
        raise UsageError(f"got border {border!r} and taps {taps!r}; use border in {BORDERS} and taps in {TAPS}")
    name = choose_backend(backend, image, flow)
    wants_gradient = torch.is_grad_enabled() and (image.requires_grad or flow.requires_grad)
    if name == "torch" or (taps == "cubic" and wants_gradient):  # the compiled cubic form has no gradient of its own
        form = reference.warp if taps == "linear" else reference.warp_cubic
        return form(image, flow, border)
    compiled = implementation(name)
    if taps == "cubic":
        return call(compiled.warp_cubic, compiled.warp_backward, image, flow, border=border)
    return call(compiled.warp, compiled.warp_backward, image, flow, border=border)
