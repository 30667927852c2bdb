"""The run of training that follows ``make gpu-check``, here on the CPU."""

from __future__ import annotations

import importlib.util
import signal
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vfi_plugin.train import start
from vfi_plugin.train.books import Books
from vfi_plugin.train.checkpoint import read_pointer
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.run import Outcome

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu_train.py"
TINY = ("--width", "0.125", "--batch", "1", "--crop", "64", "--device", "cpu")


@pytest.fixture
def gpu_train(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script as a module; validations are of two pairs."""
    monkeypatch.setattr(start, "_HELD_OUT_BATCHES", 1)
    monkeypatch.setattr(start, "_HELD_OUT_BATCH", 2)
    spec = importlib.util.spec_from_file_location("gpu_train", SCRIPT)
    assert isinstance(spec, ModuleSpec)
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(gpu_train: Any, out: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gpu_train.py", "figan", "0.005", str(out), *TINY, *more])
    code: int = gpu_train.main()
    return code


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[TrainingRequest]:
    """What the script asks of a training that is not run."""
    requests: list[TrainingRequest] = []

    def not_run(request: TrainingRequest, *_: object) -> Outcome:
        requests.append(request)
        return Outcome(True, False, 1, 1.0, None, True)

    monkeypatch.setattr(start, "train", not_run)
    return requests


@pytest.fixture(autouse=True)
def _no_data_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VFI_DATA", raising=False)
    monkeypatch.delenv("VFI_VALIDATE", raising=False)


def test_each_run_adds_its_minutes_to_the_training_in_the_folder(
    gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_DATA", "shapes")
    steps = []
    for _ in range(2):
        assert run(gpu_train, tmp_path, monkeypatch) == 0
        steps.append(read_pointer(tmp_path)["step"])
    assert 0 < steps[0] < steps[1]


def test_runs_can_be_parts_of_one_plan(gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VFI_DATA", "shapes")
    assert run(gpu_train, tmp_path, monkeypatch, "--minutes", "5") == 0
    assert run(gpu_train, tmp_path, monkeypatch) == 0
    assert read_pointer(tmp_path)["record"]["options"]["minutes"] == 5.0


def test_what_is_missing_is_said_before_anything_is_done(
    gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for data, said in (("", "VFI_DATA is not set"), (str(tmp_path / "nowhere"), "which is not there")):
        monkeypatch.setenv("VFI_DATA", data)
        assert run(gpu_train, tmp_path / "out", monkeypatch) == 2
        error = capsys.readouterr().err
        assert said in error
        assert "let it name a folder of clips" in error
    assert not (tmp_path / "out").exists()


def test_movies_without_a_reader_are_told(gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = tmp_path / "bank.npz"
    bank.touch()
    monkeypatch.setattr(gpu_train, "find_spec", lambda name: None if name == "av" else object())
    said = gpu_train.data_hindrance("VFI_DATA", str(tmp_path))
    assert "lacks av; install them, or decode the clips elsewhere by vfi train --bank" in said
    assert gpu_train.data_hindrance("VFI_DATA", str(bank)) == ""


def test_made_up_scenes_alone_need_no_data(
    gpu_train: Any, asked: list[TrainingRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(gpu_train, tmp_path, monkeypatch, "--synthetic", "1") == 0
    assert (asked[0].data, asked[0].synthetic) == (None, 1.0)


def test_a_run_that_goes_on_takes_the_data_that_is_named_now(
    gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_DATA", "shapes")
    assert run(gpu_train, tmp_path / "out", monkeypatch) == 0
    bank, held_out = tmp_path / "now.npz", tmp_path / "held_out.npz"
    for variable, path in (("VFI_DATA", bank), ("VFI_VALIDATE", held_out)):
        path.touch()
        monkeypatch.setenv(variable, str(path))
    words = gpu_train.arguments("figan", 1.0, tmp_path / "out", [])
    assert words[words.index("--data") + 1] == str(bank)
    assert words[words.index("--validate") + 1] == str(held_out)
    assert "--resume" in words


def test_minutes_are_of_the_whole_process_and_little_is_lost(
    gpu_train: Any, asked: list[TrainingRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 100.0 + 60.0 * 0.002])  # at the start of the process, and when all is loaded
    monkeypatch.setattr(gpu_train.time, "monotonic", lambda: next(clock))
    assert run(gpu_train, tmp_path, monkeypatch, "--data", "shapes") == 0
    assert asked[0].within_minutes == pytest.approx(0.003)
    assert (asked[0].save_seconds, asked[0].few_files) == (60.0, True)


def test_a_run_that_is_told_to_end_keeps_what_it_has(
    gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VFI_DATA", "shapes")
    real = Books.after_step

    def then_stop(books: Books, *args: Any) -> None:
        real(books, *args)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Books, "after_step", then_stop)
    assert run(gpu_train, tmp_path, monkeypatch, "--within-minutes", "5") == 143
    assert read_pointer(tmp_path)["step"] == 1
    assert "all is kept" in capsys.readouterr().err


def test_a_checkpoint_is_there_before_the_first_step_is_done(
    gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VFI_DATA", "shapes")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Books, "after_step", killed)
    with pytest.raises(KeyboardInterrupt):
        run(gpu_train, tmp_path, monkeypatch)
    assert read_pointer(tmp_path)["step"] == 0
