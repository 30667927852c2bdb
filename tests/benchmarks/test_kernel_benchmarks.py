"""The kernels' benchmarks run, at sizes that take no time; how fast anything is, is no matter of a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, env=clean, capture_output=True, text=True, timeout=300)


def rows_written(script: str, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(script, *arguments, "--scale", "0.01", "--out", folder)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.json")
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    assert len(done.stdout.splitlines()) >= len(rows)  # each is also said
    return rows


def test_the_cpu_benchmarks_judge_every_kernel_by_its_goal(tmp_path: Path) -> None:
    rows = rows_written("kernels.py", tmp_path)
    names = " ".join(row["name"] for row in rows)
    for kernel in ("warp", "separable", "adaptive", "splat", "correlation", "project_flow", "filter_warp"):
        assert kernel in names
    for row in rows:
        assert row["ours_s"] > 0
        assert row["met"] == (None if row["gate"] is None else row["speedup"] >= row["gate"])


def test_the_gpu_benchmarks_try_out_every_row_without_a_gpu(tmp_path: Path) -> None:
    rows = rows_written("kernels_gpu.py", tmp_path, "--device", "cpu")
    assert {"warp 4K half", "adaptive 41 1080p half", "filter_warp C=196 1080p"} <= {row["name"] for row in rows}
    assert all(row["ours_s"] > 0 and row["floor_s"] > 0 for row in rows)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here it would run")
def test_the_gpu_check_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    done = run("gpu_check.py", "--out", tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("gpu-check: ")
    assert not list(tmp_path.iterdir())


def test_an_unknown_suite_is_refused_with_the_list_of_known_ones() -> None:
    done = run("run.py", "kernel")
    assert done.returncode == 2
    assert "use stages, whole_run, whole_run_4k, kernels" in done.stderr
