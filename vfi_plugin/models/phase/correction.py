"""How far waves have moved between two frames: phase differences, corrected from coarse levels to fine ones.

Meyer, Wang, Zimmer, Grosse, Sorkine-Hornung: "Phase-Based Frame Interpolation for Video", CVPR 2015. A wave shows where
its crests have moved to only up to whole waves; the coarser level, whose waves are longer, tells which crest it was,
and what moves further than it can tell is not followed at all.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

Tensor = torch.Tensor

_TURN = 2.0 * math.pi

# Two levels that differ by more than a quarter wave tell of different things: the coarser is believed.
_CONFLICT = 0.5 * math.pi


def nearest_turn(angle: Tensor, to: Tensor | float = 0.0) -> Tensor:
    """The angle, whole turns away from ``angle``, that is nearest to ``to``; radians, any shape."""
    return angle - _TURN * torch.round((angle - to) / _TURN)


def expected_from(coarser: Tensor, size: tuple[int, int], scale_factor: float) -> Tensor:
    """What a coarser level's movement (N, h, w) means for the next finer one, whose waves are shorter: (N, H, W)."""
    enlarged = F.interpolate(coarser.unsqueeze(0), size=size, mode="bilinear", align_corners=False)
    return enlarged.squeeze(0).mul_(scale_factor)


def corrected(difference: Tensor, expected: Tensor | None, limit: float) -> Tensor:
    """The movement to go on with at finer levels.

    Args:
        difference: (N, h, w) in [-pi, pi], of the later frame's phase from the earlier's.
        expected: what the coarser level makes of it, or None at the coarsest.
        limit: radians that are followed at this level.
    """
    if expected is None:
        return difference.masked_fill(difference.abs() > limit, 0.0)
    found = nearest_turn(difference, expected)
    disbelieved = ((found - expected).abs() > _CONFLICT).logical_or_(found.abs() > limit)
    return torch.where(disbelieved, expected, found)
