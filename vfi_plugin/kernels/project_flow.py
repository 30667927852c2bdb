"""Flow projection: from the flow of one frame to the flow as seen from where it leads.

Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019; the plain form is MEMC-Net's.
"""

from __future__ import annotations

import torch

from vfi_plugin.kernels import reference
from vfi_plugin.kernels.backend import choose_backend, implementation
from vfi_plugin.kernels.checking import check_shapes, check_types, flow_under_autocast, under_autocast
from vfi_plugin.kernels.differentiable import call


def project_flow(
    flow: torch.Tensor, depth: torch.Tensor | None = None, *, fill_holes: bool = True, backend: str | None = None
) -> torch.Tensor:
    """Every pixel throws its reversed flow at the four pixels around where it leads; each takes the weighted mean.

    A pixel at (x, y) with ``X = x + flow_x`` and ``Y = y + flow_y`` inside the image adds ``-depth * flow`` and
    ``depth`` to each of (int X, int Y) and its right, lower and lower right neighbour, clamped to the image, without a
    bilinear share. Give flow 0 -> 1 times t to get the flow t -> 0. The same bits in every run, on all backends but
    torch on a GPU. Differentiable in flow and depth; holes that were filled pass no gradient.

    Args:
        flow: (N, 2, H, W) float32 (float64 in the torch form) pixels, x then y. Pixels that lead outside or are not
            finite are dropped.
        depth: (N, 1, H, W) of the same type, the inverse depth, > 0; None for equal weights. On a GPU what is not
            finite is dropped.
        fill_holes: give pixels that nothing reached the mean of the nearest reached ones to their left, right, top and
            bottom; otherwise, or where there are none, they are 0.
        backend: "cuda", "native", "torch", or None for the best that fits.

    Returns:
        (N, 2, H, W) in the flow's type.

    Raises:
        UsageError: shapes, types, devices or backend are not as told here.
    """
    flow = flow_under_autocast(flow)
    (weight,) = under_autocast(torch.ones_like(flow[:, :1]) if depth is None else depth)
    check_shapes(flow=(flow, "N 2 H W"), depth=(weight, "N 1 H W"))
    check_types(flow, depth=weight)
    name = choose_backend(backend, flow, weight)
    if name == "torch":
        return reference.project_flow(flow, depth, fill_holes)
    compiled = implementation(name)
    return call(compiled.project_flow, compiled.project_flow_backward, flow, weight, fill_holes=fill_holes)
