"""What is wrong, as people and scans say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.repair.bad_frames import BadFrames, Drop, parse_kinds, read_list
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.scan_report import Context, ScanReport


def test_a_list_is_read_as_people_write_it() -> None:
    text = "# broken by the recorder\n\n1040,1\n1015, 3   # three files missing\n1050\n1060-1062\n-5,2\n"
    assert list(BadFrames.of_list(text).frames) == [-5, -4, 1015, 1016, 1017, 1040, 1050, 1060, 1061, 1062]


@given(st.lists(st.tuples(st.integers(-2000, 2000), st.integers(1, 9)), min_size=1, max_size=20))
def test_every_counted_run_is_found_in_any_order(runs: list[tuple[int, int]]) -> None:
    text = "\n".join(f"{first},{count} # {first}" for first, count in runs)
    wanted = {first + more for first, count in runs for more in range(count)}
    assert list(BadFrames.of_list(text).frames) == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1040,1\n1041;1", "line 2"),
        ("1040,0", "1 or more"),
        ("1040,-2", "line 1"),
        ("1050,99999999", "line 1"),
        ("# nothing\n", "names no frame"),
        ("one", "'one'"),
    ],
)
def test_a_line_that_is_no_frame_is_named(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        BadFrames.of_list(text)


def test_a_list_that_is_not_there_or_no_text_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"bad\.txt"):
        read_list(tmp_path / "bad.txt")
    (tmp_path / "picture.txt").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="no text"):
        read_list(tmp_path / "picture.txt")


def report(*findings: Finding, numbers: tuple[int, ...] = (), cuts: tuple[int, ...] = ()) -> ScanReport:
    return ScanReport("clip", numbers, findings, Context(cuts=cuts))


def test_findings_that_were_not_chosen_are_avoided_not_repaired() -> None:
    found = report(Finding(Kind.BLURRED, (5,), 1, ""), Finding(Kind.DUPLICATE, (8, 9), 1, ""))
    bad = BadFrames.of_report(found, {Kind.DUPLICATE})
    assert dict(bad.frames) == {8: Kind.DUPLICATE, 9: Kind.DUPLICATE}
    assert bad.avoided == {5}
    assert bad.unusable == {5, 8, 9}


def test_a_frame_with_two_findings_is_more_than_a_repeat() -> None:
    found = report(Finding(Kind.DUPLICATE, (5,), 1, ""), Finding(Kind.NOT_FINITE, (5,), 1, ""))
    assert BadFrames.of_report(found).frames[5] is Kind.NOT_FINITE


def test_a_drop_is_time_lost_before_the_second_of_its_frames() -> None:
    found = report(Finding(Kind.DROPPED, (29, 30), 1, "", lost=2))
    bad = BadFrames.of_report(found)
    assert bad.drops == (Drop(30, 2),)
    assert not bad.frames
    assert BadFrames.of_report(found, {Kind.BLACK}).drops == ()


def test_only_a_scan_that_looked_has_told_that_there_are_no_cuts() -> None:
    assert BadFrames.of_report(report()).cuts is None
    assert BadFrames.of_report(report(numbers=(1, 2, 3))).cuts == ()
    assert BadFrames.of_report(report(cuts=(7, 3))).cuts == (3, 7)


def test_kinds_are_named_or_refused_with_the_names_there_are() -> None:
    assert parse_kinds("duplicate, nan") == {Kind.DUPLICATE, Kind.NOT_FINITE}
    with pytest.raises(UsageError, match="blurry"):
        parse_kinds("duplicate,blurry")
