"""What stands in the commands of a job: all options of the retime, read back by the parser that will read them."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from vfi_plugin.cli.main import build_parser
from vfi_plugin.cli.retime import options_of
from vfi_plugin.errors import SettingsMismatchError, UsageError
from vfi_plugin.farm.command import CHUNK, FRAMES, OPTION_FILES, PROGRESS, filled, render_words
from vfi_plugin.farm.job import absolute_path, job_title, plan_farm_job, split_path
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.stamp import settings_digest
from vfi_plugin.timing.time_map import TimeMap

from .small_job import clip, job_of

ALL = RetimeOptions(
    time_map="ramp.csv",
    map_node="Kronos 1",
    in_range="1001-1010",
    frames="1-10x3",
    start=-7,
    method="blend",
    filter="linear",
    model="rife",
    weights="flow net.pkl",
    device="cuda:1",
    precision="float16",
    memory_gb=4.5,
    channels="R,G,B",
    channel_rules=("vel.*=motion,units=ndc", "it's=colour"),
    channels_map="rules.yaml",
    colorspace="ARRI LogC3 (EI800)",
    config="show.ocio",
    path="straight",
    cuts="1031 1066",
    ends="extrapolate",
    missing="hold",
    shutter="0.5",
    samples=32,
    shutter_offset="-0.25",
    overwrite=True,
)
VECTORS = RetimeOptions(speed="1", in_range="1001-1010", vectors=True, vectors_from="vec.####.exr")
VECTORS_ALONE = RetimeOptions(
    speed="1", in_range="1001-1010", vectors_only=True, detail=0.5, bad_frames="1003 1005-1006"
)
TIMINGS: tuple[dict[str, Any], ...] = (
    {"fps": "24000/1001", "source_fps": "25"},
    {"length": 32, "rate": "25"},
    {"speed": "-100%"},
)


def read_back(options: RetimeOptions) -> tuple[RetimeOptions, argparse.Namespace]:
    values = {place: str(getattr(options, name)) for name, place in OPTION_FILES.items()}
    words = [word for word in render_words(options, "1001-1010", "cafe") if word[0] not in values]
    texts = filled(words[4:], {**values, CHUNK: "-8--5", PROGRESS: "farm"})
    args = build_parser().parse_args(["retime", "in.####.exr", "out.####.exr", *texts])
    return options_of(args), args


@pytest.mark.parametrize("timing", [{}, *TIMINGS], ids=["map", "fps", "length", "speed"])
def test_every_option_reaches_the_task(timing: dict[str, Any]) -> None:
    given = replace(ALL, **({"time_map": None, "map_node": None} | timing if timing else {}))
    got, args = read_back(given)
    assert got == replace(given, frames="-8--5")
    assert (args.expect, args.progress) == ("cafe", "farm")


@pytest.mark.parametrize("given", [VECTORS, VECTORS_ALONE], ids=["with", "alone"])
def test_every_option_on_vectors_reaches_the_task(given: RetimeOptions) -> None:
    assert read_back(given)[0] == replace(given, frames="-8--5")


def test_the_list_of_options_above_is_complete() -> None:
    lists = (ALL, VECTORS, VECTORS_ALONE)
    told = {field.name for field in fields(ALL) for each in lists if getattr(each, field.name) != field.default}
    timings = {name for timing in TIMINGS for name in timing}
    assert told | timings | {"expect"} == {field.name for field in fields(ALL)}


def test_a_built_in_config_is_a_name_and_no_file() -> None:
    options = RetimeOptions(speed=1, config="ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3")
    assert (f"--config={options.config}",) in render_words(options, "1-2", "cafe")


def test_the_commands_make_the_plan_whose_digest_they_carry(tmp_path: Path) -> None:
    """Also where the source has grown since: the range of the source is pinned."""
    source = clip(tmp_path / "in")
    job = job_of(source, tmp_path / "slow.####.exr")
    assert ("--in-range=1001-1016",) in job.render
    (tmp_path / "in" / "pan.1017.exr").write_bytes((tmp_path / "in" / "pan.1016.exr").read_bytes())
    words = filled(job.render, {**job.values, CHUNK: "1005-1008", PROGRESS: "plain"})
    args = build_parser().parse_args(words[1:])
    planned = plan_retime(args.source, args.target, replace(options_of(args), expect=args.expect))
    assert planned.settings == job.settings
    assert planned.plan.wanted == {1005, 1006, 1007, 1008}


def test_a_task_with_another_plan_stops_before_it_writes(tmp_path: Path) -> None:
    source, target = clip(tmp_path / "in"), tmp_path / "out" / "slow.####.exr"
    digest = settings_digest(job_of(source, target).settings)
    for changed in ({"speed": 0.25}, {"speed": 0.5, "cuts": "off"}):
        with pytest.raises(SettingsMismatchError, match=f"digest {digest} are expected"):
            plan_retime(source, target, RetimeOptions(**changed, method="frame", expect=digest))
    assert not target.parent.exists()


def test_a_config_counts_by_its_content_wherever_a_machine_has_it(tmp_path: Path) -> None:
    source = clip(tmp_path / "in")
    settings = []
    for folder, text in (("here", "a"), ("there", "a"), ("changed", "b")):
        config = tmp_path / folder / "show.ocio"
        config.parent.mkdir()
        config.write_text(f"{CONFIG}# {text}\n", encoding="utf-8")
        settings.append(job_of(source, tmp_path / "slow.####.exr", config=str(config)).settings)
    assert settings[0] == settings[1] != settings[2]


CONFIG = """ocio_profile_version: 1
roles:
  default: lin
  scene_linear: lin
displays:
  screen:
    - !<View> {name: plain, colorspace: lin}
colorspaces:
  - !<ColorSpace>
    name: lin
  - !<ColorSpace>
    name: sRGB
    to_reference: !<ExponentTransform> {value: [2.2, 2.2, 2.2, 1]}
"""


def test_the_frames_that_were_asked_for_are_those_of_the_job(tmp_path: Path) -> None:
    job = job_of(clip(tmp_path / "in"), tmp_path / "slow.####.exr", frames="1001-1010x3")
    assert job.frames == (1001, 1004, 1007, 1010)
    assert not job.is_gapless
    assert job.name == "retime slow"
    assert any(FRAMES in word for word in job.verify)


@pytest.mark.parametrize(
    ("options", "why"),
    [({"target": "slow.mov", "fps": 24, "source_fps": 24}, "one machine"), ({"chunk_size": 0}, "chunk size of 0")],
    ids=["movie", "chunk"],
)
def test_what_no_farm_can_do_is_refused(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    target = tmp_path / str(options.pop("target", "slow.####.exr"))
    size = {"chunk_size": options.pop("chunk_size")} if "chunk_size" in options else {}
    with pytest.raises(UsageError, match=why):
        plan_farm_job(clip(tmp_path / "in"), target, RetimeOptions(**(options or {"speed": 1})), **size)


def test_a_time_map_in_memory_is_refused_with_the_way_to_give_it(tmp_path: Path) -> None:
    options = RetimeOptions(time_map=TimeMap.constant(0.5, first=1001, last=1016))
    with pytest.raises(UsageError, match="to_file"):
        plan_farm_job(clip(tmp_path / "in"), tmp_path / "slow.####.exr", options)


@pytest.mark.parametrize("name", ["two\nlines", "bytes\udcff"])
def test_names_that_job_files_cannot_carry_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="use another name"):
        job_of(clip(tmp_path / "in"), tmp_path / name / "slow.####.exr")


def test_paths_of_all_platforms_stay_as_they_are_and_others_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("/shows/a b/x.####.exr", r"\\server\share\x.####.exr", r"C:\shows\x.exr", "d:/x.exr"):
        assert absolute_path(path) == path
    assert absolute_path("in/../x.%04d.exr") == str(tmp_path / "x.%04d.exr")


def test_folder_and_name_are_told_apart_on_all_platforms() -> None:
    assert split_path("/a b/x.####.exr") == ("/a b", "x.####.exr")
    assert split_path(r"\\server\share\a b\x.####.exr") == (r"\\server\share\a b", "x.####.exr")
    assert split_path(r"C:\a\x.exr") == ("C:\\a", "x.exr")


@pytest.mark.parametrize(
    "name", ["slow.####.exr", "slow_%04d.exr", "slow.$F4.exr", "slow.@@@@.exr", "slow.[1001-1100].exr", "slow####.exr"]
)
def test_a_job_is_called_like_its_target(name: str) -> None:
    assert job_title(f"/out/{name}") == "slow"
