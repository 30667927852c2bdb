"""Numeric operations on tensors: one file an operation, a plain torch form of each in ``reference``.

Importing this package needs numpy and torch alone.
"""

from vfi_plugin.kernels.splat import splat, splat_sum
from vfi_plugin.kernels.warp import warp

__all__ = ["splat", "splat_sum", "warp"]
