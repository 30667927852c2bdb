"""A frame as PhaseNet takes it: the channels of L*a*b* as three pictures of one channel."""

from __future__ import annotations

import torch

from vfi_plugin.models.cielab import lab_from_rgb, rgb_from_lab

Tensor = torch.Tensor

# What brings L* (0 to 100), a* and b* (-128 to 127) to [0, 1]: added first, then divided by.
_ADDED, _DIVISORS = (0.0, 128.0, 128.0), (100.0, 255.0, 255.0)


def planes_from_rgb(rgb: Tensor) -> Tensor:
    """RGB in [0, 1] (N, 3, H, W) -> L*, a*, b* (N, 3, H, W), each about in [0, 1]."""
    added, divisors = _scaling(rgb)
    return (lab_from_rgb(rgb) + added) / divisors


def rgb_from_planes(planes: Tensor) -> Tensor:
    """The other way; not clamped."""
    added, divisors = _scaling(planes)
    return rgb_from_lab(planes * divisors - added)


def _scaling(like: Tensor) -> tuple[Tensor, ...]:
    return tuple(
        torch.tensor(values, dtype=like.dtype, device=like.device).view(3, 1, 1) for values in (_ADDED, _DIVISORS)
    )
