"""Forward warp (splatting): each source pixel adds itself where its flow leads.

Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation", CVPR 2020.
"""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types
from vfi_plugin.kernels.differentiable import call

MODES = ("sum", "average", "linear", "softmax")

# Added to the normaliser by the published operation, so that a pixel that nothing reaches gives 0, not NaN.
EPSILON = 1e-7


def splat_sum(image: torch.Tensor, flow: torch.Tensor, *, backend: str | None = None) -> torch.Tensor:
    """Adds each pixel's bilinear share to the four pixels around ``(x + flow_x, y + flow_y)``.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range.
        flow: (N, 2, H, W) float32 pixels, x then y; pixels whose flow is not finite or leads outside are dropped.
        backend: "cuda", "native", "torch", or None for the best that fits. On the CPU all add in reading order: the
            same bits in every run and with any number of threads.

    Returns:
        (N, C, H, W) sums in the image's type, summed in float32.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"))
    check_types(flow, image=image)
    name = choose_backend(backend, image, flow)
    if name == "torch":
        return reference.splat_sum(image, flow)
    compiled = implementation(name)
    return call(compiled.splat_sum, compiled.splat_sum_backward, image, flow)


def splat(
    image: torch.Tensor,
    flow: torch.Tensor,
    metric: torch.Tensor | None = None,
    *,
    mode: str = "softmax",
    backend: str | None = None,
) -> torch.Tensor:
    """Forward warp of an image, with collisions resolved by ``mode``. Differentiable in all tensors.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range.
        flow: (N, 2, H, W) float32 pixels, x then y.
        metric: (N, 1, H, W) importance, the image's type, for "linear" (a weight >= 0) and "softmax" (its logarithm;
            keep it within about +-20, it is not shifted by its maximum).
        mode: "sum"; "average"; "linear": weighted by the metric; "softmax": weighted by exp(metric).
        backend: as for ``splat_sum``.

    Returns:
        (N, C, H, W) in the image's type; 0 where nothing arrives.

    Raises:
        UsageError: an unknown mode, a metric missing or not wanted, or tensors that are not as told here.
    """
    if mode not in MODES:
        raise UsageError(f"splat mode {mode!r} is unknown; use one of {', '.join(MODES)}")
    if (metric is not None) != (mode in ("linear", "softmax")):
        raise UsageError(f"splat mode {mode!r} {'needs a' if metric is None else 'takes no'} metric")
    if mode == "sum":
        return splat_sum(image, flow, backend=backend)
    check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"))
    weight = torch.ones_like(image[:, :1]) if metric is None else metric
    check_shapes(image=(image, "N C H W"), metric=(weight, "N 1 H W"))
    check_types(flow, image=image, metric=weight)
    name = choose_backend(backend, image, flow, weight)
    wants_gradient = torch.is_grad_enabled() and any(each.requires_grad for each in (image, flow, weight))
    if name != "torch" and not wants_gradient:
        mean: torch.Tensor = implementation(name).splat_mean(image, flow, weight, mode == "softmax", EPSILON)
        return mean
    return _mean(image, flow, weight, mode == "softmax", name)


def _mean(image: torch.Tensor, flow: torch.Tensor, weight: torch.Tensor, is_log: bool, name: str) -> torch.Tensor:
    """The weighted mean out of differentiable parts, in float32 at least: exp of a half metric leaves half's range."""
    source, weight = reference.wide(image), reference.wide(weight)
    weight = weight.exp() if is_log else weight
    total = splat_sum(torch.cat([source * weight, weight], 1), flow, backend=name)
    return (total[:, :-1] / (total[:, -1:] + EPSILON)).to(image.dtype)
