"""Backward warp: each output pixel reads where its flow points."""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import check_image_and_flow, choose_backend, native_module

BORDERS = ("clamp", "zero")
TAPS = ("linear", "cubic")


def warp(
    image: torch.Tensor, flow: torch.Tensor, *, border: str = "clamp", taps: str = "linear", backend: str | None = None
) -> torch.Tensor:
    """``out[n, c, y, x] = image[n, c] sampled at (x + flow[n, 0, y, x], y + flow[n, 1, y, x])``.

    Convention: x right, y down, in pixels, pixel centres at integers. Coordinates are float32 whatever the image is,
    because half-precision ones are off by a pixel beyond column 2048. Differentiable in the torch form.

    Args:
        image: (N, C, H, W) float32 or float16, any range; Inf and NaN spread only to pixels that really read them.
        flow: (N, 2, H, W) pixels, x then y.
        border: "clamp" reads the nearest edge pixel outside the image, "zero" reads 0 there.
        taps: "linear" is bilinear; "cubic" is Catmull-Rom, held inside the range of the four nearest pixels, which
            keeps texture sharp without ringing around highlights.
        backend: "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W) in the image's type. A flow that is not finite gives NaN.

    Raises:
        UsageError: shapes, border, taps or backend are not as told here.
    """
    check_image_and_flow(image, flow)
    if border not in BORDERS or taps not in TAPS:
        raise UsageError(f"got border {border!r} and taps {taps!r}; use border in {BORDERS} and taps in {TAPS}")
    if choose_backend(backend, image, flow) == "torch":
        form = reference.warp if taps == "linear" else reference.warp_cubic
        return form(image, flow, border)
    out = torch.empty(image.shape, dtype=torch.float32)
    native_module().warp(
        image.contiguous().numpy(), flow.contiguous().numpy(), out.numpy(), border, taps, torch.get_num_threads()
    )
    return out
