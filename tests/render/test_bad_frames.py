"""Source frames that are named as bad: never read, and time goes on across them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import material
import numpy as np
import OpenEXR
import pytest
import small_pans

import vfi_plugin as vfi
from vfi_plugin.errors import SettingsMismatchError, UsageError
from vfi_plugin.farm.job import plan_farm_job
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Six frames of a pan, of which the first and the fourth cannot be read."""
    for frame in range(1, 7):
        small_pans.write(tmp_path / "in" / f"pan.{frame}.exr", small_pans.picture(frame))
    for frame in (1, 4):
        (tmp_path / "in" / f"pan.{frame}.exr").write_bytes(b"half a file")
    return str(tmp_path / "in" / "pan.#.exr")


def made(folder: Path, frame: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    planes = material.read_exr(folder / f"out.{frame}.exr")[1]
    return np.stack([planes[name] for name in "RGB"], axis=-1).astype(np.float32)


def test_a_bad_frame_shows_its_own_moment_and_an_end_is_held(source: str, tmp_path: Path) -> None:
    report = vfi.retime(source, tmp_path / "out.#.exr", speed=1, bad_frames="1 4", device="cpu")
    assert report.written == (1, 2, 3, 4, 5, 6)
    assert small_pans.moment_of(made(tmp_path, 4), 4) == pytest.approx(4, abs=0.05)
    np.testing.assert_array_equal(made(tmp_path, 1), made(tmp_path, 2))


def test_a_farm_renders_the_same_range_of_the_source(source: str) -> None:
    job = plan_farm_job(source, "out.#.exr", RetimeOptions(speed=1, bad_frames="1 4"))
    assert ("--in-range=1-6",) in job.render
    assert ("--bad-frames=1 4",) in job.render
    assert len([path for path in job.inputs if path.endswith(".exr")]) == 6


def test_frames_that_were_held_are_not_taken_for_those_made_across(source: str, tmp_path: Path) -> None:
    for frame in (1, 4):
        Path(source.replace("#", str(frame))).unlink()
    vfi.retime(source, tmp_path / "out.#.exr", speed=1, missing="hold", device="cpu")
    with pytest.raises(SettingsMismatchError, match="bad: None there, 4 now"):
        vfi.retime(source, tmp_path / "out.#.exr", speed=1, missing="hold", bad_frames="4", device="cpu")


def test_timecode_begins_where_the_range_does(tmp_path: Path) -> None:
    codes = {frame: OpenEXR.TimeCode(1, 0, 0, frame, *[False] * 6, *[0] * 8) for frame in (1, 2, 3)}
    for frame, code in codes.items():
        header = {"timeCode": code, "framesPerSecond": Fraction(24)}
        small_pans.write(tmp_path / "in" / f"pan.{frame}.exr", small_pans.picture(frame), header)
    vfi.retime(tmp_path / "in" / "pan.#.exr", tmp_path / "out.#.exr", speed=1, bad_frames="1", device="cpu")
    for frame, code in codes.items():
        assert material.read_exr(tmp_path / f"out.{frame}.exr")[0]["timeCode"] == code


@pytest.mark.parametrize(
    ("bad", "said"), [("1-6", "are named as bad; leave good ones"), ("4 7-8", "7-8 lie outside the source")]
)
def test_what_cannot_be_is_said(source: str, bad: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan_retime(source, "out.#.exr", RetimeOptions(speed=1, bad_frames=bad))


def test_no_frame_is_written_over_one_that_is_bad(source: str) -> None:
    with pytest.raises(UsageError, match="is a frame of the source"):
        plan_retime(source, source, RetimeOptions(speed=1, bad_frames="1 4", in_range="1-2"))
