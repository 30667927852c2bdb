from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import material
import pytest

from vfi_plugin.cli.main import main
from vfi_plugin.cli.progress_display import (
    STYLES,
    BarDisplay,
    FarmDisplay,
    JsonDisplay,
    OpenJdDisplay,
    PlainDisplay,
    display,
)
from vfi_plugin.render.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _tell(progress: Progress, total: int = 3) -> None:
    progress.begin(total, "2 in, 3 out")
    for done in range(1, total + 1):
        progress.frame_done(done, total, f"slow.{1000 + done}.exr")
    progress.note("a cut was held")
    progress.end("3 written")


def test_plain_lines_have_a_time_a_percentage_and_the_file() -> None:
    said = io.StringIO()
    _tell(PlainDisplay(said))
    lines = said.getvalue().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    assert [line[9:] for line in lines] == [
        "2 in, 3 out",
        "rendering 3 frames",
        "progress: 33% (1/3) slow.1001.exr",
        "progress: 66% (2/3) slow.1002.exr",
        "progress: 100% (3/3) slow.1003.exr",
        "note: a cut was held",
        "3 written",
    ]


def test_plain_says_100_percent_only_when_all_is_done() -> None:
    said = io.StringIO()
    PlainDisplay(said).frame_done(999, 1000, "slow.1999.exr")
    assert " 99% " in said.getvalue()


def test_json_lines_are_objects_with_an_event() -> None:
    said = io.StringIO()
    _tell(JsonDisplay(said))
    events = [json.loads(line) for line in said.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["begin", "frame", "frame", "frame", "note", "end"]
    assert events[0] == {"event": "begin", "total": 3, "plan": "2 in, 3 out"}
    assert events[2] == {"event": "frame", "done": 2, "total": 3, "file": "slow.1002.exr"}


def test_openjd_lines_are_those_of_its_specification() -> None:
    """ "openjd_progress: <0 to 100>" and "openjd_status: <text>", each at the start of a line."""
    said = io.StringIO()
    _tell(OpenJdDisplay(said), total=4)
    progress = re.findall(r"^openjd_progress: ([\d.]+)$", said.getvalue(), re.MULTILINE)
    assert [float(text) for text in progress] == [25, 50, 75, 100]
    assert len(re.findall(r"^openjd_status: \d/4 slow", said.getvalue(), re.MULTILINE)) == 4


def test_farm_lines_are_found_by_deadline_and_by_opencue() -> None:
    said = io.StringIO()
    _tell(FarmDisplay(said), total=40)
    lines = [line for line in said.getvalue().splitlines() if "%" in line]
    by_deadline = [re.fullmatch(r".*Progress: (\d+)%.*", line) for line in lines]
    assert [int(found[1]) for found in by_deadline if found] == [done * 100 // 40 for done in range(1, 41)]
    # CueGUI: the three characters before the first percent sign, on a line with a time.
    assert [int(line[line.index("%") - 3 : line.index("%")]) for line in lines] == [d * 100 // 40 for d in range(1, 41)]
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)


def test_openjd_is_told_why_a_task_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["retime", str(tmp_path / "none.####.exr"), str(tmp_path / "slow.####.exr"), "--speed", "0.5"]
    for style, told in (("openjd", 1), ("plain", 0)):
        assert main([*words, "--progress", style]) == 3
        said = capsys.readouterr()
        reason = said.err.removeprefix("vfi retime: ")
        assert said.out == f"openjd_fail: {reason}" * told


def test_the_bar_redraws_one_line_and_fills_it() -> None:
    said = io.StringIO()
    _tell(BarDisplay(said))
    drawn = [piece for piece in said.getvalue().split("\r") if "/3" in piece]
    assert [piece.count("█") for piece in drawn] == [0, 10, 21, 32]
    assert all(piece.count("█") + piece.count("░") == 32 for piece in drawn)
    assert said.getvalue().endswith("3 written\n")
    assert not said.getvalue().removesuffix("\n").endswith("█")


def test_the_bar_draws_nothing_where_there_is_nothing_to_do() -> None:
    said = io.StringIO()
    bar = BarDisplay(said)
    bar.begin(0, "all there")
    assert "░" not in said.getvalue()


def test_auto_is_a_bar_on_a_terminal_and_plain_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", _Terminal())
    assert isinstance(display("auto"), BarDisplay)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert type(display("auto")) is PlainDisplay


@pytest.mark.parametrize("style", STYLES)
def test_a_real_retime_tells_of_every_frame_in_every_style(
    style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = material.pan(64, 48, count=2).write(tmp_path / "in")
    target = tmp_path / "out" / "slow.####.exr"
    assert main(["retime", pattern, str(target), "--speed", "0.5", "--progress", style]) == 0
    said = capsys.readouterr().out
    assert all(f"slow.{number}.exr" in said for number in (1001, 1002, 1003))
    assert "2 in, 3 out" in said
