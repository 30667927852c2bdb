"""A plan that holds when the frames it relies on are looked at.

A plan says which good frames others are made from. Whoever wrote the list may not have seen that one of these is
damaged, or that a shot ends between two of them. So those frames are read, what is found joins the list, and the plan
is made anew, until nothing new is found. Only frames near a repaired one are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from vfi_plugin.errors import UnreadableImageError, UsageError
from vfi_plugin.image.colour import GuideTransform, count_non_finite
from vfi_plugin.media.clip import Clip
from vfi_plugin.render.cuts import WINDOW
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.source import FrameSource
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.repair.bad_frames import BadFrames
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.plan import RepairPlan
from vfi_plugin.timing.ranges import format_range


class Inspector:
    """Looks at good frames.

    Args:
        clip: the open source.
        layout: of its channels.
        transform: from its colour to the guide.
        check: called before each frame is read; raises to stop.
    """

    def __init__(
        self, clip: Clip, layout: Layout, transform: GuideTransform, check: Callable[[], None] = lambda: None
    ) -> None:
        self._clip, self._layout, self._transform, self._check = clip, layout, transform, check
        self._faults: dict[int, Finding | None] = {}
        self._is_cut: dict[tuple[int, int], bool] = {}

    @property
    def sees_cuts(self) -> bool:
        """Whether the clip has a picture to see them in."""
        return bool(self._layout.guides)

    def fault(self, number: int) -> Finding | None:
        """Why no frame may be made from this one; None where one may."""
        if number not in self._faults:
            self._check()
            self._faults[number] = self._look(number)
        return self._faults[number]

    def new_shots(self, plan: RepairPlan) -> Iterator[int]:
        """Good frames that begin a new shot, of those that the plan makes frames between, or finds a way through.

        Where bad frames lie between two shots nobody knows to which they belong: they are taken for the earlier one's.
        """
        source = FrameSource(self._clip, plan.source_numbers, self._layout, self._transform, Tiling.unbounded())
        for earlier, later in sorted(_pairs(plan)):
            if (earlier, later) not in self._is_cut:
                self._check()
                self._is_cut[earlier, later] = source.is_cut_after(earlier)
            if self._is_cut[earlier, later]:
                yield later

    def relied_on(self, plan: RepairPlan, *, with_cuts: bool) -> list[int]:
        """The good frames that a plan reads: those that others are made from, those beside, those around for cuts."""
        numbers = set(plan.sources) & set(plan.source_numbers)
        for way in plan.ways.values():
            numbers.update(way.frames)
        if with_cuts:
            places = {number: at for at, number in enumerate(plan.source_numbers)}
            for earlier, _ in _pairs(plan):
                at = places[earlier]
                numbers.update(plan.source_numbers[max(0, at + 1 - WINDOW) : at + 1 + WINDOW])
        return sorted(numbers)

    def _look(self, number: int) -> Finding | None:
        try:
            frame = self._clip.read(number)
        except UnreadableImageError as error:
            return Finding(Kind.UNREADABLE, (number,), 1.0, str(error))
        for guide in self._layout.guides:
            window = frame.parts[self._layout.roles[guide.places[0]].part].data_window
            if bad := count_non_finite(self._layout.guide_rgb(frame, guide, window)):
                why = f"{bad} of its colour values are NaN or infinite"
                return Finding(Kind.NOT_FINITE, (number,), 1.0, why)
        return None


def settled(
    bad: BadFrames, plan_for: Callable[[BadFrames], RepairPlan], inspector: Inspector, *, finds_cuts: bool
) -> RepairPlan:
    """A plan whose good frames are good; its notes say what was found on the way.

    Args:
        bad: what is wrong where.
        plan_for: makes a plan. Raises UsageError.
        inspector: looks at frames.
        finds_cuts: whether ends of shots are looked for; not where a scan or a person has told them.
    """
    notes: list[str] = []
    finds_cuts = finds_cuts and inspector.sees_cuts
    while True:
        plan = _planned(plan_for, bad, notes)
        looked_at = [inspector.fault(number) for number in inspector.relied_on(plan, with_cuts=finds_cuts)]
        faults = [fault for fault in looked_at if fault is not None]
        if faults:
            bad = bad.avoiding({fault.frames[0]: fault.kind for fault in faults})
            notes += [f"{fault.frames[0]} cannot be used, so no frame is made from it: {fault.why}" for fault in faults]
            continue
        cuts = sorted({*(bad.cuts or ()), *inspector.new_shots(plan)} if finds_cuts else bad.cuts or ())
        if tuple(cuts) != (bad.cuts or ()):
            bad = replace(bad, cuts=tuple(cuts))
            continue
        if finds_cuts and cuts:
            notes.append(f"shots begin at {format_range(cuts)}; nothing is made across")
        return plan.noting(notes)


def _planned(plan_for: Callable[[BadFrames], RepairPlan], bad: BadFrames, notes: Sequence[str]) -> RepairPlan:
    """A plan; where there can be none, what was found before may be why, and is said."""
    try:
        return plan_for(bad)
    except UsageError as error:
        if not notes:
            raise
        raise UsageError(f"{error}; {len(notes)} frames nearby are damaged, too ({notes[0]})") from None


def _pairs(plan: RepairPlan) -> set[tuple[int, int]]:
    """Neighbouring good frames that the plan makes frames between, or carries motion on from, and the pairs beside."""
    found: set[tuple[int, int]] = set()
    for frame in plan.frames:
        if frame.earlier != frame.later:
            numbers = [number for number in plan.source_numbers if frame.earlier <= number <= frame.later]
            found.update(pairwise(numbers))
    for way in plan.ways.values():
        found.update(pairwise(way.frames))
    return found
