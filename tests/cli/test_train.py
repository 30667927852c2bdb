"""``vfi train`` from end to end, on moving shapes and networks so narrow that it takes seconds."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import vfi_plugin as vfi
from vfi_plugin.cli.main import main
from vfi_plugin.train import start
from vfi_plugin.train.books import Books
from vfi_plugin.train.checkpoint import read_checkpoint
from vfi_plugin.train.recipes import RECIPES
from vfi_plugin.train.shapes import MovingShapes

TINY = ("--data", "shapes", "--width", "0.125", "--crop", "64", "--batch", "1", "--device", "cpu")
PICTURES = {"curves.png", "validation.png", "pictures"}


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _few_pairs_to_measure_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_HELD_OUT_BATCHES", 1)
    monkeypatch.setattr(start, "_HELD_OUT_BATCH", 2)


def train(*more: str | Path, name: str = "figan", tiny: bool = True) -> int:
    return main(["train", name, *(TINY if tiny else ()), *map(str, more)])


def steps(out: Path) -> list[int]:
    with (out / "curves.csv").open(encoding="utf-8", newline="") as stream:
        return [int(row["step"]) for row in csv.DictReader(stream)]


def same_state(first: Path, second: Path) -> bool:
    states = [read_checkpoint(out).state.tensors for out in (first, second)]
    return states[0].keys() == states[1].keys() and all(torch.equal(states[0][k], states[1][k]) for k in states[0])


def test_a_training_leaves_weights_curves_and_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        train("--steps", 4, "--report-every", 2, "--validate-every", 2, "--licence", "CC0-1.0", "--out", tmp_path) == 0
    )
    said = capsys.readouterr().out
    assert all(text in said for text in ("training figan, width 0.125", "step 4 (100%): loss ", "pairs/s", " left"))
    assert "validation " in said
    assert "average " in said
    state = {path.name for path in tmp_path.glob("state-*")}
    assert {path.name for path in tmp_path.iterdir()} == {
        "checkpoint.json", "curves.csv", "figan.safetensors", *PICTURES, *state
    }  # fmt: skip
    assert steps(tmp_path) == [2, 4]
    model = vfi.load_model("figan", weights=tmp_path / "figan.safetensors", device="cpu")
    assert (model.info.licence, model.info.training_data) == ("CC0-1.0", "shapes; made up: 0%")


def test_a_training_that_goes_on_ends_where_an_unbroken_one_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert train("--steps", 6, "--critic", "--report-every", 2, "--out", whole) == 0
    assert train("--steps", 6, "--critic", "--report-every", 2, "--pause-minutes", "1e-6", "--out", broken) == 0
    assert "paused, --resume goes on, after step" in capsys.readouterr().out
    assert read_checkpoint(broken).state.step < 6
    assert train("--resume", "--out", broken, tiny=False) == 0
    assert same_state(whole, broken)
    assert len(set(steps(broken))) == len(steps(broken))
    assert steps(broken)[-3:] == [2, 4, 6]


def test_a_training_stopped_by_a_signal_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    train("--steps", 3, "--out", whole)
    real = Books.after_step

    def then_stop(books: Books, *args: Any) -> None:
        real(books, *args)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Books, "after_step", then_stop)
    assert train("--steps", 3, "--out", stopped) == 143
    assert "stopped after step 1; all is kept, --resume goes on" in capsys.readouterr().err
    monkeypatch.undo()
    assert train("--resume", "--out", stopped, tiny=False) == 0
    assert same_state(whole, stopped)


def test_more_time_than_planned_goes_on_from_the_same_place(tmp_path: Path) -> None:
    train("--steps", 2, "--out", tmp_path)
    assert train("--resume", "--steps", 4, "--out", tmp_path, tiny=False) == 0
    found = read_checkpoint(tmp_path)
    assert found.state.step == 4
    assert found.record["options"]["crop"] == 64


def test_the_best_of_other_frames_is_no_measure(tmp_path: Path) -> None:
    train("--steps", 2, "--out", tmp_path)
    pointer = tmp_path / "checkpoint.json"
    told = json.loads(pointer.read_text())
    told["record"]["best_db"] = 99.0
    pointer.write_text(json.dumps(told))
    assert train("--resume", "--steps", 3, "--out", tmp_path, tiny=False) == 0
    assert read_checkpoint(tmp_path).record["best_db"] == 99.0
    assert train("--resume", "--steps", 4, "--crop", 80, "--out", tmp_path, tiny=False) == 0
    assert read_checkpoint(tmp_path).record["best_step"] == 4


def test_a_training_by_the_clock_ends_and_can_be_given_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--minutes", "0.005", "--out", tmp_path) == 0
    done = read_checkpoint(tmp_path).state
    assert done.step > 0
    assert done.values["seconds"] >= 0.3
    assert train("--resume", "--out", tmp_path, tiny=False) == 2
    assert "the training is done" in capsys.readouterr().err
    longer = str(done.values["seconds"] / 60 + 0.005)
    assert train("--resume", "--minutes", longer, "--out", tmp_path, tiny=False) == 0
    assert read_checkpoint(tmp_path).state.step > done.step


def test_weights_can_be_begun_with_and_stored_in_half_the_size(tmp_path: Path) -> None:
    train("--steps", 1, "--out", tmp_path / "first")
    weights = tmp_path / "first" / "figan.safetensors"
    more = ("--steps", 1, "--learning-rate", "1e-9", "--half", "--begin-with", weights, "--out", tmp_path / "second")
    assert train(*more) == 0
    before, after = load_file(weights), load_file(tmp_path / "second" / "figan.safetensors")
    assert {tensor.dtype for tensor in after.values()} == {torch.float16}
    assert all(torch.allclose(before[name], after[name].float(), atol=1e-3) for name in before)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_network_can_be_trained_and_used(name: str, tmp_path: Path) -> None:
    width = {"adaconv": "0.03"}.get(name, "0.125")
    crop = {"adaconv": 96}.get(name, 64)
    # Kernels know no bfloat16: where one takes what a network gives, that must have been widened.
    precision = {"adaconv": "bfloat16", "figan": "float16"}.get(name, "float32")
    more = (
        "--precision",
        precision,
        "--steps",
        1,
        "--width",
        width,
        "--crop",
        crop,
        "--progress",
        "json",
        "--out",
        tmp_path,
    )
    assert train(*more, name=name) == 0
    model = vfi.load_model(name, weights=tmp_path / f"{name}.safetensors", device="cpu")
    batch = MovingShapes(1, frames_between=1).batch([0])
    assert bool(torch.isfinite(model.interpolate(batch.before, batch.after)).all())


def test_events_are_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train("--steps", 2, "--report-every", 1, "--progress", "json", "--out", tmp_path)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["begin", "trained", "trained", "validated", "end"]
    assert events[1]["losses"]["loss"] > 0


REFUSED = {
    "no data": (["--steps", "1"], 2, "there is no data to train on"),
    "no end": (["--data", "shapes"], 2, "give --steps N or --minutes N"),
    "unknown data": (["--data", "nowhere.mov", "--steps", "1"], 3, "nowhere.mov"),
    "shapes beside clips": (["--data", "shapes", "nowhere.mov", "--steps", "1"], 2, "give --data shapes alone"),
    "a share of 2": (["--data", "shapes", "--synthetic", "2", "--steps", "1"], 2, "share of 2"),
    "too small": (["--data", "shapes", "--crop", "8", "--steps", "1"], 2, "crop of 8 px"),
    "an odd crop": (["--data", "shapes", "--crop", "66", "--batch", "1", "--steps", "1"], 2, "multiples of 4"),
    "no such variant": (["--data", "shapes", "--variant", "x", "--steps", "1"], 2, "no variant 'x'"),
    "no width": (["--data", "shapes", "--width", "0", "--steps", "1"], 2, "width of 0"),
    "no threads": (["--data", "shapes", "--threads", "0", "--steps", "1"], 2, "got 0 threads"),
    "nothing to resume": (["--resume"], 3, "there is no checkpoint.json"),
    "no such weights": (["--data", "shapes", "--steps", "1", "--begin-with", "none.bin"], 3, "none.bin"),
    "a pause of nothing": (["--data", "shapes", "--steps", "1", "--pause-minutes", "0"], 2, "pause after 0"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, code, said = REFUSED[kind]
    assert train(*given, "--device", "cpu", "--out", tmp_path / "out", tiny=False) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_training_is_neither_written_over_nor_changed_into_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train("--steps", 1, "--out", tmp_path)
    for more, name in (((), "figan"), (("--resume", "--width", "1"), "figan"), (("--resume",), "bipn")):
        assert train("--steps", 9, "--out", tmp_path, *more, name=name) == 2
    said = capsys.readouterr().err
    assert "go on with --resume" in said
    assert "got width 1.0 for a training that began with 0.125" in said
    assert "has a training of figan, not of bipn" in said


def test_an_unknown_network_is_told_with_those_that_are_known(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert train("--steps", 1, "--out", tmp_path, name="figann") == 2
    assert (
        "did you mean figan? Can be trained: adaconv, bipn, dain, figan, fused, phasenet, " in capsys.readouterr().err
    )


def test_a_machine_without_opencv_trains_without_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    assert train("--steps", 1, "--out", tmp_path) == 0
    assert capsys.readouterr().out.count("no pictures are drawn here") == 1
    assert not (tmp_path / "curves.png").exists()
    assert steps(tmp_path) == [1]
