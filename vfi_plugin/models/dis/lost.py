"""Small things that the search has lost: they are too small for its coarse levels and too fast for its fine ones.

A disc of 4 px that moves 20 px is gone at a tenth of the size, where 20 px are 2, and at full size every patch of the
search looks for it no further than the coarser levels told. What is lost shows: its pixels are like nothing that the
flow leads to, in both frames. So each small region that is unexplained is compared with those of about its size and
colour that are unexplained in the other frame, patch by patch (sum of squared differences around where it would lie).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
_MOST = 16  # regions a frame, the largest; where more is unexplained the picture has changed, and nothing was lost
_ALIKE = 0.15  # guide difference of two regions' mean colours: more than grain, less than thing and background
_TIMES_AS_LARGE = 2.0  # two views of a thing are of one size, but for its soft edge
_TRIED = 4  # the most alike: that many pictures of one thing would be a swarm, in which nobody follows one
_AROUND_PX = 4  # regions tell where a thing is to a few pixels
_BETTER = 0.25  # of the squared difference that was there before, of that to a plain patch, and of the next best place


def find_lost(guides: tuple[Image, Image], flows: tuple[Image, Image]) -> None:
    """Corrects both flows in place where a small thing was lost and is found.

    Args:
        guides: (H, W, 3) float32 in [0, 1].
        flows: from each to the other, (H, W, 2) float32 px, x then y.
    """
    places = _lost(guides[0], guides[1], flows[0])
    others = _lost(guides[1], guides[0], flows[1]) if places else []
    for place in places:
        found = _found(place, others, guides, flows[0])
        if found is not None:
            place.mark(flows, found)


@dataclass(frozen=True)
class _Place:
    """A region with a margin.

    Attributes:
        top: of its upper left corner.
        left: of the same.
        inside: (H, W), which pixels there belong to it.
        colour: its mean, (3,).
    """

    top: int
    left: int
    inside: npt.NDArray[np.uint8]
    colour: npt.NDArray[np.float32]

    @classmethod
    def around(cls, region: Region, guide: Image) -> _Place:
        size = guide.shape[:2]
        height, width = region.inside.shape
        top, left = max(region.top - _MARGIN_PX, 0), max(region.left - _MARGIN_PX, 0)
        bottom = min(region.top + height + _MARGIN_PX, size[0])
        right = min(region.left + width + _MARGIN_PX, size[1])
        inside = np.zeros((bottom - top, right - left), np.uint8)
        y, x = region.top - top, region.left - left
        inside[y : y + height, x : x + width] = region.inside
        place = cls(top, left, inside, np.zeros(3, np.float32))
        return replace(place, colour=place.of(guide)[inside > 0].mean(axis=0))

    def of(self, image: npt.NDArray[Any], x: int = 0, y: int = 0) -> npt.NDArray[Any]:
        """The part of an image (H, W, ...) here, or that far to the right and down; a view."""
        height, width = self.inside.shape
        return image[self.top + y : self.top + y + height, self.left + x : self.left + x + width]

    def may_be(self, other: _Place) -> bool:
        """Whether the other place may show the same thing."""
        sizes = sorted((int(self.inside.sum()), int(other.inside.sum())))
        is_near = max(abs(other.left - self.left), abs(other.top - self.top)) <= _REACH_PX
        return is_near and self.unlike(other) <= _ALIKE and sizes[1] <= _TIMES_AS_LARGE * sizes[0]

    def unlike(self, other: _Place) -> float:
        """The largest difference of the mean colours."""
        return float(np.abs(self.colour - other.colour).max())

    def mark(self, flows: tuple[Image, Image], found: _Found) -> None:
        """Writes the motion there and back into the flows, soft edges included."""
        import cv2

        side = 2 * _MARGIN_PX + 1
        marked = cv2.dilate(self.inside, np.ones((side, side), np.uint8)) > 0
        motion = np.array([found.x, found.y], np.float32)
        self.of(flows[0])[marked] = motion
        self.of(flows[1], found.column, found.row)[marked] = -motion


class _Found(NamedTuple):
    """Where a place is in the other frame: whole pixels to the right and down, exactly, and how unlike it is there."""

    column: int
    row: int
    x: float
    y: float
    cost: float


def _lost(here: Image, there: Image, flow: Image) -> list[_Place]:
    """Small regions of a guide that are unlike what its flow leads to, the largest first."""
    regions = compact_regions(_unexplained(here, there, flow), _LARGEST_PX)
    regions = [region for region in regions if region.pixels >= _SMALLEST_PIXELS]
    regions.sort(key=lambda region: (-region.pixels, region.top, region.left))
    return [_Place.around(region, here) for region in regions[:_MOST]]


def _found(place: _Place, others: list[_Place], guides: tuple[Image, Image], flow: Image) -> _Found | None:
    """Where the place is in the later frame; None where it is like nothing there, like much, or plain itself."""
    patch = place.of(guides[0])
    likely = sorted(filter(place.may_be, others), key=place.unlike)[:_TRIED]
    tried = [_matched(place, other, guides) for other in likely]
    tried.sort(key=lambda found: found.cost)
    if not tried:
        return None
    plain = float(((patch - np.median(patch, axis=(0, 1))) ** 2).sum())
    before = place.of(flow)[place.inside > 0].mean(axis=0)
    limits = [plain, _cost_at(place, guides, round(float(before[0])), round(float(before[1])))]
    limits += [each.cost for each in tried[1:2] if (each.column, each.row) != (tried[0].column, tried[0].row)]
    return tried[0] if tried[0].cost < _BETTER * min(limits) else None


def _cost_at(place: _Place, guides: tuple[Image, Image], x: int, y: int) -> float:
    """Squared difference of a place and what is that far away; of no motion where that is beyond the edge."""
    patch, there = place.of(guides[0]), place.of(guides[1], x, y)
    if min(place.left + x, place.top + y) < 0 or there.shape != patch.shape:
        there = place.of(guides[1])
    return float(((patch - there) ** 2).sum())


def _matched(place: _Place, other: _Place, guides: tuple[Image, Image]) -> _Found:
    """The best match of a place near another one of the later frame, between pixels by parabolas."""
    import cv2

    patch = np.ascontiguousarray(place.of(guides[0]))
    height, width = patch.shape[:2]
    rows, columns = guides[1].shape[:2]
    # Centre on centre; the window stays inside the picture, so that the patch fits everywhere in it.
    left = other.left + (other.inside.shape[1] - width) // 2
    top = other.top + (other.inside.shape[0] - height) // 2
    first_x, first_y = (max(value - _AROUND_PX, 0) for value in (left, top))
    last_x = min(max(left + _AROUND_PX, first_x), columns - width)
    last_y = min(max(top + _AROUND_PX, first_y), rows - height)
    first_x, first_y = min(first_x, last_x), min(first_y, last_y)
    window = guides[1][first_y : last_y + height, first_x : last_x + width]
    costs = np.maximum(cv2.matchTemplate(np.ascontiguousarray(window), patch, cv2.TM_SQDIFF), np.float32(0))
    y, x = (int(value) for value in np.unravel_index(int(np.argmin(costs)), costs.shape))
    column, row = first_x + x - place.left, first_y + y - place.top
    return _Found(column, row, column + _vertex(costs[y, :], x), row + _vertex(costs[:, x], y), float(costs[y, x]))


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

    columns, rows = np.arange(here.shape[1], dtype=np.float32), np.arange(here.shape[0], dtype=np.float32)[:, None]
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    moved = cv2.remap(there, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    difference = cv2.absdiff(moved, here)
    unlike = cv2.transform(difference, np.full((1, 3), 1.0 / 3.0, np.float32)) > _UNEXPLAINED
    return np.asarray(unlike)
