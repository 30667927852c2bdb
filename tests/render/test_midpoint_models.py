"""Networks that know the middle of a pair alone: what the plan and the frames say of the times they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt
import pytest
from calm_networks import calm_weights

from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime, retime_with

Planes = dict[str, npt.NDArray[Any]]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> RetimeOptions:
    weights = calm_weights("sepconv", tmp_path_factory.mktemp("weights"))
    return RetimeOptions(speed="0.2", model="sepconv", weights=str(weights), device="cpu", cuts="off")


def test_the_plan_says_that_times_are_rounded_and_how(options: RetimeOptions, tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    job = plan_retime(source, tmp_path / "out.####.exr", options)
    with job.clip:
        assert any("nearest 1/8, by halving" in line for line in job.description())


def test_the_filter_that_is_asked_for_samples_at_every_time(tmp_path: Path) -> None:
    weights = calm_weights("figan", tmp_path)
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    frames: dict[str, list[Planes]] = {}
    for taps in ("linear", "cubic"):
        options = RetimeOptions(
            speed="0.25", model="figan", weights=str(weights), device="cpu", cuts="off", filter=taps
        )
        retime_with(source, tmp_path / taps / "out.####.exr", options)
        frames[taps] = [material.read_exr(tmp_path / taps / f"out.{number}.exr")[1] for number in (1002, 1003, 1004)]
    for linear, cubic in zip(frames["linear"], frames["cubic"], strict=True):
        assert not np.array_equal(linear["G"], cubic["G"])


def test_a_frame_says_which_time_was_asked_for_and_which_was_made(options: RetimeOptions, tmp_path: Path) -> None:
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    retime_with(source, tmp_path / "out.####.exr", options)
    told = {}
    for number in (1001, 1002, 1003):
        header = material.read_exr(tmp_path / f"out.{number}.exr")[0]
        told[number] = header["vfi/t"], header.get("vfi/t_made")
    assert told == {1001: ("0.0", None), 1002: ("0.2", "0.25"), 1003: ("0.4", "0.375")}
