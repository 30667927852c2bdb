"""A plan of a clip with defects: what each of its frames shows, and the labels that a scan is held against.

The frames of a clip are *slots*: each shows the shot at some time, with edits. Defects of time (repeats, drops) change
which times the slots show, all others edit slots.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from defect_edits import Edit
from defect_makers import MAKERS, Draft
from defect_places import Planner, indistinct
from defect_shots import Random, Shot

from vfi_plugin.repair.finding import Kind

FIRST = 1001


@dataclass(frozen=True)
class Label:
    """One defect.

    Attributes:
        kind: as a scan is to call it.
        frames: as ``Finding.frames``.
        lost: of a drop, how many frames.
        how: in what form, for people.
        plain: whether it must be found.
    """

    kind: Kind
    frames: tuple[int, ...]
    lost: int = 0
    how: str = ""
    plain: bool = True


@dataclass
class Slot:
    """One frame.

    Attributes:
        time: of the shot, which it shows.
        edits: what is done to the picture before grain and codes.
        late: what is done after them.
        fate: of the file: "written", "missing" or "cut short".
    """

    time: int
    edits: list[Edit] = field(default_factory=list)
    late: list[Edit] = field(default_factory=list)
    fate: str = "written"


@dataclass(frozen=True)
class Plan:
    """Slots in order, from frame FIRST on, with their labels.

    ``allowed``: (kind, frame) that a scan may name without being wrong or right: the weak ends of a slow blur,
    and the repeats that an animator meant.
    """

    slots: tuple[Slot, ...]
    labels: tuple[Label, ...]
    allowed: frozenset[tuple[Kind, int]]


def plan_defects(shot: Shot, random: Random, grain: float, kinds: list[Kind]) -> Plan:
    """Puts a defect of each of ``kinds`` into the shot, where there is room.

    Args:
        shot: the clean clip.
        random: decides all that is left open.
        grain: strength of the grain that will be added, on the curve of :func:`compared`.
        kinds: what to put in, in this order.
    """
    planner, draft = Planner(shot, random, grain), Draft()
    for kind in kinds:
        MAKERS[kind](planner, draft)
    return _assembled(shot, draft)


def _assembled(shot: Shot, draft: Draft) -> Plan:
    slots: list[Slot] = []
    labels: list[Label] = []
    number_of: dict[int, int] = {}
    time = 0
    while time < shot.count:
        number = FIRST + len(slots)
        if time in draft.repeats:
            length, replaced, plain = draft.repeats[time]
            slots += [Slot(time - 1) for _ in range(length)]
            how = f"{length} {'in the place of lost ones' if replaced else 'put in'}"
            labels.append(Label(Kind.DUPLICATE, tuple(range(number, number + length)), how=how, plain=plain))
            time += length * replaced
        elif time in draft.drops:
            lost, plain = draft.drops[time]
            labels.append(Label(Kind.DROPPED, (number - 1, number), lost, f"{lost} lost", plain))
            time += lost
        if time < shot.count:
            number_of[time] = FIRST + len(slots)
            late = [draft.late[time]] if time in draft.late else []
            slots.append(Slot(time, draft.edits.get(time, []), late, draft.fates.get(time, "written")))
        time += 1
    for kind, times, how, plain in draft.labels:
        labels.append(Label(kind, tuple(number_of[each] for each in times), how=how, plain=plain))
    weak = {(Kind.BLURRED, number_of[each]) for each in draft.weak}
    meant = {(Kind.DUPLICATE, number_of[each]) for each in _repeats_meant(shot) if each in number_of}
    return Plan(tuple(slots), tuple(sorted(labels, key=lambda label: label.frames)), frozenset(weak | meant))


def _repeats_meant(shot: Shot) -> list[int]:
    """Times of an animation that show again what the time before shows."""
    times = range(1, shot.count) if shot.held else ()
    return [time for time in times if indistinct(shot.picture(float(time - 1)), shot.picture(float(time)))]
