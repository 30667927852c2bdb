"""A clip that is judged span by span gets the report that it gets in one piece, and few measures are held at a time."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

import pytest

from vfi_plugin.repair import scan as scan_module
from vfi_plugin.repair.decisions import DECISION_REACH, decide
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.joined_report import joined
from vfi_plugin.repair.measures_folder import PART_FRAMES
from vfi_plugin.repair.scan import decided
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import Cadence, ScanReport
from vfi_plugin.repair.series import Series

from .made_clip import FIRST, MadeClip, Picture, backdrop, series_of, view

FRAMES = 240
TWOS_END, STANDS, DISSOLVE, HOLE, COPIES = 130, 170, range(200, 215), 224, (159, 160)
NUMBERS = tuple(FIRST + place + (3 if place >= HOLE else 0) for place in range(FRAMES))
WIDE = backdrop(3, width=900), backdrop(4, width=900)


def picture(place: int) -> Picture:
    """On twos, a cut, evenly with two copies, at rest; a dissolve to another picture, of which three files are lost."""
    if place < TWOS_END:
        return view(WIDE[0], 6.0 * (place // 2))
    moved = min(place, STANDS) - TWOS_END - sum(copy <= place for copy in COPIES)
    share = min(max((place - DISSOLVE.start + 1) / (len(DISSOLVE) + 1), 0.0), 1.0)
    earlier, later = (view(wide, 3.0 * moved) for wide in WIDE[::-1])
    return (1 - share) * earlier + share * later


@pytest.fixture(scope="module")
def clip() -> MadeClip:
    return MadeClip(picture, FRAMES, NUMBERS)


@pytest.fixture(scope="module")
def series(clip: MadeClip) -> Series:
    return series_of(clip)


def parts_of(series: Series, length: int = PART_FRAMES) -> Iterator[Series]:
    for start in range(0, FRAMES, length):
        yield series.between(NUMBERS[start], NUMBERS[min(start + length, FRAMES) - 1])


def without_cadences(report: ScanReport) -> tuple[object, ...]:
    context = report.context
    return report.numbers, report.findings, context.cuts, context.dissolves, report.scores


@pytest.mark.parametrize("frames", [16, 80, 208, 224])
def test_spans_give_the_report_of_the_whole(
    clip: MadeClip, series: Series, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decide(series, ScanOptions()).between(NUMBERS[0], NUMBERS[-1])
    repeats = [NUMBERS.index(frame) for frame in whole.frames_of(Kind.DUPLICATE)]
    assert repeats == [*range(1, TWOS_END, 2), *COPIES]
    assert whole.frames_of(Kind.MISSING) == (FIRST + HOLE, FIRST + HOLE + 1, FIRST + HOLE + 2)
    assert len(whole.context.dissolves) == 1
    monkeypatch.setattr(scan_module, "DECIDED_FRAMES", frames)
    report = joined(decided(parts_of(series), clip, range(FRAMES), ScanOptions()))
    assert without_cadences(report) == without_cadences(whole)
    (twos,) = report.context.cadences
    assert (twos.pattern, twos.first) == ((2,), FIRST)
    assert abs(twos.last - (FIRST + TWOS_END - 1)) <= 2


def test_no_more_is_held_than_decides_on_a_span(
    clip: MadeClip, series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    length = most = 16
    alive: weakref.WeakSet[Measured] = weakref.WeakSet()

    class Measured(Series):
        __hash__ = object.__hash__

    def measured() -> Iterator[Series]:
        nonlocal most
        for part in parts_of(series, length):
            made = Measured(**vars(part))
            del part
            alive.add(made)
            most = max(most, length * len(alive))
            yield made
            del made

    monkeypatch.setattr(scan_module, "DECIDED_FRAMES", 32)
    joined(decided(measured(), clip, range(FRAMES), ScanOptions()))
    # A part is held whole, at either end and the one that is being made.
    assert 32 < most <= 32 + 2 * DECISION_REACH + 3 * length < FRAMES


def report_with(*cadences: Cadence) -> ScanReport:
    report = ScanReport("clip", (1,), ())
    return ScanReport("clip", (1,), (), context=type(report.context)(cadences=cadences))


@pytest.mark.parametrize(
    ("later", "pieces"),
    [
        (Cadence((2, 3), 51, 200), 1),  # ten whole turns after the first
        (Cadence((3, 2), 53, 200), 1),  # and one picture on
        (Cadence((2, 3), 53, 200), 2),  # out of step
        (Cadence((2, 3), 101, 200), 2),  # does not overlap
        (Cadence((1, 1, 1, 2), 51, 200), 2),
    ],
)
def test_a_cadence_goes_on_only_in_step(later: Cadence, pieces: int) -> None:
    report = joined([report_with(Cadence((2, 3), 1, 100)), report_with(later)])
    assert len(report.context.cadences) == pieces
    if pieces == 1:
        assert report.context.cadences == (Cadence((2, 3), 1, 200),)
