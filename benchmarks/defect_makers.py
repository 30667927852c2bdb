"""How each kind of defect is drawn: its strength, its length, its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from defect_edits import BLUR_PX, DARK_GAIN, FLASH_GAINS, TORN, Edit, black, blurred, frozen, gained, not_finite, torn
from defect_places import Planner

from vfi_plugin.repair.finding import Kind


@dataclass
class Draft:
    """Defects of one clip in the making, by times of the shot.

    Attributes:
        repeats: time -> how many repeats stand before it, whether they replace it and those after it, whether plain.
        drops: first lost time -> how many are lost, whether plain.
        edits, late: time -> what is done to the picture before grain and codes, and after.
        fates: time -> what becomes of the file.
        labels: kind, times, how, whether plain; of all kinds but repeats and drops.
        weak: times that are blurred too little to be named or not to be named.
    """

    repeats: dict[int, tuple[int, bool, bool]] = field(default_factory=dict)
    drops: dict[int, tuple[int, bool]] = field(default_factory=dict)
    edits: dict[int, list[Edit]] = field(default_factory=dict)
    late: dict[int, Edit] = field(default_factory=dict)
    fates: dict[int, str] = field(default_factory=dict)
    labels: list[tuple[Kind, tuple[int, ...], str, bool]] = field(default_factory=list)
    weak: list[int] = field(default_factory=list)


Maker = Callable[[Planner, Draft], bool]
"""Puts one defect of its kind into the draft; False where there is no room."""


def _repeat(planner: Planner, draft: Draft) -> bool:
    """A frame once to three times more: in the place of those that were lost, or put in between."""
    if planner.shot.held:
        return False
    length, replaced = int(planner.random.choice([1, 1, 1, 2, 3])), bool(planner.random.random() < 0.6)
    span = length if replaced else 1
    found = planner.place(span, True, lambda time: planner.seen(planner.at(time - 1), planner.at(time)))
    if found:
        draft.repeats[found[0]] = (length, replaced, found[1])
    return found is not None


def _drop(planner: Planner, draft: Draft) -> bool:
    """One to three frames lost, without anything in their place."""
    if planner.shot.held:
        return False
    lost = int(planner.random.choice([1, 1, 2, 3]))

    def plain(time: int) -> bool | None:
        differ = planner.seen(planner.at(time - 1), planner.at(time + lost))
        return differ and planner.steady(time, lost)

    found = planner.place(lost, True, plain, ends=6)
    if found:
        draft.drops[found[0]] = (lost, found[1])
    return found is not None


def _missing(planner: Planner, draft: Draft) -> bool:
    """One to three files that are not there."""
    span = int(planner.random.choice([1, 1, 2, 3]))
    found = planner.place(span, False, lambda _: True)
    if found:
        times = tuple(range(found[0], found[0] + span))
        draft.fates.update(dict.fromkeys(times, "missing"))
        draft.labels.append((Kind.MISSING, times, f"{span} files", True))
    return found is not None


def _blurred(planner: Planner, draft: Draft) -> bool:
    """One frame out of focus, or five to seven that lose focus and find it again."""
    sigma = BLUR_PX[0] + (BLUR_PX[1] - BLUR_PX[0]) * planner.random.random()
    slow = planner.random.random() < 0.35
    reach = int(planner.random.integers(2, 4)) if slow else 0
    span = 2 * reach + 1
    sigmas = [sigma * (1 - abs(each - reach) / (reach + 1)) for each in range(span)]

    def plain(time: int) -> bool | None:
        sharp = planner.at(time + reach)
        return planner.seen(sharp, blurred(sigma)(sharp))

    found = planner.place(span, True, plain)
    if not found:
        return False
    strong = []
    for offset, each in enumerate(sigmas):
        time = found[0] + offset
        draft.edits[time] = [blurred(each)]
        certain = each >= BLUR_PX[0] and planner.seen(planner.at(time), blurred(each)(planner.at(time)))
        (strong if certain or offset == reach else draft.weak).append(time)
    how = f"sigma {sigma:.1f} px{', slowly' if slow else ''}"
    draft.labels.append((Kind.BLURRED, tuple(strong), how, found[1]))
    return True


def _flash(planner: Planner, draft: Draft) -> bool:
    """One or two frames that are much lighter, or darker."""
    span, dark = int(planner.random.integers(1, 3)), planner.random.random() < 0.25
    gain = DARK_GAIN if dark else FLASH_GAINS[0] + (FLASH_GAINS[1] - FLASH_GAINS[0]) * planner.random.random()
    found = planner.place(span, True, lambda time: planner.seen(planner.at(time), planner.at(time) * np.float32(gain)))
    if found:
        times = tuple(range(found[0], found[0] + span))
        draft.edits.update({time: [gained(gain)] for time in times})
        draft.labels.append((Kind.FLASH, times, f"x {gain:.2f}", found[1]))
    return found is not None


def _black(planner: Planner, draft: Draft) -> bool:
    """One or two frames without a picture."""
    span, level = int(planner.random.integers(1, 3)), 0.002 * (planner.random.random() < 0.3)
    found = planner.place(span, True, lambda time: planner.seen(planner.at(time), 0 * planner.at(time)))
    if found:
        times = tuple(range(found[0], found[0] + span))
        draft.edits.update({time: [black(level)] for time in times})
        draft.labels.append((Kind.BLACK, times, f"level {level:g}", found[1]))
    return found is not None


def _torn(planner: Planner, draft: Draft) -> bool:
    """A part of the frame is of another picture, or of none."""
    how = TORN[int(planner.random.integers(len(TORN)))]
    seed = int(planner.random.integers(2**31))

    def edit_at(time: int) -> Edit:
        return torn(how, planner.at(time - 1), np.random.default_rng(seed))

    def plain(time: int) -> bool | None:
        torn_frame = edit_at(time)(planner.at(time))
        seen = planner.seen(planner.at(time), torn_frame)
        return seen and planner.part_seen(planner.at(time), torn_frame)

    found = planner.place(1, True, plain)
    if found:
        draft.edits[found[0]] = [edit_at(found[0])]
        draft.labels.append((Kind.TORN, (found[0],), how, found[1]))
    return found is not None


def _frozen(planner: Planner, draft: Draft) -> bool:
    """A part of the picture stands for 3 to 6 frames."""
    if planner.shot.held:
        return False
    span = int(planner.random.integers(3, 7))
    height, width = planner.at(0).shape[:2]
    size = [round(side * (0.25 + 0.35 * planner.random.random())) for side in (height, width)]
    box = (int(planner.random.integers(height - size[0])), int(planner.random.integers(width - size[1])), *size)

    def plain(time: int) -> bool | None:
        # At the first frame already, and within the part; where nothing goes on beside it, the whole frame is repeated.
        before, now = planner.at(time - 1), planner.at(time)
        part, hung = np.s_[box[0] : box[0] + box[2], box[1] : box[1] + box[3]], frozen(before, box)(now)
        seen = planner.seen(now[part], before[part])
        return seen and planner.part_seen(now, hung) and planner.part_seen(before, hung)

    found = planner.place(span, True, plain)
    if found:
        times = tuple(range(found[0], found[0] + span))
        anchor = planner.at(found[0] - 1)
        draft.edits.update({time: [frozen(anchor, box)] for time in times})
        draft.labels.append((Kind.FROZEN, times, f"{size[1]} x {size[0]} px", found[1]))
    return found is not None


def _not_finite(planner: Planner, draft: Draft) -> bool:
    """Values that are no numbers; at a clip's ends too."""
    found = planner.place(1, False, lambda _: True, ends=0)
    if found:
        draft.late[found[0]] = not_finite(planner.random)
        draft.labels.append((Kind.NOT_FINITE, (found[0],), "", True))
    return found is not None


def _unreadable(planner: Planner, draft: Draft) -> bool:
    """A file that ends in its middle; at a clip's ends too."""
    found = planner.place(1, False, lambda _: True, ends=0)
    if found:
        draft.fates[found[0]] = "cut short"
        draft.labels.append((Kind.UNREADABLE, (found[0],), "cut short", True))
    return found is not None


MAKERS: dict[Kind, Maker] = {
    Kind.DUPLICATE: _repeat,
    Kind.DROPPED: _drop,
    Kind.MISSING: _missing,
    Kind.BLURRED: _blurred,
    Kind.FLASH: _flash,
    Kind.BLACK: _black,
    Kind.TORN: _torn,
    Kind.FROZEN: _frozen,
    Kind.NOT_FINITE: _not_finite,
    Kind.UNREADABLE: _unreadable,
}
