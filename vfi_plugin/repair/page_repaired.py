"""What a repaired clip says of the frames in it that were made anew, read from their headers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute
from vfi_plugin.media.clip import Clip
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.job import REPAIR
from vfi_plugin.repair.scan_report import ScanReport

_TOLD = {REPAIR: "repair", "vfi/source": "source position", "vfi/frames": "from", "vfi/model": "model"}
"""Header entries that a page shows, and what it calls them."""


_SPREAD = "spread"
"""What the header entry of a frame begins with that was moved to make the motion around a drop even."""


@dataclass(frozen=True)
class RepairedFrame:
    """A frame that was made anew.

    Attributes:
        number: in the repaired clip.
        place: what it shows, in the source's numbers, not always whole: 1029.5 lies between two frames.
        stands_for: number of the source's frame in whose place it is, there or missing; None for one that was put in.
        before: the same where the source has it, else None.
        told: (what, text) of its header.
    """

    number: int
    place: float
    stands_for: int | None
    before: int | None
    told: tuple[tuple[str, str], ...] = ()

    @property
    def is_spread(self) -> bool:
        """Whether it only makes the motion around a drop even."""
        return any(what == "repair" and text.startswith(_SPREAD) for what, text in self.told)


def repaired_frames(
    repaired: Clip, source: Sequence[int], report: ScanReport, check: Callable[[], None]
) -> tuple[RepairedFrame, ...]:
    """The frames of a repaired clip that say they were made, ascending.

    A repaired clip that begins and ends with the source's numbers has a frame in the place of each; in another, frames
    were put in or taken out, and the source position in a header says which frame it stands for.

    Where none says so, as in a movie, which has no header a frame, those that the report's findings name are taken.

    Args:
        repaired: the clip after the repair.
        source: numbers of the clip before it.
        report: what was found.
        check: called between frames; raises to stop.
    """
    in_place = (repaired.numbers[0], repaired.numbers[-1]) == (source[0], source[-1])
    there = frozenset(source)
    found = []
    for number in repaired.numbers:
        check()
        attributes = _attributes(repaired, number)
        if REPAIR in attributes:
            place = _place(attributes, number)
            stood = number if in_place else int(place) if place == int(place) else None
            found.append(RepairedFrame(number, place, stood, stood if stood in there else None, _told(attributes)))
    if found:
        return tuple(found)
    named = sorted(set(report.frames_of()) & set(repaired.numbers)) if in_place else []
    drops = {frame for finding in report.of_kind(Kind.DROPPED) for frame in finding.frames}
    good = drops - {
        frame for finding in report.findings if finding.kind is not Kind.DROPPED for frame in finding.frames
    }
    return tuple(RepairedFrame(n, n, n, n if n in there else None) for n in named if n not in good)


def _attributes(clip: Clip, number: int) -> Mapping[str, Attribute]:
    try:
        return clip.header(number)[0].attributes
    except UnreadableImageError:
        return {}


def _place(attributes: Mapping[str, Attribute], number: int) -> float:
    """The source position in the header, or the number itself where that says something else."""
    told = attributes.get("vfi/source")
    try:
        place = float(told.value) if told is not None else math.nan
    except (TypeError, ValueError):
        return number
    return place if math.isfinite(place) else number


def _told(attributes: Mapping[str, Attribute]) -> tuple[tuple[str, str], ...]:
    return tuple((said, str(attributes[name].value)) for name, said in _TOLD.items() if name in attributes)
