"""Bad input: one line that says what was got and what to do, the right exit code, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import material
import numpy as np
import pytest
import torch

from vfi_plugin.cli.main import main

from .product import content, numbers_in, same_bits

Run = Callable[..., tuple[int, str]]


def write_plate(folder: Path, numbers: range | list[int], size: tuple[int, int] = (40, 48), names: str = "RGB") -> str:
    """A small half plate whose content moves 2 px a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    texture = np.random.default_rng(1).random((size[0], size[1] + 2 * 40, len(names)), np.float32)
    for number in numbers:
        shift = 2 * (number % 20)
        planes = {name: texture[:, shift : shift + size[1], n].astype(np.float16) for n, name in enumerate(names)}
        material.write_exr(folder / f"plate.{number:04d}.exr", planes)
    return str(folder / "plate.####.exr")


@pytest.fixture
def plate(tmp_path: Path) -> str:
    return write_plate(tmp_path / "in", range(1001, 1006))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``vfi retime SOURCE out/slow.####.exr OPTIONS``; returns the exit code and what stands on stderr."""

    def retime(source: object, *options: object, target: object = None) -> tuple[int, str]:
        goal = tmp_path / "out" / "slow.####.exr" if target is None else target
        try:
            code = main(["retime", str(source), str(goal), *map(str, options)])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return code, capsys.readouterr().err

    return retime


def assert_refused(result: tuple[int, str], code: int, *words: str) -> None:
    """The exit code, one line of text, every word in it."""
    assert result[0] == code, result
    assert "Traceback" not in result[1]
    last = result[1].strip().splitlines()[-1]
    for word in words:
        assert word in last, last


USAGE = [
    (("--speed", "0"), ("0",)),
    (("--speed", "nan"), ("nan",)),
    (("--speed", "inf"), ("inf",)),
    (("--speed", "fast"), ("fast",)),
    (("--speed", "0.5", "--fps", "48"), ("speed and fps",)),
    ((), ("exactly one of speed",)),
    (("--speed", "0.5", "--model", "kronos"), ("kronos", "dis")),
    (("--speed", "0.5", "--colorspace", "ACEScgg"), ("ACEScgg", "ACEScg")),
    (("--speed", "0.5", "--config", "nowhere.ocio"), ("nowhere.ocio",)),
    (("--speed", "0.5", "--model", "dis", "--weights", "net.pth"), ("no weights",)),
    (("--speed", "0.5", "--method", "blend", "--ends", "extrapolate"), ("no motion",)),
    (("--speed", "0.5", "--channels", "Q"), ("'Q'", "R")),
    (("--speed", "0.5", "--channels", "rgba,"), ("rgba",)),
    (("--speed", "0.5", "--channel", "vel=nonsense"), ("nonsense",)),
    (("--speed", "0.5", "--channels-map", "none.yaml"), ("none.yaml",)),
    (("--speed", "0.5", "--frames", "1005-1020"), ("1010-1020", "1001-1009")),
    (("--speed", "0.5", "--frames", "all"), ("all",)),
    (("--speed", "0.5", "--in-range", "900-950"), ("900-950", "1001-1005")),
    (("--fps", "48"), ("--source-fps",)),
    (("--fps", "-5", "--source-fps", "24"), ("-5",)),
    (("--length", "0"), ("0",)),
    (("--map", "none.csv"), ("none.csv",)),
    (("--speed", "0.5", "--cuts", "maybe"), ("maybe",)),
    (("--speed", "0.5", "--unknown"), ("--unknown",)),
    (("--speed", "0.5", "--method", "magic"), ("magic",)),
]


@pytest.mark.parametrize(("options", "words"), USAGE, ids=[" ".join(options) or "no timing" for options, _ in USAGE])
def test_a_wrong_request_is_refused_and_nothing_is_written(
    run: Run, plate: str, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(run(plate, *options), 2, *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "quantum"])
def test_a_device_that_is_not_there_is_named(run: Run, plate: str, tmp_path: Path, device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    code, text = run(plate, "--speed", "0.5", "--device", device)
    assert code == 1
    assert "--device" in text or "auto, cpu" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("out,source\n1,x\n", "x"), ("1,1\n1,2\n", "1"), ("1,1\n10,10\n", "1001-1005"), ("1,nan\n", "nan")],
)
def test_a_time_map_that_says_nothing_useful_is_refused(
    run: Run, plate: str, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "map.csv").write_text(text, encoding="utf-8")
    assert_refused(run(plate, "--map", tmp_path / "map.csv"), 2, words)
    assert not (tmp_path / "out").exists()


def test_a_source_that_is_not_there_is_named_with_what_is(run: Run, plate: str, tmp_path: Path) -> None:
    assert_refused(run(tmp_path / "in" / "plat.####.exr", "--speed", "0.5"), 3, "plat.####.exr", "plate.####.exr")
    assert_refused(run(tmp_path / "gone" / "a.####.exr", "--speed", "0.5"), 3, "no folder")
    assert not (tmp_path / "out").exists()


def test_a_gap_is_an_error_that_lists_the_frames(run: Run, tmp_path: Path) -> None:
    source = write_plate(tmp_path / "in", [1001, 1002, 1005, 1006])
    assert_refused(run(source, "--speed", "1"), 3, "1003-1004", "--missing")
    assert not (tmp_path / "out").exists()


def test_a_gap_can_be_held(run: Run, tmp_path: Path) -> None:
    source = write_plate(tmp_path / "in", [1001, 1002, 1005, 1006])
    assert run(source, "--speed", "1", "--missing", "hold")[0] == 0
    assert numbers_in(tmp_path / "out") == list(range(1001, 1007))
    before = material.read_exr(tmp_path / "in" / "plate.1002.exr")[1]
    for number in (1003, 1004):
        assert same_bits(material.read_exr(tmp_path / "out" / f"slow.{number}.exr")[1], before)


def test_a_gap_can_be_interpolated(run: Run, tmp_path: Path) -> None:
    numbers = range(1001, 1007)
    source = write_plate(tmp_path / "in", numbers, size=(96, 128))
    truth = material.read_exr(tmp_path / "in" / "plate.1003.exr")[1]["R"].astype(np.float32)
    (tmp_path / "in" / "plate.1003.exr").unlink()
    assert run(source, "--speed", "1", "--missing", "interpolate")[0] == 0
    assert numbers_in(tmp_path / "out") == list(numbers)
    made = material.read_exr(tmp_path / "out" / "slow.1003.exr")[1]["R"].astype(np.float32)
    # White noise moved by whole pixels: right where the motion is, unlike the mix of both neighbours.
    inner = (slice(16, -16), slice(16, -16))
    assert np.abs(made - truth)[inner].mean() < 0.05


def test_frames_of_different_size_or_channels_are_told_apart(run: Run, plate: str, tmp_path: Path) -> None:
    write_plate(tmp_path / "in", [1006], size=(40, 50))
    assert_refused(run(plate, "--speed", "0.5"), 3, "1006")
    write_plate(tmp_path / "in", [1006], names="RGBA")
    assert_refused(run(plate, "--speed", "0.5"), 3, "1006", "A")
    assert not (tmp_path / "out").exists()


def test_a_damaged_frame_ends_the_run_and_what_was_written_is_whole(run: Run, plate: str, tmp_path: Path) -> None:
    broken = tmp_path / "in" / "plate.1004.exr"
    broken.write_bytes(broken.read_bytes()[:-400])
    assert_refused(run(plate, "--speed", "0.5"), 3, "plate.1004.exr")
    for number in numbers_in(tmp_path / "out"):
        assert number < 1007
        material.read_exr(tmp_path / "out" / f"slow.{number}.exr")
    assert not list((tmp_path / "out").glob(".*"))


def test_a_file_that_is_no_picture_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.0001.exr").write_bytes(b"this is no picture")
    assert_refused(run(tmp_path / "in" / "x.####.exr", "--speed", "1"), 3, "x.0001.exr")


def test_targets_that_cannot_be_written_are_refused(run: Run, plate: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert_refused(run(plate, "--speed", "0.5", target=tmp_path / "file" / "slow.####.exr"), 1, "cannot write")
    assert_refused(run(plate, "--speed", "0.5", target="/proc/no/slow.####.exr"), 1, "/proc/no")
    for name, word in (("slow.png", "EXR"), ("slow.exr", "####"), ("slow", "EXR")):
        assert_refused(run(plate, "--speed", "0.5", target=tmp_path / "out" / name), 2, word)
    assert not (tmp_path / "out").exists()


def test_a_target_over_the_source_is_refused_and_the_source_stays(run: Run, plate: str, tmp_path: Path) -> None:
    before = content(tmp_path / "in")
    for target in (plate, str(tmp_path / "in" / ".." / "in" / "plate.%04d.exr")):
        assert_refused(run(plate, "--speed", "0.5", "--overwrite", target=target), 2, "source")
    assert content(tmp_path / "in") == before


def test_frames_made_by_others_are_not_overwritten(run: Run, plate: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    material.write_exr(tmp_path / "out" / "slow.1004.exr", {"R": np.zeros((4, 4), np.float16)})
    before = content(tmp_path / "out")
    assert_refused(run(plate, "--speed", "0.5"), 2, "1004", "--overwrite")
    assert content(tmp_path / "out") == before
    assert run(plate, "--speed", "0.5", "--overwrite")[0] == 0
    assert numbers_in(tmp_path / "out") == list(range(1001, 1010))


def test_a_clip_of_one_frame_is_one_frame_at_any_speed(run: Run, tmp_path: Path) -> None:
    source = write_plate(tmp_path / "in", [7])
    assert run(source, "--speed", "0.5")[0] == 0
    assert numbers_in(tmp_path / "out") == [7]
    assert same_bits(
        material.read_exr(tmp_path / "out" / "slow.0007.exr")[1],
        material.read_exr(tmp_path / "in" / "plate.0007.exr")[1],
    )


def test_a_dry_run_prints_the_plan_and_writes_nothing(
    plate: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retime", plate, str(tmp_path / "out" / "slow.####.exr"), "--speed", "0.5", "--dry-run"]) == 0
    assert "5 in, 9 out, 1001-1009" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
