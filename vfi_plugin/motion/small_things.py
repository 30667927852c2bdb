"""Small things that move on their own: a ball, a bird, a spark, found in a flow field.

Two motions that land at one place leave open which of them is seen there: where both pictures are black, black on its
way across is as likely as black that stands still. For something small the answer is nearly always that it passes in
front, as it was seen on either side of what it would have been hidden by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

Tensor = torch.Tensor
Values = npt.NDArray[np.float32]

# Along a side. What is larger is a part of the picture like any other, and the surroundings below would be its own.
_LARGEST_PX = 32

# The surroundings' motion is averaged over some 9 x 9 blocks of 8 px: a thing of the largest size is a fifth of that.
_BLOCK_PX = 8
_BLOCKS = 9

_OWN_MOTION_PX = 2.0  # by this much its motion differs from the surroundings', twice what the classic errs by

# Guide difference that the surroundings' motion would make somewhere in it: three times what grain makes.
_EVIDENCE = 0.1


def small_things(here: Tensor, there: Tensor, flow: Tensor) -> Tensor | None:
    """Which pixels of ``here`` belong to small things that move on their own.

    Args:
        here: guide, (N, 3, H, W) float32 in [0, 1].
        there: the other guide.
        flow: (N, 2, H, W) px from here to there.

    Returns:
        (N, 1, H, W) float32 of 0 and 1, or None where there are none.
    """
    around = _surroundings(flow)
    own = flow - around
    # By squares: torch's norm over two channels takes ten times as long.
    differs = (own[:, 0].square() + own[:, 1].square() > _OWN_MOTION_PX**2).cpu().numpy()
    found = torch.zeros_like(flow[:, :1])
    for n in range(len(flow)):
        regions = compact_regions(differs[n], _LARGEST_PX)
        if not regions:
            continue
        pair = _array(here[n]), np.ascontiguousarray(_array(there[n]))
        motions = _array(flow[n]), _array(around[n])
        for region in regions:
            as_found, as_around = (_mismatch(region, pair, motion) for motion in motions)
            if (as_around - as_found)[region.inside].max() > _EVIDENCE:
                region.of(found[n, 0])[torch.from_numpy(region.inside).to(found.device)] = 1.0
    return found if bool(found.any()) else None


class Region(NamedTuple):
    """A connected part of a mask: where its box begins, and (H, W) which pixels of the box belong to it."""

    top: int
    left: int
    inside: npt.NDArray[np.bool_]

    @property
    def pixels(self) -> int:
        """How many there are."""
        return int(self.inside.sum())

    def of(self, image: Any) -> Any:
        """Its box of an array or tensor (H, W); a view."""
        height, width = self.inside.shape
        return image[self.top : self.top + height, self.left : self.left + width]


def compact_regions(mask: npt.NDArray[np.bool_], largest_px: int) -> list[Region]:
    """The connected regions of a mask (H, W) that fit into a square."""
    import cv2

    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    regions = []
    for label in range(1, count):
        left, top, width, height = (int(value) for value in boxes[label][:4])
        if max(width, height) <= largest_px:
            regions.append(Region(top, left, np.asarray(labels[top : top + height, left : left + width] == label)))
    return regions


def _surroundings(flow: Tensor) -> Tensor:
    """The motion around each pixel, smooth, (N, 2, H, W)."""
    coarse = F.avg_pool2d(flow, _BLOCK_PX, ceil_mode=True, count_include_pad=False)
    wide = F.avg_pool2d(coarse, _BLOCKS, 1, _BLOCKS // 2, count_include_pad=False)
    return F.interpolate(wide, size=flow.shape[-2:], mode="bilinear", align_corners=False)


def _mismatch(region: Region, pair: tuple[Values, Values], flow: Values) -> Values:
    """How unlike a region is to what a flow leads to, over its box."""
    import cv2

    height, width = region.inside.shape
    moved = region.of(flow)
    x = (np.arange(width) + region.left + moved[..., 0]).astype(np.float32)
    y = (np.arange(height)[:, None] + region.top + moved[..., 1]).astype(np.float32)
    there = cv2.remap(pair[1], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.abs(there - region.of(pair[0])).mean(axis=-1))


def _array(values: Tensor) -> Values:
    """(C, H, W) as (H, W, C)."""
    return np.asarray(values.permute(1, 2, 0).float().cpu().numpy())
