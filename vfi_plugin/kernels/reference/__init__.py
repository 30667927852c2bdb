"""Every kernel in plain torch: slow, obvious, differentiable; the oracle of the others and the fallback everywhere.

Types: float16 and float32 are computed in float32, float64 in float64, and the result has the image's type.
"""

from vfi_plugin.kernels.reference.adaptive_conv import adaptive_conv
from vfi_plugin.kernels.reference.correlation import correlation
from vfi_plugin.kernels.reference.filter_warp import filter_warp
from vfi_plugin.kernels.reference.project_flow import project_flow
from vfi_plugin.kernels.reference.sampling import pixel_grid, wide
from vfi_plugin.kernels.reference.separable_conv import separable_conv
from vfi_plugin.kernels.reference.splat import splat_sum
from vfi_plugin.kernels.reference.warp import warp, warp_cubic

__all__ = [
    "adaptive_conv",
    "correlation",
    "filter_warp",
    "pixel_grid",
    "project_flow",
    "separable_conv",
    "splat_sum",
    "warp",
    "warp_cubic",
    "wide",
]
