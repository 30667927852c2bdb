"""Items from frames in a row: some are shown to the method, those between are the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vfi_plugin.evaluate.item import Between, Item
from vfi_plugin.evaluate.picture import Picture


@dataclass(frozen=True)
class Numbered:
    """A picture and its frame number."""

    number: int
    picture: Picture


@dataclass(frozen=True)
class Spacing:
    """Which frames of a row make an item.

    Attributes:
        factor: the time between the two frames is cut into this many parts; true frames are at t = k / factor.
        stride: frames of the row from one true frame to the next.
    """

    factor: int
    stride: int = 1

    @property
    def reach(self) -> int:
        """Frames from the first to the second of a pair."""
        return self.factor * self.stride


def spaced_items(name: str, group: str, frames: Sequence[Numbered], spacing: Spacing) -> Iterator[Item]:
    """Items one after the other, the last frame of one being the first of the next; what is left at the end is unused.

    Args:
        name: of the row; an item's name has the numbers of its two frames after it, where there is more than one item.
        group: as ``Item.group``.
        frames: evenly spaced in time.
        spacing: which of them make an item.
    """
    starts = range(0, len(frames) - spacing.reach, spacing.reach)
    for start in starts:
        row = frames[start : start + spacing.reach + 1 : spacing.stride]
        yield one_item(name if len(starts) == 1 else f"{name} {row[0].number}-{row[-1].number}", group, row)


def one_item(name: str, group: str, row: Sequence[Numbered]) -> Item:
    """The item whose pair is the first and last of ``row``, at least three frames, evenly spaced in time."""
    steps = len(row) - 1
    between = (Between(Fraction(step, steps), row[step].picture) for step in range(1, steps))
    return Item(name, group, row[0].picture, row[-1].picture, tuple(between))
