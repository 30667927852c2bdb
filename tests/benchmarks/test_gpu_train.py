"""The run of training that follows ``make gpu-check``, here on the CPU."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vfi_plugin.train import start
from vfi_plugin.train.checkpoint import read_pointer

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
    for data in ("", str(tmp_path / "nowhere")):
        monkeypatch.setenv("VFI_DATA", data)
        assert run(gpu_train, tmp_path / "out", monkeypatch) == 2
        assert "let it name a folder of clips" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_movies_without_a_reader_are_told(gpu_train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = tmp_path / "bank.npz"
    bank.touch()
    monkeypatch.setattr(gpu_train, "find_spec", lambda name: None if name == "av" else object())
    said = gpu_train.data_hindrance("VFI_DATA", str(tmp_path))
    assert "lacks av; install them, or decode the clips elsewhere by vfi train --bank" in said
    assert gpu_train.data_hindrance("VFI_DATA", str(bank)) == ""
