"""Correlation of two feature maps over a window of displacements; see ``kernels.correlation``."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.reference.sampling import wide

Tensor = torch.Tensor


def correlation(a: Tensor, b: Tensor, radius: int) -> Tensor:
    """``mean over c of a[c, y, x] * b[c, y + dy, x + dx]``, zero outside b."""
    height, width = a.shape[-2:]
    source, padded = wide(a), F.pad(wide(b), (radius, radius, radius, radius))
    window = range(2 * radius + 1)
    shifted = [padded[..., dy : dy + height, dx : dx + width] for dy in window for dx in window]
    return torch.cat([(source * b_there).mean(1, keepdim=True) for b_there in shifted], 1).to(a.dtype)
