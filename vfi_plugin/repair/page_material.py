"""What a page is written from: the frames it has room for are chosen and read, of the source and of the repaired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.page_cards import Pictures
from vfi_plugin.repair.page_pictures import Box, Viewer
from vfi_plugin.repair.page_repaired import RepairedFrame, repaired_frames
from vfi_plugin.repair.page_strips import Cell, strip, with_pictures
from vfi_plugin.repair.scan_report import ScanReport

MOST_SMALL = 1500
"""Pictures in strips: those of some 300 findings by themselves."""

MOST_WIPES = 80
"""Frames that are shown before and after."""

SMALL = Box(224, 144, 8_000)
"""Of a picture in a strip: shown 150 px wide, with some more for screens of a high density."""

LARGE = Box(960, 720, 80_000)
"""Of a picture under a wipe."""


@dataclass(frozen=True)
class Material:
    """All that a page is written from.

    Attributes:
        report: what was found.
        numbers: of the source's frames.
        strips: a finding and its cells, in the report's order.
        without: findings that got no pictures to keep the page small.
        made: repaired frames.
        pictures: what was read.
        gain: exposure that they are shown at.
    """

    report: ScanReport
    numbers: tuple[int, ...]
    strips: tuple[tuple[Finding, tuple[Cell, ...]], ...]
    without: int
    made: tuple[RepairedFrame, ...]
    pictures: Pictures
    gain: float


def read_material(report: ScanReport, viewer: Viewer, after: Viewer | None, check: Callable[[], None]) -> Material:
    """Chooses what is shown and reads it.

    Args:
        report: what was found.
        viewer: of the source.
        after: of the repaired clip, where there is one; shown at the source's exposure.
        check: called between frames; raises to stop.
    """
    numbers = viewer.clip.numbers
    strips = tuple((finding, strip(finding, numbers[0], numbers[-1])) for finding in report.findings)
    small, without = with_pictures(strips, MOST_SMALL)
    made = () if after is None else repaired_frames(after.clip, numbers, report, check)
    wiped = _wiped(made, report.findings)
    before = frozenset(frame.before for frame in wiped if frame.before is not None)
    wanted = sorted((small | before) & set(numbers))
    viewer = viewer.metered(wanted, check)
    pictures = Pictures()
    _read_source(viewer, wanted, (small, before), pictures, check)
    if after is not None:
        _read_after(replace(after, gain=viewer.gain), sorted(frame.number for frame in wiped), pictures, check)
    return Material(report, numbers, strips, without, made, pictures, viewer.gain)


def _wiped(made: Sequence[RepairedFrame], findings: Sequence[Finding]) -> list[RepairedFrame]:
    """Those of the repaired frames that are shown: one of each finding, then the second of each, up to MOST_WIPES."""
    mended, others = mended_by(made, findings)
    groups = [*mended, others]
    ranked = sorted((rank, place) for place, group in enumerate(groups) for rank in range(len(group)))
    chosen = {groups[place][rank].number: groups[place][rank] for rank, place in ranked}
    return list(chosen.values())[:MOST_WIPES]


def mended_by(
    made: Sequence[RepairedFrame], findings: Sequence[Finding]
) -> tuple[list[list[RepairedFrame]], list[RepairedFrame]]:
    """The repaired frames that mend each finding, as many lists as findings, and those that mend none."""
    of_frame: dict[int, list[int]] = defaultdict(list)
    for place, finding in enumerate(findings):
        for number in () if finding.kind is Kind.DROPPED else finding.frames:
            of_frame[number].append(place)
    drops = [(place, finding) for place, finding in enumerate(findings) if finding.kind is Kind.DROPPED]
    mended: list[list[RepairedFrame]] = [[] for _ in findings]
    others = []
    for frame in made:
        named = of_frame.get(frame.stands_for, ()) if frame.stands_for is not None else ()
        places = {*named, *_drops_mended(frame, drops)}
        for place in places:
            mended[place].append(frame)
        if not places:
            others.append(frame)
    return mended, others


def _drops_mended(frame: RepairedFrame, drops: Sequence[tuple[int, Finding]]) -> list[int]:
    """Those with the frame in their gap; of one that makes motion even around a drop, the nearest."""
    if frame.is_spread:
        near = min(drops, key=lambda drop: abs(drop[1].frames[0] + 0.5 - frame.number), default=None)
        return [] if near is None else [near[0]]
    return [place for place, drop in drops if drop.frames[0] < frame.place < drop.frames[-1]]


def _read_source(
    viewer: Viewer,
    wanted: Sequence[int],
    sizes: tuple[frozenset[int], frozenset[int]],
    pictures: Pictures,
    check: Callable[[], None],
) -> None:
    small, large = sizes
    for shown in viewer.shown(wanted, check):
        if shown.fault:
            pictures.faults[shown.number] = shown.fault
            continue
        if shown.number in small:
            pictures.small[shown.number] = shown.jpeg(SMALL)
        if shown.number in large:
            pictures.before[shown.number] = shown.jpeg(LARGE)


def _read_after(viewer: Viewer, wanted: Sequence[int], pictures: Pictures, check: Callable[[], None]) -> None:
    for shown in viewer.shown(wanted, check):
        if shown.fault:
            pictures.faults_after[shown.number] = shown.fault
        else:
            pictures.after[shown.number] = shown.jpeg(LARGE)
