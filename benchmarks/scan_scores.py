"""What a scan found, held against labels: right, missed, false, and what was taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from defect_plan import Label, Plan

from vfi_plugin.repair.finding import Finding, Kind

Unit = tuple[Kind, tuple[int, ...]]
"""What counts as one: a frame of a kind; of drops, the gap."""

MISSED, NOTHING = "missed", "nothing"
"""Of the confusion table: the column of what was not named, the row of frames without a defect."""

LEAST = {
    **dict.fromkeys(Kind, 0.95),
    **dict.fromkeys((Kind.DROPPED, Kind.BLURRED), 0.9),
}
"""Precision and recall that a kind must reach."""

_MOST_EXAMPLES = 200


def units(defects: Iterable[Label | Finding]) -> set[Unit]:
    """All that labels or findings name."""
    found: set[Unit] = set()
    for each in defects:
        found |= {(each.kind, each.frames)} if each.kind is Kind.DROPPED else {(each.kind, (n,)) for n in each.frames}
    return found


@dataclass
class Tally:
    """Counts over many clips.

    Attributes:
        defects: plain labels by kind.
        wanted, right, false: units by kind: of plain labels, of those found, found where none is.
        subtle, subtle_found: of labels that a person would hardly see; they count nowhere else.
        meant: units that were named and are neither right nor wrong (an animator's repeats, the ends of a slow blur).
        confusion: (what it is, what it was called) -> how often.
        lost_right: drops that were found with the right number of lost frames.
        examples: misses and false findings, in words.
    """

    defects: Counter[Kind] = field(default_factory=Counter)
    wanted: Counter[Kind] = field(default_factory=Counter)
    right: Counter[Kind] = field(default_factory=Counter)
    false: Counter[Kind] = field(default_factory=Counter)
    subtle: Counter[Kind] = field(default_factory=Counter)
    subtle_found: Counter[Kind] = field(default_factory=Counter)
    meant: Counter[Kind] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost_right: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, clip: str, plan: Plan, findings: Iterable[Finding]) -> None:
        """Counts one clip; ``clip`` is its name in the examples."""
        told = tuple(findings)
        found, plain = units(told), [label for label in plan.labels if label.plain]
        wanted, subtle = units(plain), units(label for label in plan.labels if not label.plain)
        allowed = {(kind, (number,)) for kind, number in plan.allowed} - wanted
        false = found - wanted - subtle - allowed
        self.defects.update(label.kind for label in plain)
        for counter, kinds in (
            *((self.wanted, wanted), (self.right, wanted & found), (self.false, false)),
            *((self.subtle, subtle), (self.subtle_found, subtle & found), (self.meant, allowed & found)),
        ):
            counter.update(kind for kind, _ in kinds)
        lost = {each.frames: each.lost for each in told if each.kind is Kind.DROPPED}
        self.lost_right += sum(lost.get(label.frames) == label.lost for label in plain if label.kind is Kind.DROPPED)
        self._confuse(wanted, found, false, {n for label in plan.labels for n in label.frames})
        self._remember(clip, plan, told, wanted - found, false)

    def join(self, other: Tally) -> None:
        """Adds another's counts."""
        for name in ("defects", "wanted", "right", "false", "subtle", "subtle_found", "meant", "confusion"):
            getattr(self, name).update(getattr(other, name))
        self.lost_right += other.lost_right
        self.examples = (self.examples + other.examples)[:_MOST_EXAMPLES]

    def as_json(self) -> dict[str, Any]:
        """For a result file."""
        return {
            "defects": sum(self.defects.values()),
            "kinds": {kind.value: self._of_kind(kind) for kind in Kind},
            "drops_with_the_right_number": self.lost_right,
            "confusion": _table(self.confusion),
            "examples": self.examples,
        }

    def _of_kind(self, kind: Kind) -> dict[str, Any]:
        right, false, wanted = self.right[kind], self.false[kind], self.wanted[kind]
        precision = right / (right + false) if right + false else None
        recall = right / wanted if wanted else None
        shares = [share for share in (precision, recall) if share is not None]
        counts = {"defects": self.defects[kind], "wanted": wanted, "right": right, "false": false}
        subtle = {"subtle": self.subtle[kind], "subtle_found": self.subtle_found[kind], "meant": self.meant[kind]}
        judged = {"precision": precision, "recall": recall, "least": LEAST[kind]}
        return {**counts, **subtle, **judged, "met": all(share >= LEAST[kind] for share in shares)}

    def _confuse(self, wanted: set[Unit], found: set[Unit], false: set[Unit], labelled: set[int]) -> None:
        """A unit that was called two things counts for both."""
        for kind, frames in wanted:
            called = {each for each, named in false if set(named) & set(frames)}
            called |= {kind} if (kind, frames) in found else set()
            self.confusion.update((kind.value, each.value) for each in called)
            self.confusion[kind.value, MISSED] += not called
        self.confusion.update((NOTHING, kind.value) for kind, frames in false if not labelled & set(frames))

    def _remember(self, clip: str, plan: Plan, told: Iterable[Finding], missed: set[Unit], false: set[Unit]) -> None:
        why = {unit: finding.why for finding in told for unit in units([finding])}
        how = {unit: label.how for label in plan.labels for unit in units([label])}
        said = [f"{clip}: missed {kind.value} {frames} ({how[kind, frames]})" for kind, frames in missed]
        said += [f"{clip}: false {kind.value} {frames}: {why[kind, frames]}" for kind, frames in false]
        self.examples = (self.examples + sorted(said))[:_MOST_EXAMPLES]


def _table(confusion: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    for (is_kind, called), times in sorted(confusion.items()):
        if times:
            rows.setdefault(is_kind, {})[called] = times
    return rows
