"""Forward warp (splatting): each source pixel adds itself where its flow leads.

Niklaus and Liu, "Softmax Splatting for Video Frame Interpolation", CVPR 2020.
"""

from __future__ import annotations

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, flow_under_autocast, under_autocast
from vfi_plugin.kernels.differentiable import call

MODES = ("sum", "average", "linear", "softmax")

# Added to the normaliser by the published operation, so that a pixel that nothing reaches gives 0, not NaN.
EPSILON = 1e-7


def splat_sum(
    image: torch.Tensor, flow: torch.Tensor, *, deterministic: bool = True, backend: str | None = None
) -> torch.Tensor:
    """Adds each pixel's bilinear share to the four pixels around ``(x + flow_x, y + flow_y)``.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range.
        flow: (N, 2, H, W) float32 pixels, x then y; pixels whose flow is not finite or leads outside are dropped.
        deterministic: the same bits in every run. On the CPU it is always so, whatever the number of threads. A GPU
            then sums in fixed point, each sum in steps finer than float32's of the largest value thrown at its place,
            at more cost than with float additions in any order. The torch form on a GPU never is.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, C, H, W) sums in the image's type, summed in float32.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    flow, (image,) = flow_under_autocast(flow), under_autocast(image)
    check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"))
    check_types(flow, image=image)
    name = choose_backend(backend, image, flow)
    if name == "torch":
        return reference.splat_sum(image, flow)
    compiled = implementation(name)
    return call(compiled.splat_sum, compiled.splat_sum_backward, image, flow, deterministic=deterministic)


def splat(
    image: torch.Tensor,
    flow: torch.Tensor,
    metric: torch.Tensor | None = None,
    *,
    mode: str = "softmax",
    deterministic: bool = True,
    backend: str | None = None,
) -> torch.Tensor:
    """Forward warp of an image, with collisions resolved by ``mode``. Differentiable in all tensors.

    Args:
        image: (N, C, H, W) float32 or float16 (float64 in the torch form), any range.
        flow: (N, 2, H, W) float32 pixels, x then y.
        metric: (N, 1, H, W) importance, the image's type, for "linear" (a weight >= 0) and "softmax" (its logarithm;
            keep it within about +-20, it is not shifted by its maximum).
        mode: "sum"; "average"; "linear": weighted by the metric; "softmax": weighted by exp(metric).
        deterministic: as for ``splat_sum``.
        backend: "cuda", "native", "torch", or None for the best that fits.

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
        return splat_sum(image, flow, deterministic=deterministic, backend=backend)
    check_shapes(image=(image, "N C H W"), flow=(flow, "N 2 H W"))
    flow = flow_under_autocast(flow)
    image, weight = under_autocast(image, torch.ones_like(image[:, :1]) if metric is None else metric)
    check_shapes(image=(image, "N C H W"), metric=(weight, "N 1 H W"))
    check_types(flow, image=image, metric=weight)
    name = choose_backend(backend, image, flow, weight)
    wants_gradient = torch.is_grad_enabled() and any(each.requires_grad for each in (image, flow, weight))
    if name != "torch" and not wants_gradient:
        splat_mean = implementation(name).splat_mean
        mean: torch.Tensor = splat_mean(image, flow, weight, mode == "softmax", EPSILON, deterministic=deterministic)
        return mean
    source, weight = reference.wide(image), reference.wide(weight)  # exp of a half metric leaves half's range
    weight = weight.exp() if mode == "softmax" else weight
    thrown = torch.cat([source * weight, weight], 1)
    total = splat_sum(thrown, flow, deterministic=deterministic, backend=name)
    return (total[:, :-1] / (total[:, -1:] + EPSILON)).to(image.dtype)
