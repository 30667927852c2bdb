"""What is measured: a pair of frames with the true frames between them, in groups, listed without reading pixels."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction

from vfi_plugin.errors import MismatchedFramesError
from vfi_plugin.evaluate.codes import Codes
from vfi_plugin.evaluate.picture import Picture


@dataclass(frozen=True)
class Between:
    """A true frame between the two of an item: at ``t``, 0 < t < 1."""

    t: Fraction
    truth: Picture


@dataclass(frozen=True)
class Item:
    """Two frames that a method gets to see, and what is true between them.

    Attributes:
        name: unlike any other of its group.
        group: the clip or folder that it is of, or "".
        before, after: at t = 0 and t = 1.
        between: true frames by rising ``t``, at least one.
        mask: where to measure, for measures that look at one; the first channel counts.
        beside: frames of the same shot at t = -1 and t = 2, for methods that look around; None where one is not there.
    """

    name: str
    group: str
    before: Picture
    after: Picture
    between: tuple[Between, ...]
    mask: Picture | None = None
    beside: tuple[Picture, Picture] | None = None

    def load(self) -> LoadedItem:
        """Reads everything, in order of time: movies are quickest so.

        Raises:
            InputError: a picture cannot be read, or is not of the size of the first.
        """
        row = [self.before, *(between.truth for between in self.between), self.after]
        if self.beside is not None:
            row = [self.beside[0], *row, self.beside[1]]
        first = row[0].read()
        codes = [first, *(_like(first, row[0], picture) for picture in row[1:])]
        beside = None if self.beside is None else (codes.pop(0), codes.pop())
        mask = None if self.mask is None else _like(first, row[0], self.mask)[..., 0]
        return LoadedItem(codes[0], codes[-1], tuple(codes[1:-1]), mask, beside)


@dataclass(frozen=True)
class LoadedItem:
    """An item's pixels: (H, W, 3) uint8 each, ``truths`` as ``Item.between``, and the mask (H, W) uint8 or None."""

    before: Codes
    after: Codes
    truths: tuple[Codes, ...]
    mask: Codes | None
    beside: tuple[Codes, Codes] | None = None


def _like(codes: Codes, whose: Picture, picture: Picture) -> Codes:
    """A picture's codes; raises where they are not of the size of those of another picture."""
    found = picture.read()
    if found.shape != codes.shape:
        sizes = [f"{shape[1]}x{shape[0]}" for shape in (found.shape, codes.shape)]
        raise MismatchedFramesError(
            f"{picture.where} has {sizes[0]} pixels, but {whose.where} has {sizes[1]}; frames of an item must be of one"
            " size"
        )
    return found


@dataclass(frozen=True)
class LeftOut:
    """Something that could have been an item, and why it is none."""

    name: str
    group: str
    reason: str


Entries = Generator["Item | LeftOut", None, None]


@dataclass(frozen=True)
class Group:
    """A clip or folder; ``items`` lists what is in it, from the first frame on, each time it is called."""

    name: str
    items: Callable[[], Entries]


@dataclass(frozen=True)
class Found:
    """What a layout has found in a folder; ``notes`` are for people."""

    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """What will be measured, in order, and what was left out on the way."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]


def choose(groups: Sequence[Group], limit: int | None = None) -> Chosen:
    """All items of all groups, or at most ``limit``, shared evenly among the groups: the first few of each.

    Where the groups do not divide the limit, the first ones get one more; those that get none are not looked at.
    """
    items: list[Item] = []
    left_out: list[LeftOut] = []
    for index, group in enumerate(groups):
        quota = None if limit is None else limit // len(groups) + (index < limit % len(groups))
        if quota == 0:
            break
        kept, others = _taken(group, quota)
        items += kept
        left_out += others
    return Chosen(tuple(items), tuple(left_out))


def _taken(group: Group, quota: int | None) -> tuple[list[Item], list[LeftOut]]:
    """The group's entries up to its item number ``quota``."""
    items: list[Item] = []
    left_out: list[LeftOut] = []
    with closing(group.items()) as listing:  # a clip that is not listed to its end would stay open
        for entry in listing:
            if isinstance(entry, LeftOut):
                left_out.append(entry)
            else:
                items.append(entry)
            if len(items) == quota:
                break
    return items, left_out
