"""``vfi repair`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import small_pans as pans

from vfi_plugin.cli.main import main


@pytest.fixture
def pan(tmp_path: Path) -> str:
    return pans.write_moments(tmp_path / "in", range(1001, 1009))


def test_a_dry_run_prints_a_line_for_every_changed_frame(
    tmp_path: Path, pan: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "out" / "pan.####.exr")
    assert main(["repair", pan, target, "--frames", "1003 1008", "--dry-run", "--model", "dis"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "8 in, 8 out, 1001-1008: 2 repaired, 6 untouched"
    assert "1003 listed: made from 1002 and 1004 at 1/2" in said
    assert any(line.startswith("1008 listed: extrapolated from 1006 and 1007") for line in said)
    assert not (tmp_path / "out").exists()


def test_the_plan_comes_before_the_work_and_what_was_done_after(
    tmp_path: Path, pan: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("1004,2  # two in a row\n")
    target = str(tmp_path / "out" / "pan.####.exr")
    words = ["repair", pan, target, "--list", str(bad), "--method", "blend", "--keep", "copy"]
    assert main([*words, "--report-out", str(tmp_path / "done.json"), "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    texts = [str(event.get("text", "")) for event in events]
    planned = texts.index("1004 listed: mixed from 1003 and 1006 at 1/3")
    made = next(at for at, event in enumerate(events) if event["event"] == "frame")
    assert planned < made
    assert [entry["number"] for entry in events[-1]["frames"]] == [1004, 1005]
    assert json.loads((tmp_path / "done.json").read_text())["keep"] == "copy"


def test_a_page_shows_what_was_found_and_what_became_of_it(tmp_path: Path, pan: str) -> None:
    report, page = tmp_path / "scan.json", tmp_path / "page.html"
    report.write_text(json.dumps({"findings": [{"kind": "blurred", "frames": [1004]}], "frames": "1001-1008"}))
    words = ["repair", pan, str(tmp_path / "out" / "pan.####.exr"), "--report", str(report), "--html", str(page)]
    assert main([*words, "--method", "blend"]) == 0
    shown = page.read_text("utf-8")
    assert "blurred: mixed from 1003 and 1005" in shown  # what the header of the repaired frame says


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--frames", "1003", "--html", "page.html"], 2, "--report"),
        ([], 2, "exactly one of a report, a list and frames"),
        (["--frames", "1003", "--list", "x"], 2, "exactly one"),
        (["--list", "nowhere.txt"], 3, "nowhere.txt"),
        (["--report", "nowhere.json"], 3, "nowhere.json"),
        (["--frames", "1003", "--strength", "0"], 2, "strength"),
        (["--frames", "1003", "--kinds", "blurry"], 2, "blurry"),
        (["--frames", "1003", "--backup", "x"], 2, "in place"),
        (["--frames", "1003", "--channels", "rgb", "--channel", "R=drop"], 2, "channels"),
        (["--frames", "1002-1007", "--max-gap", "3"], 2, "--force"),
        (["--frames", "2001"], 2, "2001"),
        (["--frames", "1003", "--model", "nothing"], 2, "nothing"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, pan: str, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    assert main(["repair", pan, str(tmp_path / "out" / "pan.####.exr"), *words]) == code
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
