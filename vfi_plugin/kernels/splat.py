"""Forward warp (splatting): each source pixel adds itself where its flow leads.

Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation", CVPR 2020.
"""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import check_image_and_flow, choose_backend, native_module

MODES = ("sum", "average", "linear", "softmax")

# Added to the normaliser by the published operation, so that a pixel that nothing reaches gives 0, not NaN.
EPSILON = 1e-7


def splat_sum(image: torch.Tensor, flow: torch.Tensor, *, backend: str | None = None) -> torch.Tensor:
    """Adds each pixel's bilinear share to the four pixels around ``(x + flow_x, y + flow_y)``.

    Args:
        image: (N, C, H, W) float32.
        flow: (N, 2, H, W) pixels, x then y; pixels whose flow is not finite or leads outside are dropped.
        backend: "native", "torch", or None for the best that fits. Both add in reading order on the CPU: the same
            bits in every run.

    Returns:
        (N, C, H, W) sums.
    """
    check_image_and_flow(image, flow)
    if choose_backend(backend, image, flow) == "torch":
        return reference.splat_sum(image, flow)
    out = torch.zeros(image.shape, dtype=torch.float32)
    native_module().splat_sum(
        image.contiguous().numpy(), flow.contiguous().numpy(), out.numpy(), torch.get_num_threads()
    )
    return out


def splat(
    image: torch.Tensor,
    flow: torch.Tensor,
    metric: torch.Tensor | None = None,
    *,
    mode: str = "softmax",
    backend: str | None = None,
) -> torch.Tensor:
    """Forward warp of an image, with collisions resolved by ``mode``.

    Args:
        image: (N, C, H, W) float32.
        flow: (N, 2, H, W) pixels, x then y.
        metric: (N, 1, H, W) importance for "linear" (a weight >= 0) and "softmax" (its logarithm; keep it within
            about +-20, it is not shifted by its maximum).
        mode: "sum"; "average"; "linear": weighted by the metric; "softmax": weighted by exp(metric).
        backend: as for ``splat_sum``.

    Returns:
        (N, C, H, W); 0 where nothing arrives.

    Raises:
        UsageError: an unknown mode, or a metric missing or not wanted.
    """
    if mode not in MODES:
        raise UsageError(f"splat mode {mode!r} is unknown; use one of {', '.join(MODES)}")
    if (metric is not None) != (mode in ("linear", "softmax")):
        raise UsageError(f"splat mode {mode!r} {'needs a' if metric is None else 'takes no'} metric")
    if mode == "sum":
        return splat_sum(image, flow, backend=backend)
    weight = torch.ones_like(image[:, :1]) if metric is None else metric
    if mode == "softmax":
        weight = weight.exp()
    total = splat_sum(torch.cat([image * weight, weight], 1), flow, backend=backend)
    return total[:, :-1] / (total[:, -1:] + EPSILON)
