"""Features of a frame that need no weights: edges and lines by direction and size, each measured against its place."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.train.full_precision import in_full_precision

Tensor = torch.Tensor

_LEVELS = 3
"""Full size, 1/2 and 1/4: features of 2 to 16 px, the range in which frames between differ by blur and by ghosts."""

_DIRECTIONS = 4
"""Every 45 degrees; a first derivative still answers with 92 % of its most half-way between two."""

_RADIUS_PX = 3
"""Three standard deviations of the Gaussian that is derived, 1 px: beyond lies 0.3 % of it."""

_NEIGHBOURHOOD_PX = 5
"""Of the contrast that answers are divided by: hardly more than a filter, so that a strong edge hides little else."""

_FLOOR = 0.01
"""Contrast below this, 2.5 steps of 8 bits, counts as this: noise is not to be blown up to texture."""

_LEAST_PX = 16
"""So that the coarsest level has 4 px."""


class OrientedFilters(nn.Module):
    """Gaussian derivatives of first and second order in four directions at three sizes, with contrast normalised.

    A stand-in for the early layers of a network that recognises things. Those learn such filters (Zeiler and Fergus,
    ECCV 2014), and what a perceptual loss adds to a pixel difference is for a good part theirs: that a faint texture
    which is missing counts as much as a strong edge which is missing, which the division by local contrast does (Heeger
    1992). It knows nothing of objects. The last tensor is the frame at 1/4, without which an even change of colour
    would go unseen. There is no chance in it: filters are given by formulas.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filters", derivative_filters(), persistent=False)
        self.filters: Tensor

    def forward(self, frames: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [0, 1] -> three of (3 N, 8, h, w), of the order of 1, and (N, 3, H // 4, W // 4).

        They are float32 under autocast, too.

        Raises:
            UsageError: a side is smaller than 16 px.
        """
        if min(frames.shape[2:]) < _LEAST_PX:
            raise UsageError(f"got frames of {frames.shape[3]}x{frames.shape[2]} px; give sides of 16 px or more")
        return _answers(frames, self.filters)


@in_full_precision
def _answers(frames: Tensor, filters: Tensor) -> list[Tensor]:
    found = []
    for level in range(_LEVELS):
        frames = F.avg_pool2d(frames, 2) if level else frames
        found.append(_normalised(frames, filters))
    return [*found, frames]


def _normalised(frames: Tensor, filters: Tensor) -> Tensor:
    planes = F.pad(frames.flatten(0, 1).unsqueeze(1), (_RADIUS_PX,) * 4, mode="replicate")
    answers = F.conv2d(planes, filters)
    energy = answers.square().mean(1, keepdim=True)
    around = F.avg_pool2d(energy, _NEIGHBOURHOOD_PX, 1, _NEIGHBOURHOOD_PX // 2, count_include_pad=False)
    return answers / (around + _FLOOR**2).sqrt()


def derivative_filters() -> Tensor:
    """(8, 1, 7, 7): four first, then four second derivatives of a Gaussian of 1 px; each sums to 0.

    Their positive parts sum to 1, so that a step of height 1 is answered by at most 1.
    """
    place = torch.arange(-_RADIUS_PX, _RADIUS_PX + 1, dtype=torch.float64)
    y, x = torch.meshgrid(place, place, indexing="ij")
    bell = torch.exp(-(x**2 + y**2) / 2)
    angles = [math.pi * step / _DIRECTIONS for step in range(_DIRECTIONS)]
    along = torch.stack([x * math.cos(angle) + y * math.sin(angle) for angle in angles])
    filters = torch.cat([-along * bell, (along**2 - 1) * bell])
    filters = filters - bell * (filters.sum((1, 2), keepdim=True) / bell.sum())  # what the cut at 3 px leaves over
    positive = filters.clamp(min=0).sum((1, 2), keepdim=True)
    return (filters / positive).float().unsqueeze(1)
