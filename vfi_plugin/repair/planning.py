"""Decides what each frame of a repaired clip is made from."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from vfi_plugin.errors import UsageError
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.way import Way
from vfi_plugin.repair.bad_frames import BadFrames
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.options import RepairPolicy
from vfi_plugin.repair.plan import Change, RepairPlan
from vfi_plugin.repair.slots import Anchor, Place, Slots
from vfi_plugin.timing.ranges import format_range

_COPY = Fraction(0)


@dataclass(frozen=True)
class Making:
    """How frames are made, as far as a plan depends on it.

    Attributes:
        method: as in `RetimeOptions`.
        strength: how much of what is made replaces a blurred frame.
        bends_paths: whether what moves follows a curve through the good frames around.
    """

    method: str = "motion"
    strength: float = 1.0
    bends_paths: bool = False


def build_repair_plan(
    bad: BadFrames, there: Sequence[int], policy: RepairPolicy, making: Making | None = None
) -> RepairPlan:
    """Lists every frame of the repaired clip.

    Args:
        bad: what is wrong where; ``cuts`` None means none.
        there: frames that the source has, ascending, at least one.
        policy: what replaces what.
        making: how frames are made.

    Raises:
        UsageError: a run that is longer than is allowed, a shot without a good frame, or frames outside the clip.
    """
    return _Planner(bad, tuple(there), policy, making or Making()).plan()


class _Planner:
    """One plan being made."""

    def __init__(self, bad: BadFrames, there: tuple[int, ...], policy: RepairPolicy, making: Making) -> None:
        self._bad, self._there, self._policy, self._making = bad, there, policy, making
        self._present = frozenset(there)
        self._slots = Slots.of(bad, there, policy)
        self._instants = dict(zip(self._slots.numbers, self._slots.instants, strict=True))
        self._anchors = self._slots.anchors(bad, there, policy)
        self._places = tuple(self._slots.places(policy))
        self._own = {anchor.number for shot in self._anchors.values() for anchor in shot if self._is_at_home(anchor)}

    def plan(self) -> RepairPlan:
        changes: dict[int, Change] = {}
        kept: dict[int, int] = {}
        holes = []
        for place, speeds in zip(self._places, self._speeds(), strict=True):
            if place.origin is not None and self._stays(place, place.origin):
                kept[place.number] = place.origin
            elif place.origin in self._present or place.origin in self._bad.frames or place.origin is None:
                changes[place.number] = self._change(place, speeds)
            else:
                holes.append(place.origin)
        good = tuple(sorted(anchor.number for shot in self._anchors.values() for anchor in shot))
        frames = tuple(change.output for change in changes.values())
        return RepairPlan(
            source_numbers=good,
            frames=frames,
            wanted=frozenset(changes),
            there=self._there,
            changes=changes,
            kept=kept,
            homes={place.origin: place.number for place in self._places if place.origin is not None},
            ways=dict(self._ways(frames)) if self._making.bends_paths else {},
            removed=tuple(sorted(self._slots.removed & self._present)),
            notes=tuple(self._notes(holes, bool(kept))),
        )

    def _ways(self, frames: Sequence[OutputFrame]) -> Iterator[tuple[tuple[int, int], Way]]:
        pairs = {(frame.earlier, frame.later) for frame in frames if 0 < frame.t < 1}
        for shot in self._anchors.values():
            numbers, instants = [anchor.number for anchor in shot], [anchor.instant for anchor in shot]
            for at, pair in enumerate(pairwise(numbers)):
                if pair in pairs and (way := Way.through(numbers, instants, at)) is not None:
                    yield pair, way

    def _is_at_home(self, anchor: Anchor) -> bool:
        return anchor.instant == self._instants[anchor.number]

    def _stays(self, place: Place, origin: int) -> bool:
        """Whether the file in this place is right as it is, or is not to be touched."""
        if origin not in self._present or place.instant != self._instants[origin]:
            return False
        is_left = origin in self._bad.avoided or (
            self._bad.frames.get(origin) is Kind.DUPLICATE and self._policy.duplicates == "hold"
        )
        return is_left or origin in self._own

    def _speeds(self) -> Iterator[tuple[Fraction, Fraction]]:
        """Instants to the next and from the previous frame of the same shot, 1 where there is none."""
        for at, place in enumerate(self._places):
            after = self._places[min(at + 1, len(self._places) - 1)]
            before = self._places[max(at - 1, 0)]
            yield (
                after.instant - place.instant
                if after.number != place.number and after.shot == place.shot
                else Fraction(1),
                place.instant - before.instant
                if before.number != place.number and before.shot == place.shot
                else Fraction(1),
            )

    def _change(self, place: Place, speeds: tuple[Fraction, Fraction]) -> Change:
        earlier, later, t, note = self._sources(place)
        what = self._what(place)
        kind = self._bad.frames.get(place.origin) if place.origin is not None else None
        mixes = self._making.strength < 1 and place.origin in self._present and not place.spread
        mixes = mixes and what in ("listed", Kind.BLURRED.value) and kind in (None, Kind.BLURRED)
        if mixes:
            note += f", {self._making.strength:.0%} of it over the frame as it was"
        if place.spread:
            note += f", a drop spread over {place.spread} frames"
        position = earlier + t * (later - earlier)
        output = OutputFrame(place.number, position, earlier, later, t, *speeds, note)
        return Change(output, what, place.origin, mixes)

    def _what(self, place: Place) -> str:
        if place.origin is None:
            return "inserted"
        if place.origin in self._bad.frames:
            kind = self._bad.frames[place.origin]
            return "listed" if kind is None else kind.value
        return "spread" if place.spread else "hold"

    def _sources(self, place: Place) -> tuple[int, int, Fraction, str]:
        """``(earlier, later, t, how)`` of a frame."""
        anchors = self._anchors[place.shot]
        if not anchors:
            raise UsageError(self._no_good_frame(place.shot))
        at = bisect_left(anchors, place.instant, key=lambda anchor: anchor.instant)
        if at < len(anchors) and anchors[at].instant == place.instant:
            return _held(anchors[at], f"copy of {anchors[at].number}")
        if at in (0, len(anchors)):
            return self._beyond(place, anchors, is_after=at > 0)
        earlier, later = anchors[at - 1], anchors[at]
        self._check_gap(math.ceil(later.instant - earlier.instant) - 1, earlier.number + 1, later.number - 1)
        return self._between(place, earlier, later)

    def _between(self, place: Place, earlier: Anchor, later: Anchor) -> tuple[int, int, Fraction, str]:
        t = (place.instant - earlier.instant) / (later.instant - earlier.instant)
        if self._making.method == "frame":
            nearest = earlier if 2 * t <= 1 else later
            return _held(nearest, f"copy of {nearest.number}, the nearest")
        made = "mixed" if self._making.method == "blend" else "made"
        return earlier.number, later.number, t, f"{made} from {earlier.number} and {later.number} at {t}"

    def _beyond(self, place: Place, anchors: Sequence[Anchor], *, is_after: bool) -> tuple[int, int, Fraction, str]:
        """Good frames lie on one side alone: the clip or the shot begins or ends here."""
        shown = [other.instant for other in self._places if other.shot == place.shot]
        end = anchors[-1] if is_after else anchors[0]
        reach = shown[-1] - end.instant if is_after else end.instant - shown[0]
        if is_after:
            self._check_gap(math.ceil(reach), end.number + 1, end.number + math.ceil(reach))
        else:
            self._check_gap(math.ceil(reach), end.number - math.ceil(reach), end.number - 1)
        side = "last" if is_after else "first"
        if self._policy.ends == "hold":
            return _held(end, f"held: copy of {end.number}, the {side} good frame of its shot")
        if self._making.method != "motion":
            return _held(end, f"held: copy of {end.number}; method {self._making.method} knows no motion to go on with")
        # Motion is carried on no further than it was seen. One pair for the whole end, so that it moves as one.
        others = list(reversed(anchors[:-1])) if is_after else anchors[1:]
        other = next((other for other in others if abs(other.instant - end.instant) >= reach), None)
        if other is None:
            return _held(end, f"cannot, hold: copy of {end.number}; {_why_not(others, end, reach)}")
        earlier, later = (other, end) if is_after else (end, other)
        t = (place.instant - earlier.instant) / (later.instant - earlier.instant)
        past = abs(place.instant - end.instant)
        where = f"{past} {'after the last' if is_after else 'before the first'} good frame of its shot"
        return earlier.number, later.number, t, f"extrapolated from {earlier.number} and {later.number}, {where}"

    def _check_gap(self, gap: int, first: int, last: int) -> None:
        if gap <= self._policy.max_gap or self._policy.force:
            return
        run = format_range(range(first, last + 1)) if last >= first else f"lost before {first}"
        raise UsageError(
            f"{run}: {gap} frames in a row without a good one, and at most {self._policy.max_gap} are made;"
            " take them out of the list, allow more with --max-gap, or give --force"
        )

    def _no_good_frame(self, shot: int) -> str:
        numbers = [number for number, own in zip(self._slots.numbers, self._slots.shots, strict=True) if own == shot]
        return (
            f"frames {format_range(numbers)} are a shot without a good frame, so there is nothing to make them from;"
            " take one of them out of the list, or correct the cuts"
        )

    def _notes(self, holes: Sequence[int], has_kept: bool) -> Iterator[str]:
        for drop in self._bad.drops:
            if drop.before in (self._bad.cuts or ()):
                yield f"the drop before {drop.before} is left: a new shot begins there"
        if holes:
            yield f"left missing, as they are not listed: {format_range(holes)}"
        renumbered = self._slots.removed or any(place.origin is None for place in self._places)
        if renumbered and has_kept:
            yield "frames that are not repaired get new numbers; their files stay as they are, timecode included"


def _held(anchor: Anchor, note: str) -> tuple[int, int, Fraction, str]:
    return anchor.number, anchor.number, _COPY, note


def _why_not(others: Sequence[Anchor], end: Anchor, reach: Fraction) -> str:
    if not others:
        return "it is the only good frame of its shot"
    seen = max(abs(other.instant - end.instant) for other in others)
    return f"motion is seen over {seen} frames there and cannot be carried on over {reach}"


def with_all_rendered(plan: RepairPlan) -> RepairPlan:
    """The plan for a target that cannot take files as they are: untouched frames are rendered, as copies."""
    copies = [
        OutputFrame(number, Fraction(origin), origin, origin, _COPY, Fraction(1), Fraction(1))
        for number, origin in plan.kept.items()
    ]
    frames = tuple(sorted([*plan.frames, *copies], key=lambda frame: frame.number))
    return replace(plan, frames=frames, wanted=frozenset(frame.number for frame in frames))
