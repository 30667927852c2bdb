"""The CUDA backend: raw kernels, compiled through CuPy for the device at hand, on torch's own memory and stream.

Each function takes checked CUDA tensors of any strides and returns its result first, then what its backward needs too,
as those of ``native`` do. The kernels are the ``.cu`` files in this folder, one an operation.
"""

from vfi_plugin.kernels.cuda.convolving import (
    adaptive_conv,
    adaptive_conv_backward,
    correlation,
    correlation_backward,
    separable_conv,
    separable_conv_backward,
)
from vfi_plugin.kernels.cuda.sampling import (
    filter_warp,
    filter_warp_backward,
    warp,
    warp_backward,
    warp_cubic,
)
from vfi_plugin.kernels.cuda.throwing import (
    project_flow,
    project_flow_backward,
    splat_mean,
    splat_sum,
    splat_sum_backward,
)

__all__ = [
    "adaptive_conv",
    "adaptive_conv_backward",
    "correlation",
    "correlation_backward",
    "filter_warp",
    "filter_warp_backward",
    "project_flow",
    "project_flow_backward",
    "separable_conv",
    "separable_conv_backward",
    "splat_mean",
    "splat_sum",
    "splat_sum_backward",
    "warp",
    "warp_backward",
    "warp_cubic",
]
