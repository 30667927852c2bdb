"""Reports for other programs: a table, a list of frames, a range."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from vfi_plugin.errors import WriteError
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.report_files import nuke_range, save_csv, save_list
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import parse_range

FINDINGS = (
    Finding(Kind.DUPLICATE, (1005, 1010), 2.5, 'shows, again, "1004"'),
    Finding(Kind.MISSING, (1015, 1016, 1017), 1.0, "no such files"),
    Finding(Kind.BLURRED, (1017, 1018), 1.25, "half the\nstructure\n9999,1"),
    Finding(Kind.DROPPED, (1029, 1030), 1.5, "moves 2x", lost=2),
)
REPORT = ScanReport("a,b\n1,1.####.exr", tuple(range(1001, 1051)), FINDINGS)


def listed(path: Path) -> list[int]:
    """The list as the people who invented it read it: a frame and a count a line, ``#`` begins a comment."""
    lines = [line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    pairs = [tuple(map(int, line.split(","))) for line in lines if line]
    return [frame for first, count in pairs for frame in range(first, first + count)]


def test_the_table_says_of_each_finding_all_that_the_report_does(tmp_path: Path) -> None:
    save_csv(REPORT, tmp_path / "scan.csv")
    with (tmp_path / "scan.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["kind"] for row in rows] == ["duplicate", "missing", "blurred", "dropped"]
    for row, finding in zip(rows, FINDINGS, strict=True):
        assert parse_range(row["frames"]) == finding.frames
        assert (int(row["first"]), int(row["last"])) == (finding.frames[0], finding.frames[-1])
        assert int(row["count"]) == len(finding.frames)
        assert (float(row["score"]), int(row["lost"])) == (finding.score, finding.lost)
        assert row["why"].split() == finding.why.split()
    assert len((tmp_path / "scan.csv").read_text("utf-8").splitlines()) == 1 + len(FINDINGS)


def test_the_list_names_each_frame_to_be_made_once_and_nothing_else(tmp_path: Path) -> None:
    save_list(REPORT, tmp_path / "bad.txt")
    assert listed(tmp_path / "bad.txt") == [1005, 1010, 1015, 1016, 1017, 1018]


def test_the_list_says_what_each_entry_is_and_why(tmp_path: Path) -> None:
    save_list(REPORT, tmp_path / "bad.txt")
    lines = (tmp_path / "bad.txt").read_text("utf-8").splitlines()
    assert "no such files" in lines[lines.index("1015,3") - 1]
    assert any(line.startswith("# dropped 1029-1030: moves 2x") and "2 lost" in line for line in lines)


def test_a_list_of_some_kinds_leaves_the_others_out(tmp_path: Path) -> None:
    save_list(REPORT, tmp_path / "bad.txt", kinds=[Kind.BLURRED])
    assert listed(tmp_path / "bad.txt") == [1017, 1018]


def test_a_range_names_what_is_to_be_made_and_drops_only_where_they_are_asked_for() -> None:
    assert set(parse_range(nuke_range(REPORT))) == {1005, 1010, 1015, 1016, 1017, 1018}
    assert nuke_range(REPORT, [Kind.MISSING]) == "1015-1017"
    assert nuke_range(REPORT, [Kind.DROPPED, Kind.DUPLICATE]) == "1005 1010 1029-1030"
    assert nuke_range(REPORT, []) == nuke_range(ScanReport("a", (1, 2), ())) == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "scan.csv").mkdir()
    with pytest.raises(WriteError, match=r"scan\.csv"):
        save_csv(REPORT, tmp_path / "scan.csv")
