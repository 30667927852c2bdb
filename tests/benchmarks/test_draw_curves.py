"""A training's table becomes a picture, wherever the training ran."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import cv2
import numpy as np
import pytest
from tiny_quality import BENCHMARKS, run_benchmark

from vfi_plugin.train.curves import Curves
from vfi_plugin.train.pictures import write_curves


def _table(path: Path) -> Curves:
    curves = Curves(path, 0)
    for step in range(1, 9):
        curves.add({"step": step, "seconds": step, "samples": step, "learning_rate": 1e-3, "loss": 1 / step})
    curves.add({"step": 8, "dB network": 31.5})
    return curves


def test_the_picture_is_the_one_that_the_training_would_have_drawn(tmp_path: Path) -> None:
    write_curves(tmp_path / "own.png", _table(tmp_path / "curves.csv"))
    before = (tmp_path / "curves.csv").read_bytes()
    done = run_benchmark(BENCHMARKS / "curves.py", tmp_path / "curves.csv", tmp_path / "drawn.png")
    assert done.returncode == 0, done.stderr
    drawn, own = (cv2.imread(str(tmp_path / name)) for name in ("drawn.png", "own.png"))
    assert np.array_equal(drawn, own)
    assert (tmp_path / "curves.csv").read_bytes() == before


def test_what_is_no_table_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    program = run_path(str(BENCHMARKS / "curves.py"))  # here: a process of its own takes seconds to load torch
    for name in ("list.csv", "absent.csv"):
        monkeypatch.setattr("sys.argv", ["curves.py", str(tmp_path / name), str(tmp_path / "drawn.png")])
        assert program["main"]() == 2
        said = capsys.readouterr().err
        assert name in said
        assert said.count("\n") == 1
    assert not (tmp_path / "drawn.png").exists()
