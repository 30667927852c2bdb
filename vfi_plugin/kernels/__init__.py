"""Numeric operations on tensors: one file an operation, a plain torch form of each in ``reference``.

Each runs as a CUDA kernel (through CuPy), as native C++ on the CPU, or as plain torch anywhere, with the same answer
and the same gradients; ``backend=None`` takes the best that fits the tensors and what is installed, and the environment
variable ``VFI_KERNELS`` overrides that. Importing this package needs numpy and torch alone.
"""

from vfi_plugin.kernels.adaptive_conv import adaptive_conv
from vfi_plugin.kernels.correlation import correlation
from vfi_plugin.kernels.filter_warp import filter_warp
from vfi_plugin.kernels.host_format import HostFormat
from vfi_plugin.kernels.host_image import HostImage
from vfi_plugin.kernels.host_warp import warp_host
from vfi_plugin.kernels.project_flow import project_flow
from vfi_plugin.kernels.separable_conv import separable_conv
from vfi_plugin.kernels.splat import splat, splat_sum
from vfi_plugin.kernels.warp import warp

__all__ = [
    "HostFormat",
    "HostImage",
    "adaptive_conv",
    "correlation",
    "filter_warp",
    "project_flow",
    "separable_conv",
    "splat",
    "splat_sum",
    "warp",
    "warp_host",
]
