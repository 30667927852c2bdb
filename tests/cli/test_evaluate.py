"""The command as a user runs it, on a set of two triplets."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from tiny_sets import picture, write_frames, write_vimeo

from vfi_plugin.cli.main import main
from vfi_plugin.evaluate.protocol import PROTOCOLS

NAMES = ["00001/0389", "00002/0003"]


@pytest.fixture
def vimeo(tmp_path: Path) -> Path:
    folder = tmp_path / "vimeo_triplet"
    write_vimeo(folder, NAMES, frames=3)
    return folder


def _average_db(look: int) -> float:
    """Of im1 and im3 against im2, whose codes are rounded to the even one at a tie."""
    mixed = np.rint((picture(0, look).astype(float) + picture(2, look)) / 2)
    return 10 * math.log10(255**2 / np.mean((mixed - picture(1, look)) ** 2))


def test_tables_json_and_page_tell_the_same(vimeo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    command = ["evaluate", "vimeo90k", str(vimeo), "--model", "dis", "--classics", "phase", "--progress", "plain"]
    assert main([*command, "--out", str(tmp_path / "out"), "--json", str(report)]) == 0
    text = capsys.readouterr().out
    facts = json.loads(report.read_text())
    average = [_average_db(0), _average_db(1)]
    assert [frame["values"]["average"]["psnr_rgb8"] for frame in facts["frames"]] == pytest.approx(average)
    row = re.search(r"^average +([\d.]+) ", text, re.MULTILINE)
    assert row is not None
    assert float(row[1]) == pytest.approx(sum(average) / 2, abs=0.0051)
    for name in ("dis", "average", "phase"):
        mean = facts["mean"][name]
        digits = f"{mean['psnr_rgb8']['value']:.2f} +{mean['ssim_matlab3d']['value']:.4f}"
        assert re.search(rf"^{name} +{digits} ", text, re.MULTILINE)
    for name in NAMES:
        assert re.search(rf"^{name} +1/2 +[\d.]+ +[\d.]+ +[\d.]+$", text, re.MULTILINE)
    assert "protocol vimeo90k" in text
    assert "2 items where the published set has 3782" in text
    assert "progress: 100% (2/2)" in text
    assert str(tmp_path / "out" / "worst.png") in text
    assert (tmp_path / "out" / "worst.png").is_file()


def test_clips_take_a_factor_a_limit_and_measures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_frames(tmp_path, range(20), name="shot.{:04d}.png")
    command = ["evaluate", "clips", str(tmp_path / "shot.####.png"), "--classics", "none", "--factor", "4"]
    assert main([*command, "--limit", "2", "--measures", "ie_mean_abs, ssim_skimage7"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^mean +ie_mean_abs +ssim_skimage7 +s/frame$", text, re.MULTILINE)
    assert len(re.findall(r"^shot\.####\.png \d+-\d+ +[123]/[24] ", text, re.MULTILINE)) == 6


def test_json_progress_ends_with_the_report(vimeo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "vimeo90k", str(vimeo), "--classics", "none", "--progress", "json"]
    assert main(command) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["begin", "frame", "frame", "end", "report"]
    assert events[-1]["frame_count"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["vimeo90k", "nowhere"], 3, "there is no folder nowhere"),
        (["vimeo90k", "."], 3, "looked for tri_testlist.txt"),
        (["clips", "nothing.mp4"], 3, "no such file"),
        (["vimeo", "."], 2, "did you mean vimeo90k"),
        (["vimeo90k", ".", "--factor", "3"], 2, "got factor 3"),
        (["vimeo90k", ".", "--model", "slomo"], 2, "there is no model 'slomo'"),
        (["clips", "shot.####.png", "--model", "sepconvpp"], 3, "no weights for sepconvpp"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_with_its_exit_code(
    arguments: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VFI_WEIGHTS", str(tmp_path / "imports"))
    if "shot.####.png" in arguments:
        write_frames(tmp_path, range(3), name="shot.{:04d}.png")
    assert main(["evaluate", *arguments]) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_report_without_a_folder_to_lie_in_is_told_before_the_work(
    vimeo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "missing" / "report.json"
    assert main(["evaluate", "vimeo90k", str(vimeo), "--classics", "none", "--json", str(target)]) == 1
    told = capsys.readouterr()
    assert "there is no folder" in told.err
    assert told.out == ""


def test_a_report_that_cannot_be_written_leaves_the_table(
    vimeo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "vimeo90k", str(vimeo), "--classics", "none", "--json", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "could not write" in told.err
    assert re.search(r"^average ", told.out, re.MULTILINE)


def test_the_help_names_every_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in PROTOCOLS)
