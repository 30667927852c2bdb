"""What replaces what: every frame of the repaired clip and where it comes from. No pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from vfi_plugin.errors import UsageError
from vfi_plugin.render.plan import OutputFrame, RetimePlan
from vfi_plugin.render.way import Way
from vfi_plugin.timing.ranges import format_range


@dataclass(frozen=True)
class Change:
    """A frame of the repaired clip that is not a file of the source as it is.

    Attributes:
        output: the frame for the renderer; its ``note`` says how it is made.
        what: what was wrong: a kind's value, or "listed" by a person; "hold" for the picture of a hold that belongs
            elsewhere; "spread" near a drop that is spread, "inserted" for a frame that was lost.
        origin: the frame of the source in whose place it stands; None for one that was lost.
        mixes: whether the frame as it was can be a part of the new one (``strength``).
    """

    output: OutputFrame
    what: str
    origin: int | None
    mixes: bool = False

    @property
    def how(self) -> str:
        """ "made from 1004 and 1006 at 1/2": for people, and for the header."""
        return self.output.note

    def __str__(self) -> str:
        was = "" if self.origin in (None, self.output.number) else f" (was {self.origin})"
        return f"{self.output.number}{was} {self.what}: {self.how}"


@dataclass(frozen=True)
class RepairPlan(RetimePlan):
    """What a repair will do, before it does it.

    ``source_numbers`` are the good frames, ``frames`` those to be rendered, ``wanted`` those that this run makes.

    Attributes:
        there: all frames that the source has.
        changes: by number in the repaired clip.
        kept: number in the repaired clip -> frame of the source that stays as it is.
        homes: frame of the source -> number in the repaired clip of the frame in its place.
        ways: for each two frames that others are made between, the way through the good frames around them, where there
            are such in their shot; of the whole clip, whatever part of it is made.
        removed: frames of the source that the repaired clip does without.
        notes: what else a person should know.
    """

    there: tuple[int, ...] = ()
    changes: Mapping[int, Change] = field(default_factory=dict)
    kept: Mapping[int, int] = field(default_factory=dict)
    homes: Mapping[int, int] = field(default_factory=dict)
    ways: Mapping[tuple[int, int], Way] = field(default_factory=dict)
    removed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """All frames of the repaired clip, ascending."""
        return tuple(sorted({*self.changes, *self.kept}))

    @property
    def is_renumbered(self) -> bool:
        """Whether a frame that stays as it is gets another number."""
        return any(number != origin for number, origin in self.kept.items())

    @property
    def sources(self) -> frozenset[int]:
        """Frames of the source that others are made from."""
        return frozenset(number for frame in self.frames for number in (frame.earlier, frame.later))

    def noting(self, notes: Iterable[str]) -> RepairPlan:
        """The same plan with more to be known."""
        return replace(self, notes=(*self.notes, *notes))

    def between(self, first: int, last: int) -> RepairPlan:
        """The same for a part of the repaired clip, which keeps its numbers.

        Raises:
            UsageError: it has none of its own, or there is nothing in the part.
        """
        if self.is_renumbered:
            raise UsageError("a part cannot be taken of a clip whose frames get new numbers; leave the part out")
        frames = tuple(frame for frame in self.frames if first <= frame.number <= last)
        changes = {number: change for number, change in self.changes.items() if first <= number <= last}
        kept = {number: origin for number, origin in self.kept.items() if first <= number <= last}
        if not changes and not kept:
            raise UsageError(f"the part {first}-{last} has no frame; the clip has {format_range(self.numbers)}")
        homes = {origin: number for origin, number in self.homes.items() if first <= number <= last}
        wanted = frozenset(frame.number for frame in frames)
        return replace(self, frames=frames, wanted=wanted, changes=changes, kept=kept, homes=homes)

    def summary(self) -> str:
        """One line: "120 in, 120 out, 1001-1120: 24 repaired, 96 untouched"."""
        text = f"{len(self.there)} in, {len(self.numbers)} out, {format_range(self.numbers)}"
        text += f": {len(self.changes)} repaired, {len(self.kept)} untouched"
        if self.removed:
            text += f", {len(self.removed)} removed"
        return text + (" and renumbered" if self.is_renumbered else "")

    def lines(self) -> Iterator[str]:
        """A line a changed frame, then what else is to be known."""
        for number in sorted(self.changes):
            yield str(self.changes[number])
        if self.removed:
            yield f"removed: {format_range(self.removed)}"
        yield from self.notes
