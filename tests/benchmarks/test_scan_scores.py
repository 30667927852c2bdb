"""How findings are held against labels, and how the page of results is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scan_page
from defect_plan import Label, Plan
from scan_scores import MISSED, NOTHING, Tally

from vfi_plugin.repair.finding import Finding, Kind

PLAN = Plan(
    slots=(),
    labels=(
        Label(Kind.DUPLICATE, (1005, 1006)),
        Label(Kind.DROPPED, (1011, 1012), lost=2),
        Label(Kind.TORN, (1020,)),
        Label(Kind.BLURRED, (1030,), plain=False),
    ),
    allowed=frozenset({(Kind.BLURRED, 1040)}),
)


def finding(kind: Kind, *frames: int, lost: int = 0) -> Finding:
    return Finding(kind, frames, 1.0, "so it is", lost)


def tally(*findings: Finding) -> Tally:
    result = Tally()
    result.add("clip", PLAN, findings)
    return result


RIGHT = (
    finding(Kind.DUPLICATE, 1005, 1006),
    finding(Kind.DROPPED, 1011, 1012, lost=2),
    finding(Kind.TORN, 1020),
)


def test_all_right_is_a_precision_and_recall_of_one() -> None:
    told = tally(*RIGHT).as_json()
    assert told["defects"] == 3
    for kind in ("duplicate", "dropped", "torn"):
        assert (told["kinds"][kind]["precision"], told["kinds"][kind]["recall"]) == (1, 1)
    assert told["kinds"]["duplicate"]["wanted"] == 2  # frames
    assert told["drops_with_the_right_number"] == 1
    assert told["confusion"] == {"duplicate": {"duplicate": 2}, "dropped": {"dropped": 1}, "torn": {"torn": 1}}
    assert told["examples"] == []


def test_nothing_found_is_a_recall_of_zero_and_no_precision() -> None:
    row = tally().as_json()["kinds"]["duplicate"]
    assert (row["precision"], row["recall"], row["met"]) == (None, 0, False)
    assert tally().confusion == {("duplicate", MISSED): 2, ("dropped", MISSED): 1, ("torn", MISSED): 1}


def test_half_of_a_run_is_half_a_recall() -> None:
    row = tally(finding(Kind.DUPLICATE, 1005)).as_json()["kinds"]["duplicate"]
    assert (row["precision"], row["recall"]) == (1, 0.5)


@pytest.mark.parametrize("gap", [(1010, 1011), (1012, 1013)])
def test_a_drop_one_frame_off_is_missed_and_false(gap: tuple[int, int]) -> None:
    row = tally(finding(Kind.DROPPED, *gap, lost=2)).as_json()["kinds"]["dropped"]
    assert (row["right"], row["false"]) == (0, 1)


def test_a_drop_with_a_wrong_number_is_found_and_the_number_is_counted_apart() -> None:
    told = tally(finding(Kind.DROPPED, 1011, 1012, lost=1)).as_json()
    assert told["kinds"]["dropped"]["recall"] == 1
    assert told["drops_with_the_right_number"] == 0


def test_one_kind_taken_for_another_is_missed_false_and_in_the_table() -> None:
    found = tally(finding(Kind.FLASH, 1020))
    assert found.confusion["torn", "flash"] == 1
    assert (found.right[Kind.TORN], found.false[Kind.FLASH]) == (0, 1)
    assert (NOTHING, "flash") not in found.confusion


def test_what_is_found_where_nothing_is_stands_in_a_row_of_its_own_with_its_reason() -> None:
    found = tally(*RIGHT, finding(Kind.BLACK, 1050))
    assert found.confusion[NOTHING, "black"] == 1
    assert found.examples == ["clip: false black (1050,): so it is"]


def test_subtle_and_allowed_frames_count_neither_way() -> None:
    found = tally(*RIGHT, finding(Kind.BLURRED, 1030), finding(Kind.BLURRED, 1040))
    row = found.as_json()["kinds"]["blurred"]
    assert (row["defects"], row["wanted"], row["false"]) == (0, 0, 0)
    assert (row["subtle"], row["subtle_found"], row["meant"]) == (1, 1, 1)


def test_joined_counts_are_sums() -> None:
    both = tally(*RIGHT)
    both.join(tally(finding(Kind.FLASH, 1020)))
    assert both.as_json()["kinds"]["torn"]["recall"] == 0.5
    assert both.as_json()["defects"] == 6


def test_the_page_gets_its_tables_and_keeps_its_words(tmp_path: Path) -> None:
    told = tally(*RIGHT, finding(Kind.BLACK, 1050)).as_json()
    clean = [
        {"clip": "calm", "frames": 9, "findings": []},
        {"clip": "wild", "frames": 8, "findings": ["flash 1003: x"]},
    ]
    counts = {"clips": {"made_up": 1, "footage": 1}, "frames": {"made_up": 50, "footage": 40}}
    measured = {**counts, "all": told, "made_up": told, "footage": told, "clean": clean}
    (tmp_path / "scan_quality.json").write_text(json.dumps(measured), "utf-8")
    page = tmp_path / "page.md"
    page.write_text(scan_page.PAGE.read_text("utf-8"), "utf-8")
    scan_page.fill_page(page, tmp_path)
    text = page.read_text("utf-8")
    assert "| duplicate | 1 | 2 | 1.000 (0.95) | 1.000 (0.95) |" in text
    assert "| black | 0 | 0 | 0.000 (0.95, missed) | - (0.95, missed) |" in text
    assert "2 clean clips, 17 frames: findings in 1 of them." in text
    assert "| wild | flash 1003: x |" in text
    before = scan_page.PAGE.read_text("utf-8")
    repaired = [each.split("<!-- repair:begin -->")[1] for each in (before, text)]
    assert repaired[0] == repaired[1]  # there is no new result of it
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables if line.startswith(("| is, called", "| nothing"))}) == 1
    scan_page.fill_page(page, tmp_path)
    assert page.read_text("utf-8") == text
