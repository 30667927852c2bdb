"""The doctor on this machine, and on files that the tests make."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from material import layered, overscan, write_exr

import vfi_plugin as vfi
from vfi_plugin.cli.machine_report import State, _library
from vfi_plugin.cli.main import main
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.writing import write_image

SIZE = Window(0, 0, 32, 24)


def _lines(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[str]:
    assert main(["doctor", *arguments]) == code
    return capsys.readouterr().out.splitlines()


def _json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    return json.loads("\n".join(_lines(capsys, *arguments, "--json", code=code)))


def _row(lines: list[str], channel: str) -> str:
    found = [line for line in lines if re.match(rf"\S+\s+{re.escape(channel)}\s", line)]
    assert len(found) == 1, lines
    return found[0]


def test_this_machine_is_fit_and_every_fact_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _lines(capsys)
    facts = {line[8:24].strip(): line[24:] for line in lines[:-1]}
    for name, distribution in (
        ("vfi-plugin", "vfi-plugin"),
        ("OpenEXR", "OpenEXR"),
        ("OpenImageIO", "OpenImageIO"),
        ("OpenColorIO", "opencolorio"),
        ("OpenCV", "opencv-python-headless"),
        ("PyAV", "av"),
    ):
        assert facts[name] == version(distribution)
    assert facts["PyTorch"].startswith(torch.__version__)
    assert facts["CPU kernels"] == "compiled, loaded"
    assert facts["models"] == ", ".join(
        f"{name} (default)" if name == vfi.default_model() else name for name in vfi.model_names()
    )
    assert lines[-1] == "everything that is needed works"


def test_the_cuda_line_agrees_with_torch(capsys: pytest.CaptureFixture[str]) -> None:
    found = [fact for fact in _json(capsys)["facts"] if fact["name"] == "CUDA device"]
    if torch.cuda.is_available():
        assert [fact["found"].split(",")[0] for fact in found] == [
            f"cuda:{index} {torch.cuda.get_device_name(index)}" for index in range(torch.cuda.device_count())
        ]
    else:
        assert [fact["state"] for fact in found] == ["note"]  # a machine without a GPU is fit for work


def test_the_config_that_would_be_used_is_told_with_where_it_comes_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def config() -> str:
        return next(fact["found"] for fact in _json(capsys)["facts"] if fact["name"] == "OCIO config")

    assert config() == "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3 (from the default); scene-linear is ACEScg"
    monkeypatch.setenv("OCIO", "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3")
    assert config().startswith("ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3 (from $OCIO)")


def test_a_config_that_is_not_there_is_broken_and_the_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCIO", "/no/such/config.ocio")
    lines = _lines(capsys, code=1)
    assert sum(line.startswith("broken") for line in lines) == 1
    assert "no such file" in next(line for line in lines if line.startswith("broken"))
    assert "does not work" in lines[-1]


def test_a_library_that_cannot_be_loaded_is_broken_and_says_what_to_install() -> None:
    fact = _library("Wonder", "no_such_module_at_all", "wonder-lib")
    assert fact.state is State.BROKEN
    assert "pip install wonder-lib" in fact.found


def test_rules_without_a_file_are_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--channel", "a=data"]) == 2
    assert "go with a file" in capsys.readouterr().err


def test_windows_storage_rate_and_timecode_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = overscan(10, pixel_aspect=2.0, count=30)
    clip.write(tmp_path, without=frozenset(range(1002, 1027)))
    part = _json(capsys, str(clip.path(tmp_path, 1027)))["parts"][0]
    assert part == {
        "data window": "216x120-12-6",
        "display window": "192x108+0+0",
        "stored": "zips, scan lines",
        "pixel aspect": "2",
        "rate": "24 fps",
        "timecode": "01:00:01:02",
    }


def test_a_file_without_a_rate_has_its_timecode_read_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = Part(
        {"R": np.zeros(SIZE.shape, np.float16)}, SIZE, SIZE, attributes={"timeCode": Attribute("timecode", (0x29, 0))}
    )
    write_image(tmp_path / "a.exr", Frame((part,)))
    facts = _json(capsys, str(tmp_path / "a.exr"))["parts"][0]
    assert facts["rate"] == "none in the file"
    assert facts["timecode"].startswith("00:00:00:29")


def test_every_channel_has_a_row_with_class_rule_and_treatment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = layered(96, 54, count=1)
    clip.write(tmp_path)
    lines = _lines(capsys, str(clip.path(tmp_path, 1001)))
    for channel, words in {
        "R": ("half", "color", "premultiplied"),
        "depth.Z": ("float", "depth", "pick"),
        "id.r": ("id", "never average"),
        "N.X": ("normal", "restore the blended length"),
    }.items():
        assert all(word in _row(lines, channel) for word in words)
    assert sum(" crypto " in line for line in lines) >= 4
    assert lines[-1] == "NaN and Inf: none"
    channels = _json(capsys, str(clip.path(tmp_path, 1001)))["channels"]
    assert {row["channel"] for row in channels} == set(clip.planes(1001))


def test_rules_of_the_command_line_win_over_a_file_and_a_file_over_the_built_in_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planes = {name: np.zeros(SIZE.shape, np.float32) for name in ("R", "tech.x", "tech.y", "depth.Z")}
    write_exr(tmp_path / "a.exr", planes)
    (tmp_path / "rules.yaml").write_text(
        'channels:\n  rules:\n    - {match: "tech.*", class: matte}\n    - {match: "depth.*", class: data}\n'
    )
    told = ["--channels-map", str(tmp_path / "rules.yaml"), "--channel", "tech.x=motion,units=ndc"]
    rows = {row["channel"]: row for row in _json(capsys, str(tmp_path / "a.exr"), *told)["channels"]}
    assert {name: row["channel_class"] for name, row in rows.items()} == {
        "R": "color",
        "tech.x": "motion",
        "tech.y": "matte",
        "depth.Z": "data",
    }
    assert rows["tech.x"]["confidence"] == "100%"
    assert "units=ndc" in rows["tech.x"]["treatment"]


def test_a_rule_that_cannot_be_read_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_exr(tmp_path / "a.exr", {"R": np.zeros(SIZE.shape, np.float16)})
    assert main(["doctor", str(tmp_path / "a.exr"), "--channel", "R=colour"]) == 2
    assert "unknown channel class 'colour'" in capsys.readouterr().err


def test_values_that_do_not_fit_a_class_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_exr(tmp_path / "a.exr", {"R": np.zeros(SIZE.shape, np.float16), "mask": np.full(SIZE.shape, 7.0, np.float32)})
    assert "not 0 to 1" in _row(_lines(capsys, str(tmp_path / "a.exr")), "mask")


def test_nan_and_inf_are_counted_channel_by_channel_with_the_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    red = np.zeros(SIZE.shape, np.float16)
    red[2, 3:6], red[0, 0] = np.nan, -np.inf
    whole = {"R": np.ones(SIZE.shape, np.float16), "id": np.zeros(SIZE.shape, np.uint32)}
    parts = Part({"R": red}, SIZE, SIZE, name="left"), Part(whole, SIZE, SIZE, name="right")
    write_image(tmp_path / "a.exr", Frame(parts))
    report = _json(capsys, str(tmp_path / "a.exr"))
    assert report["non_finite"] == {"left:R": [3, 1]}
    assert [part["name"] for part in report["parts"]] == ["left", "right"]
    assert "left:R 3 NaN, 1 Inf" in _lines(capsys, str(tmp_path / "a.exr"))[-1]


def test_a_sequence_is_summed_up_and_its_first_frame_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = overscan(10).write(tmp_path, without=frozenset({1003}))
    lines = _lines(capsys, pattern)
    assert lines[0].endswith("overscan.1001.exr")
    assert lines[1].endswith("4 frames, 1001-1002 1004-1005, missing 1003")


def test_one_frame_of_a_sequence_is_looked_at_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = overscan(10)
    clip.write(tmp_path)
    assert _json(capsys, str(clip.path(tmp_path, 1003)))["clip"] == ""


def test_pictures_of_other_kinds_are_explained_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((24, 32, 3), np.uint8))
    report = _json(capsys, str(tmp_path / "a.png"))
    assert report["parts"][0]["stored"] == "png uint8"
    assert [row["channel"] for row in report["channels"]] == ["R", "G", "B"]


def test_a_file_cut_short_shows_its_header_and_says_why_it_cannot_be_retimed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = tmp_path / "whole.exr", tmp_path / "cut.exr"
    noise = np.random.default_rng(1).random(SIZE.shape).astype(np.float32)
    write_exr(whole, {"R": noise})
    cut.write_bytes(whole.read_bytes()[:-400])
    assert main(["doctor", str(cut)]) == 3
    said = capsys.readouterr()
    assert "4 bare color" in said.out
    assert said.err.startswith(f"vfi doctor: {cut} cannot be read")
    assert "NaN" not in said.out


@pytest.mark.parametrize("content", [b"", b"not an EXR at all"])
def test_what_is_no_picture_is_refused_in_one_line(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.exr").write_bytes(content)
    assert main(["doctor", str(tmp_path / "a.exr")]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overscan(10).write(tmp_path)
    assert main(["doctor", str(tmp_path / "overscn.####.exr")]) == 3
    assert "overscan.####.exr (5 frames)" in capsys.readouterr().err


def test_deep_files_of_the_wild_are_explained_and_then_refused(
    shared_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = next((shared_dir / "data" / "exr").rglob("*.deep.exr"))
    assert main(["doctor", str(deep)]) == 3
    said = capsys.readouterr()
    assert "1 deep part" in said.out
    assert "flatten the file first" in said.err
