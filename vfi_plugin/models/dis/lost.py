"""Small things that the search has lost: they are too small for its coarse levels and too fast for its fine ones.

A disc of 4 px that moves 20 px is gone at a tenth of the size, where 20 px are 2, and at full size every patch of the
search looks for it no further than the coarser levels told. What is lost shows: its pixels are like nothing that the
flow leads to, in both frames. So each small region that is unexplained is looked for among what is unexplained in the
other frame, by comparing whole patches (full search, sum of squared differences).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vfi_plugin.motion.small_things import Region, compact_regions

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_UNEXPLAINED = 0.1  # guide difference, three times what grain makes
_SMALLEST_PIXELS = 4  # fewer look alike everywhere
_LARGEST_PX = 32  # along a side: eight patches of the search, which finds what is larger
_MARGIN_PX = 2  # around a region: soft edges, which are unexplained too little
_REACH_PX = 64  # in any direction; what goes further between two frames is hardly seen as one thing
_MOST = (
    32  # regions a frame, the largest; where more is unexplained there is no small thing but a change of the picture
)
_BETTER = 0.25  # of the squared difference that was there before, and of that anywhere: what is like much is nothing
_SHARE = 0.5  # of where it is found must be unexplained there, too
_CLOSE_PX = 1.5  # there and back again


def find_lost(guides: tuple[Image, Image], flows: tuple[Image, Image]) -> None:
    """Corrects both flows in place where a small thing was lost and is found.

    Args:
        guides: (H, W, 3) float32 in [0, 1].
        flows: from each to the other, (H, W, 2) float32 px, x then y.
    """
    unexplained = _unexplained(guides[0], guides[1], flows[0]), _unexplained(guides[1], guides[0], flows[1])
    regions = [each for each in compact_regions(unexplained[0], _LARGEST_PX) if each.pixels >= _SMALLEST_PIXELS]
    regions.sort(key=lambda region: (-region.pixels, region.top, region.left))
    for region in regions[:_MOST]:
        place = _Place.around(region, guides[0].shape[:2])
        found = _found(place, guides, flows[0])
        if found is not None and place.share_of(unexplained[1], found) >= _SHARE:
            place.mark(flows, found)


@dataclass(frozen=True)
class _Place:
    """A region with a margin: its upper left corner, and (H, W) which pixels there belong to it."""

    top: int
    left: int
    inside: Mask
    with_edges: Mask

    @classmethod
    def around(cls, region: Region, size: tuple[int, int]) -> _Place:
        import cv2

        height, width = region.inside.shape
        top, left = max(region.top - _MARGIN_PX, 0), max(region.left - _MARGIN_PX, 0)
        bottom = min(region.top + height + _MARGIN_PX, size[0])
        right = min(region.left + width + _MARGIN_PX, size[1])
        inside = np.zeros((bottom - top, right - left), np.uint8)
        y, x = region.top - top, region.left - left
        inside[y : y + height, x : x + width] = region.inside
        side = 2 * _MARGIN_PX + 1
        wider = cv2.dilate(inside, np.ones((side, side), np.uint8))
        return cls(top, left, inside > 0, np.asarray(wider > 0))

    def of(self, image: npt.NDArray[Any], x: int = 0, y: int = 0) -> npt.NDArray[Any]:
        """The part of an image (H, W, ...) here, or that far to the right and down; a view."""
        height, width = self.inside.shape
        return image[self.top + y : self.top + y + height, self.left + x : self.left + x + width]

    def share_of(self, mask: Mask, found: _Found) -> float:
        """How much of the region, where it is found, lies in a mask."""
        return float(self.of(mask, found.column, found.row)[self.inside].mean())

    def mark(self, flows: tuple[Image, Image], found: _Found) -> None:
        """Writes the motion there and back into the flows."""
        motion = np.array([found.x, found.y], np.float32)
        self.of(flows[0])[self.with_edges] = motion
        self.of(flows[1], found.column, found.row)[self.with_edges] = -motion


class _Found(NamedTuple):
    """Where a place is in the other frame: whole pixels to the right and down, and exactly."""

    column: int
    row: int
    x: float
    y: float


def _found(place: _Place, guides: tuple[Image, Image], flow: Image) -> _Found | None:
    """Where the place is in the later frame; None where it is like nothing there, or like much."""
    match = _matched(place.of(guides[0]), (place.left, place.top), guides[1])
    before = place.of(flow)[place.inside].mean(axis=0)
    limit = _BETTER * min(match.cost_at(*(round(float(value)) for value in before)), float(np.median(match.costs)))
    best = match.best()
    if match.cost_at(best.column, best.row) > limit:
        return None
    there = place.of(guides[1], best.column, best.row)
    back = _matched(there, (place.left + best.column, place.top + best.row), guides[0]).best()
    is_same = np.hypot(best.x + back.x, best.y + back.y) <= _CLOSE_PX
    return best if is_same else None


class _Matched(NamedTuple):
    """Squared differences of a patch at every place within reach; ``origin``: column and row of no motion."""

    costs: npt.NDArray[np.float32]
    origin: tuple[int, int]

    def cost_at(self, column: int, row: int) -> float:
        """The cost that many pixels to the right and down, or at the nearest place within reach."""
        height, width = self.costs.shape
        y, x = (
            min(max(int(value), 0), side - 1)
            for value, side in ((self.origin[1] + row, height), (self.origin[0] + column, width))
        )
        return float(self.costs[y, x])

    def best(self) -> _Found:
        """The place of the least cost, between pixels by the parabola through its neighbours."""
        y, x = (int(value) for value in np.unravel_index(int(np.argmin(self.costs)), self.costs.shape))
        column, row = x - self.origin[0], y - self.origin[1]
        return _Found(column, row, column + _vertex(self.costs[y, :], x), row + _vertex(self.costs[:, x], y))


def _matched(patch: Image, corner: tuple[int, int], image: Image) -> _Matched:
    """Compares a patch, whose upper left corner is at ``corner`` (x, y), with an image all around."""
    import cv2

    left, top = (max(value - _REACH_PX, 0) for value in corner)
    right, bottom = corner[0] + patch.shape[1] + _REACH_PX, corner[1] + patch.shape[0] + _REACH_PX
    costs = cv2.matchTemplate(image[top:bottom, left:right], np.ascontiguousarray(patch), cv2.TM_SQDIFF)
    return _Matched(np.maximum(costs, np.float32(0)), (corner[0] - left, corner[1] - top))


def _vertex(costs: npt.NDArray[np.float32], at: int) -> float:
    """How far from ``at`` the parabola through three costs has its lowest point; 0 at an end."""
    if not 0 < at < len(costs) - 1:
        return 0.0
    before, here, after = (float(cost) for cost in costs[at - 1 : at + 2])
    bend = before - 2 * here + after
    return 0.5 * (before - after) / bend if bend > 0 else 0.0


def _unexplained(here: Image, there: Image, flow: Image) -> Mask:
    """(H, W): where a guide is unlike what its flow leads to."""
    import cv2

    columns, rows = np.meshgrid(np.arange(here.shape[1], dtype=np.float32), np.arange(here.shape[0], dtype=np.float32))
    moved = cv2.remap(
        there, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(np.abs(moved - here).mean(axis=-1) > _UNEXPLAINED)
