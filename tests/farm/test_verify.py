from __future__ import annotations

import shutil
from pathlib import Path

import material
import numpy as np
import pytest

import vfi_plugin
from vfi_plugin.cli.main import main
from vfi_plugin.errors import EXIT_FAILED, EXIT_INPUT, EXIT_USAGE
from vfi_plugin.farm.verify import verify_frames

from .small_job import OUTPUTS, clip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source in ``in`` and all 32 frames in ``out``."""
    folder = tmp_path_factory.mktemp("verify")
    vfi_plugin.retime(clip(folder / "in"), folder / "out" / "slow.####.exr", length=len(OUTPUTS), method="frame")
    return folder


@pytest.fixture
def frames(done: Path, tmp_path: Path) -> Path:
    """A copy of the frames, to be spoiled."""
    return shutil.copytree(done / "out", tmp_path / "out")


def complaint(frames: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = main(["farm", "verify", str(frames / "slow.####.exr"), *options])
    said = capsys.readouterr()
    assert len((said.out + said.err).splitlines()) == 1
    return code, said.err


def test_all_frames_that_the_plan_had_are_found(frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify_frames(frames / "slow.####.exr")
    assert found.frames == tuple(OUTPUTS)
    assert main(["farm", "verify", str(frames / "slow.####.exr"), "--expect", found.digest]) == 0
    assert capsys.readouterr().out == f"1001-1032, 32 in all, are whole and of one plan ({found.digest})\n"


def test_missing_frames_are_named_also_the_last_ones(frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1003, 1004, 1032):
        (frames / f"slow.{number}.exr").unlink()
    code, said = complaint(frames, capsys)
    assert code == EXIT_INPUT
    assert "frames 1003-1004 1032 are missing" in said


def test_frames_that_were_not_asked_for_may_be_missing(frames: Path) -> None:
    (frames / "slow.1003.exr").unlink()
    assert verify_frames(frames / "slow.####.exr", "1001-1002 1004-1010").frames == (1001, 1002, *range(1004, 1011))


def test_broken_frames_are_named(frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (frames / "slow.1007.exr").read_bytes()
    (frames / "slow.1007.exr").write_bytes(whole[: len(whole) // 2])
    (frames / "slow.1009.exr").write_bytes(b"")
    code, said = complaint(frames, capsys)
    assert code == EXIT_INPUT
    assert "frames 1007 1009 are broken" in said


def test_frames_of_another_plan_are_named(done: Path, frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {"length": len(OUTPUTS), "method": "frame", "cuts": "off", "frames": "1005-1006", "overwrite": True}
    vfi_plugin.retime(done / "in" / "pan.####.exr", frames / "slow.####.exr", **other)
    shutil.copy(done / "in" / "pan.1001.exr", frames / "slow.1030.exr")
    code, said = complaint(frames, capsys)
    assert code == EXIT_FAILED
    assert "frames 1030 were not made by vfi retime" in said
    assert "frames 1005-1006 were made with settings" in said


def test_a_digest_that_no_frame_has_fails_for_all(frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = complaint(frames, capsys, "--expect", "cafe")
    assert code == EXIT_FAILED
    assert "frames 1001-1032 were made with settings" in said
    assert "not cafe" in said


def test_frames_whose_settings_say_nothing_promise_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, settings in enumerate(("garbage", "[1]", "{}"), 1001):
        planes = {"R": np.zeros((16, 16), np.float16)}
        material.write_exr(tmp_path / f"slow.{number}.exr", planes, {"vfi/settings": settings})
    code, said = complaint(tmp_path, capsys)
    assert code == EXIT_INPUT
    assert "no frame made by vfi retime" in said


def test_a_movie_and_an_empty_folder_are_told_from_frames(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["farm", "verify", str(tmp_path / "slow.mov")]) == EXIT_USAGE
    capsys.readouterr()
    code, said = complaint(tmp_path, capsys)
    assert code == EXIT_INPUT
    assert "--frames" in said
    code, said = complaint(tmp_path, capsys, "--frames=-2-1")
    assert "frames -2-1 are missing" in said
