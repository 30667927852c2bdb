"""Things that the search has lost: they are too small for its coarse levels and too fast for its fine ones.

A disc of 4 px that moves 20 px is gone at a tenth of the size, where 20 px are 2, and at full size every patch of the
search looks for it no further than the coarser levels told; so it is with a ball of 60 px that flies 80. What is lost
shows: its pixels are like nothing that the flow leads to, in both frames. So each region that is unexplained is
compared with those of about its size and colour that are unexplained in the other frame, patch by patch (sum of squared
differences around where it would lie). What lay behind it moves as all around does: it is seen in one frame alone, so
that the search could match it with nothing but the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.window import Window
from vfi_plugin.motion.small_things import Region, compact_regions

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_UNEXPLAINED = 0.1  # guide difference, three times what grain makes
_SMALLEST_PIXELS = 4  # fewer look alike everywhere
_LARGEST_PX = 96  # along a side: a ball in flight. Of those up to 128 px no more were found in real clips
_MARGIN_PX = 2  # around a region: soft edges, which are unexplained too little
_REACH_PX = 192  # in any direction: twice the largest; what goes further is hardly seen as one thing
_MOST = 16  # regions a frame, the largest
_ALIKE = 0.15  # guide difference of two regions' mean colours: more than grain, less than thing and background
_TIMES_AS_LARGE = 2.0  # two views of a thing are of one size, but for its soft edge
_TRIED = 4  # the most alike: that many pictures of one thing would be a swarm, in which nobody follows one
_AROUND_PX = 4  # regions tell where a thing is to a few pixels
_AROUND_IT_PX = 12  # how far around a region the motion is what lies behind it moves by: one patch and a half
_SMALL_PX = 32  # along a side: up to here the search can hardly have found a thing in another way
_LARGE_BETTER = 0.15  # as the next, of larger things: a ball in flight had 0.12, a wrong one of 58 px 0.24
_BETTER = 0.25  # of the squared difference that was there before, of that to a plain patch, and of the next best place


def find_lost(guides: tuple[Image, Image], flows: tuple[Image, Image]) -> tuple[Image, Image]:
    """Corrects both flows in place where a thing was lost and is found.

    Args:
        guides: (H, W, 3) float32 in [0, 1].
        flows: from each to the other, (H, W, 2) float32 px, x then y.

    Returns:
        Where such things are in each guide, (H, W) float32, 1 there and 0 elsewhere. They fly in front of all else.
    """
    things = np.zeros(flows[0].shape[:2], np.float32), np.zeros(flows[1].shape[:2], np.float32)
    places = _lost(guides[0], guides[1], flows[0])
    others = _lost(guides[1], guides[0], flows[1]) if places else []
    tried = [(place, _found(place, others, guides, flows[0])) for place in places]
    pairs = _alone([(place, found) for place, found in tried if found is not None])
    # First what lies behind all of them, told by flows that nothing was written into: one may land where another was.
    behind = [write for place, found in pairs for write in place.behind(flows, found)]
    for flow, patch, motion in behind:
        patch.write(flow, motion)
    for place, found in pairs:
        place.mark(flows, things, found)
    return things


def _alone(pairs: list[tuple[_Place, _Found]]) -> list[tuple[_Place, _Found]]:
    """Those whose place in the later frame no other one claims: of two that do, nobody knows which went there."""
    claimed = []
    for place, found in pairs:
        height, width = place.inside.shape
        claimed.append(Window(place.left + found.column, place.top + found.row, width, height))
    meetings = [sum(min(each.intersection(other).shape) > 0 for other in claimed) for each in claimed]
    return [pair for pair, meets in zip(pairs, meetings, strict=True) if meets == 1]  # it meets itself


@dataclass(frozen=True)
class _Patch:
    """A mask (H, W) whose upper left corner may lie outside of a frame."""

    top: int
    left: int
    mask: Mask

    def write(self, flow: Image, motion: npt.NDArray[np.float32]) -> None:
        """Writes a motion (2,) px where the mask is, as far as it lies inside."""
        seen, inside = self._inside(flow)
        seen[inside] = motion

    def median(self, flow: Image) -> npt.NDArray[np.float32]:
        """The median (2,) px of a flow there; (0, 0) where nothing of it lies inside."""
        seen, inside = self._inside(flow)
        return np.asarray(np.median(seen[inside], axis=0) if inside.any() else (0.0, 0.0), np.float32)

    def _inside(self, flow: Image) -> tuple[Image, Mask]:
        """A view of the flow, and the mask over it."""
        rows, columns = (
            slice(max(-start, 0), max(side - max(start + side - whole, 0), 0))
            for start, side, whole in zip((self.top, self.left), self.mask.shape, flow.shape[:2], strict=True)
        )
        mask = self.mask[rows, columns]
        top, left = self.top + rows.start, self.left + columns.start
        return flow[top : top + mask.shape[0], left : left + mask.shape[1]], mask


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

    def mark(self, flows: tuple[Image, Image], things: tuple[Image, Image], found: _Found) -> None:
        """Writes the motion there and back into the flows, soft edges included."""
        marked = _grown(self.inside, _MARGIN_PX)
        motion = np.array([found.x, found.y], np.float32)
        self.of(flows[0])[marked] = motion
        self.of(flows[1], found.column, found.row)[marked] = -motion
        self.of(things[0])[marked] = 1.0
        self.of(things[1], found.column, found.row)[marked] = 1.0

    def behind(
        self, flows: tuple[Image, Image], found: _Found
    ) -> Iterator[tuple[Image, _Patch, npt.NDArray[np.float32]]]:
        """Into which flow, where, and what is to be written of what the thing hides in the other frame.

        It moves as all around the thing does; so in a pan it is seen that far beside the place that it is hidden at.
        """
        ways = (flows[0], flows[1], 0, 0), (flows[1], flows[0], found.column, found.row)
        for way_there, way_back, column, row in ways:
            around = self._ring(column, row)
            right, down = np.rint(around.median(way_there)).astype(int).tolist()
            marked = _grown(self.inside, _MARGIN_PX)
            yield way_back, _Patch(self.top + row + down, self.left + column + right, marked), around.median(way_back)

    def _ring(self, column: int, row: int) -> _Patch:
        """What lies around here, or around so far to the right and down."""
        wide = np.pad(self.inside, _AROUND_IT_PX)
        ring = _grown(wide, _AROUND_IT_PX) & ~_grown(wide, 2 * _MARGIN_PX)
        return _Patch(self.top + row - _AROUND_IT_PX, self.left + column - _AROUND_IT_PX, ring)


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
    limits += [each.cost for each in tried if (each.column, each.row) != (tried[0].column, tried[0].row)][:1]
    better = _BETTER if max(place.inside.shape) - 2 * _MARGIN_PX <= _SMALL_PX else _LARGE_BETTER
    return tried[0] if tried[0].cost < better * min(limits) else None


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


def _grown(inside: npt.NDArray[np.uint8], by_px: int) -> Mask:
    """(H, W): what is in a region or so near to it."""
    import cv2

    side = 2 * by_px + 1
    return np.asarray(cv2.dilate(inside, np.ones((side, side), np.uint8)) > 0)


def _vertex(costs: npt.NDArray[np.float32], at: int) -> float:
    """How far from ``at`` the parabola through three costs has its lowest point, to 1/64 px; 0 at an end.

    Sums of squares are rounded otherwise on other processors; flows are to be the same on all of them.
    """
    if not 0 < at < len(costs) - 1:
        return 0.0
    before, here, after = (float(cost) for cost in costs[at - 1 : at + 2])
    bend = before - 2 * here + after
    return round(32.0 * (before - after) / bend) / 64.0 if bend > 0 else 0.0


def _unexplained(here: Image, there: Image, flow: Image) -> Mask:
    """(H, W): where a guide is unlike what its flow leads to."""
    import cv2

    columns, rows = np.arange(here.shape[1], dtype=np.float32), np.arange(here.shape[0], dtype=np.float32)[:, None]
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    moved = cv2.remap(there, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    difference = cv2.absdiff(moved, here)
    unlike = cv2.transform(difference, np.full((1, 3), 1.0 / 3.0, np.float32)) > _UNEXPLAINED
    return np.asarray(unlike)
