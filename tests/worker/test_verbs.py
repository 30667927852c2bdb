"""Every verb, asked through the client as a host asks, of a real worker and real files."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from importlib.metadata import version
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import ModuleType
from typing import Any

import material
import numpy as np
import OpenEXR
import pytest

import vfi_plugin as vfi
from vfi_plugin.cli.main import main

from .hosted import NOISE, wait_for

SAMPLED = {"positions": ["1001", "1001.5", "3005/3", 1003, "1004.25"], "start": -2}
"""As a host samples its curve: output -2 to 2."""


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rgb_means(path: Path, factor: int) -> np.ndarray[Any, Any]:
    """(H, W, 3): the mean of each block, read with the OpenEXR module."""
    planes = material.read_exr(path)[1]
    picture = np.stack([planes[name].astype(np.float64) for name in "RGB"], axis=-1)
    height, width = (side // factor for side in picture.shape[:2])
    return picture[: height * factor, : width * factor].reshape(height, factor, width, factor, 3).mean(axis=(1, 3))


def rgba(picture: Any) -> np.ndarray[Any, Any]:
    return np.frombuffer(picture.pixels, "<f4").reshape(picture.height, picture.width, 4)


def test_hello_tells_versions_and_the_same_models_as_the_command(worker: Any, log: Path) -> None:
    told = worker.hello
    said = io.StringIO()
    with redirect_stdout(said):
        main(["models", "list", "--json"])
    assert [{k: v for k, v in model.items() if k != "default"} for model in told["models"]] == json.loads(
        said.getvalue()
    )
    assert [model["name"] for model in told["models"] if model["default"]] == [vfi.default_model()]
    assert (told["protocol"], told["core"], told["log"]) == (1, version("vfi-plugin"), str(log))
    assert told["devices"][0]["name"] == "cpu"
    assert "extrapolate" in told["choices"]["ends"]


def test_what_libraries_print_goes_to_the_log(worker: Any, log: Path) -> None:
    worker.request("hello", {"protocol": 1})
    assert wait_for(lambda: {f"{NOISE} by print", f"{NOISE} by the descriptor"} <= set(log.read_text().splitlines()))


def test_a_clip_is_described_by_its_headers(worker: Any, tmp_path: Path) -> None:
    pattern = material.overscan(8, pixel_aspect=2.0).write(tmp_path, without=frozenset({1003}))
    found = worker.probe(pattern)
    assert (found["first"], found["last"], found["count"], found["missing"]) == (1001, 1005, 4, [1003])
    assert found["frames"] == "1001-1002 1004-1005"
    assert (found["width"], found["height"], found["pixel_aspect"]) == (240, 135, 2.0)
    assert found["display_window"] == [0, 0, 240, 135]
    assert found["data_window"] == [-15, -7, 270, 149]
    assert (found["rate"], found["timecode"]) == ("24", "01:00:00:00")
    assert found["colorspace"] == "ACEScg"
    assert worker.probe(pattern, colorspace="lin_rec709")["colorspace"] == "Linear Rec.709 (sRGB)"


def test_channels_have_their_meaning_and_views_their_names(worker: Any, tmp_path: Path) -> None:
    channels = {(item["name"], item["class"], item["type"]) for item in layered_probe(worker, tmp_path)["channels"]}
    assert {("R", "color", "half"), ("A", "alpha", "half"), ("depth.Z", "depth", "float")} <= channels
    window = {"type": OpenEXR.scanlineimage}
    parts = [OpenEXR.Part({**window, "view": view}, {"RGB": np.ones((16, 24, 3), np.float16)}, view) for view in "lr"]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "stereo.0001.exr"))
    stereo = worker.probe(str(tmp_path / "stereo.0001.exr"))
    assert stereo["views"] == ["l", "r"]
    assert [part["view"] for part in stereo["parts"]] == ["l", "r"]


def layered_probe(worker: Any, folder: Path) -> Any:
    return worker.probe(material.layered(96, 54, count=2).write(folder / "layered"))


def test_a_plan_of_sampled_positions_is_exact(worker: Any, plate: str, tmp_path: Path) -> None:
    told = worker.plan(plate, str(tmp_path / "out" / "o.####.exr"), {**SAMPLED, "frames": "-1-1"}, list=True)
    assert (told["first"], told["last"], told["count"], told["wanted"]) == (-2, 2, 5, "-1-1")
    assert (told["copied"], told["in_between"], told["model"]) == (2, 3, vfi.default_model())
    assert [row["frame"] for row in told["list"]] == [-2, -1, 0, 1, 2]
    assert [row["t"] for row in told["list"]] == ["0", "1/2", "2/3", "0", "1/4"]
    assert told["list"][4]["source"] == "1004.25"
    assert not (tmp_path / "out").exists()


def test_a_render_is_that_of_the_command_byte_for_byte(worker: Any, plate: str, tmp_path: Path) -> None:
    assert main(["retime", plate, str(tmp_path / "cli" / "o.####.exr"), "--speed", "50%", "--progress", "json"]) == 0
    told = worker.render(plate, str(tmp_path / "worker" / "o.####.exr"), {"speed": 0.5})
    assert told["written"] == list(range(1001, 1010))
    assert bytes_in(tmp_path / "worker") == bytes_in(tmp_path / "cli")


def test_sampled_positions_render_as_the_same_map_from_a_file(worker: Any, plate: str, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("-2,1001\n-1,1001.5\n0,1001.666666666667\n1,1003\n2,1004.25\n")
    told = worker.render(plate, str(tmp_path / "worker" / "o.####.exr"), SAMPLED)
    assert told["written"] == [-2, -1, 0, 1, 2]
    assert main(["retime", plate, str(tmp_path / "cli" / "o.####.exr"), "--map", str(tmp_path / "map.csv")]) == 0
    assert bytes_in(tmp_path / "worker") == bytes_in(tmp_path / "cli")


def test_a_network_that_is_kept_loaded_makes_the_same_frames_again(worker: Any, plate: str, tmp_path: Path) -> None:
    options = {"speed": "0.5", "frames": "1001-1004", "model": "figan", "device": "cpu"}
    arguments = ["--speed", "0.5", "--frames", "1001-1004", "--model", "figan", "--device", "cpu"]
    assert main(["retime", plate, str(tmp_path / "cli" / "o.####.exr"), *arguments]) == 0
    for name in ("first", "again"):
        worker.render(plate, str(tmp_path / name / "o.####.exr"), options)
        assert bytes_in(tmp_path / name) == bytes_in(tmp_path / "cli")


def test_progress_names_each_frame_once_and_counts_what_is_skipped(worker: Any, plate: str, tmp_path: Path) -> None:
    target = str(tmp_path / "o.####.exr")
    worker.render(plate, target, {"speed": "1/2", "frames": "1002-1004"})
    heard: list[Any] = []
    told = worker.render(plate, target, {"speed": "1/2"}, on_progress=heard.append)
    assert (told["skipped"], len(told["written"])) == ([1002, 1003, 1004], 6)
    assert [(event["done"], event["total"], event["skipped"]) for event in heard] == [(n, 6, 3) for n in range(7)]
    assert heard[0]["frame"] is None
    assert sorted(event["frame"] for event in heard[1:]) == told["written"]
    assert {event["file"] for event in heard[1:]} == {f"o.{number}.exr" for number in told["written"]}


def test_broken_frames_are_made_again_and_a_note_says_so(worker: Any, plate: str, tmp_path: Path) -> None:
    target, notes = str(tmp_path / "o.####.exr"), []
    worker.render(plate, target, {"speed": 1})
    whole = (tmp_path / "o.1002.exr").read_bytes()
    (tmp_path / "o.1002.exr").write_bytes(whole[:-500])
    assert worker.render(plate, target, {"speed": 1}, on_note=notes.append)["written"] == [1002]
    assert len(notes) == 1
    assert "1002" in notes[0]
    assert (tmp_path / "o.1002.exr").read_bytes() == whole


def test_frames_made_with_other_settings_stop_a_render(
    worker: Any, client: ModuleType, plate: str, tmp_path: Path
) -> None:
    target = str(tmp_path / "o.####.exr")
    worker.render(plate, target, {"speed": 1})
    with pytest.raises(client.RequestFailed, match="filter") as failed:
        worker.render(plate, target, {"speed": 1, "filter": "linear"})
    assert (failed.value.kind, failed.value.exit_code) == ("SettingsMismatchError", 2)
    assert worker.render(plate, target, {"speed": 1, "filter": "linear", "overwrite": True})["skipped"] == []


def test_a_preview_of_a_source_frame_is_that_frame_shrunk(worker: Any, plate: str) -> None:
    seen = worker.preview(plate, SAMPLED, 1, longest_side=64)
    assert (seen.width, seen.height, seen.facts["factor"], seen.facts["kind"]) == (64, 36, 3, "copy")
    np.testing.assert_allclose(rgba(seen)[..., :3], rgb_means(Path(plate.replace("####", "1003")), 3), rtol=1e-6)
    assert (rgba(seen)[..., 3] == 1).all()


def test_an_exact_preview_is_the_rendered_frame_shrunk(worker: Any, plate: str, tmp_path: Path) -> None:
    worker.render(plate, str(tmp_path / "o.####.exr"), {**SAMPLED, "frames": "0"})
    rendered = rgb_means(tmp_path / "o.0000.exr", 2)
    exact = worker.preview(plate, SAMPLED, 0, longest_side=100, exact=True)
    assert exact.facts["kind"] == "in between"
    np.testing.assert_allclose(rgba(exact)[..., :3], rendered, atol=1e-3)  # the file is rounded to half
    quick = rgba(worker.preview(plate, SAMPLED, 0, longest_side=100))[..., :3]
    held = rgb_means(Path(plate.replace("####", "1002")), 2)
    inner = slice(12, -12)  # of the pan nothing is known where it comes in at the edges
    assert np.abs(quick - rendered)[inner, inner].mean() < 0.25 * np.abs(held - rendered)[inner, inner].mean()


def test_a_preview_keeps_alpha_and_can_be_put_into_a_file(worker: Any, tmp_path: Path) -> None:
    pattern = material.soft_disc(64, 48, radius=12.0).write(tmp_path / "disc")
    options = {"speed": "0.5"}
    seen = worker.preview(pattern, options, 1001, file=str(tmp_path / "ä.rgba"), longest_side=64)
    picture = np.frombuffer((tmp_path / "ä.rgba").read_bytes(), "<f4").reshape(48, 64, 4)
    source = material.read_exr(Path(pattern.replace("####", "1001")))[1]
    assert seen.pixels is None
    for axis, name in enumerate("RGBA"):
        np.testing.assert_array_equal(picture[..., axis], source[name].astype(np.float32))
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["ä.rgba"]


def test_a_preview_goes_into_memory_that_the_host_keeps(
    worker: Any, client: ModuleType, plate: str, tmp_path: Path
) -> None:
    expected = worker.preview(plate, SAMPLED, -1, longest_side=64).pixels
    block = SharedMemory(create=True, size=len(expected) + 100)
    try:
        worker.preview(plate, SAMPLED, -1, longest_side=64, shared_memory=block.name)
        assert bytes(block.buf[: len(expected)]) == expected
        assert bytes(block.buf[len(expected) :])[:100] == bytes(100)
        with pytest.raises(client.RequestFailed, match=r"has \d+ bytes, but 331776 are needed"):
            worker.preview(plate, SAMPLED, -1, longest_side=192, shared_memory=block.name)
    finally:
        block.close()
        block.unlink()
    with pytest.raises(client.RequestFailed, match="no block of shared memory"):
        worker.preview(plate, SAMPLED, -1, shared_memory="vfi-nowhere")


@pytest.mark.parametrize(
    ("verb", "more", "kind", "words"),
    [
        ("preview", {"frame": 77}, "UsageError", "output frame 77 .* the output is -2-2"),
        ("preview", {"frame": 0, "longest_side": 3}, "UsageError", "at least 16"),
        ("preview", {"frame": 0, "view": "left"}, "UsageError", "no view 'left'"),
        ("plan", {"options": {"speed": 1, "fps": 24}}, "UsageError", "exactly one"),
        ("plan", {"options": {"positions": ["1001"]}}, "UsageError", "'start'"),
        ("plan", {"options": {"positions": [], "start": 1}}, "TimeMapError", "empty list"),
        ("plan", {"options": {"positions": ["one"], "start": 1}}, "TimeMapError", "finite number"),
        ("plan", {"options": {"speed": 1, "model": "riffe"}}, "UnknownModelError", "rife"),
        ("plan", {"options": {"speed": 1, "spede": 2}}, "ProtocolError", "no field 'spede'"),
        ("plan", {"options": {"speed": True}}, "ProtocolError", "must be a number"),
        ("plan", {"options": {"speed": 1, "frames": 1001}}, "ProtocolError", "must be a text"),
        ("probe", {"source": "/nowhere/a.####.exr"}, "InputError", "/nowhere"),
    ],
)
def test_wrong_requests_are_explained(
    worker: Any, client: ModuleType, plate: str, tmp_path: Path, verb: str, more: Any, kind: str, words: str
) -> None:
    fields = {
        "probe": {},
        "plan": {"source": plate, "target": str(tmp_path / "o.####.exr"), "options": SAMPLED},
        "preview": {"source": plate, "options": SAMPLED, "file": str(tmp_path / "p")},
    }[verb]
    with pytest.raises(client.RequestFailed, match=words) as failed:
        worker.request(verb, {**fields, **more})
    assert failed.value.kind == kind
    assert "\n" not in str(failed.value)
    assert list(tmp_path.iterdir()) == []
