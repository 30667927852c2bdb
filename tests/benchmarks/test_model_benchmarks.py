"""The models' benchmark runs, on frames that take no time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from vfi_plugin.models.weights_place import SHIPPED

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


KINDS = ("phase", "figan")  # one paints and has no weights, one moves and has some; all would take a minute


def test_models_are_measured_in_time_and_memory(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean["VFI_WEIGHTS"] = str(tmp_path / "no weights")
    command = [sys.executable, str(BENCHMARKS / "models.py"), "--size", "128x64", "--out", str(tmp_path)]
    command += ["--models", *KINDS]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "models_cpu.json").read_text("utf-8"))["rows"]
    assert tuple(dict.fromkeys(row["name"] for row in rows)) == KINDS
    with_their_weights = {row["name"] for row in rows if row["weights"] == "weights in use"}
    assert with_their_weights == {name for name in KINDS if (SHIPPED / f"{name}.safetensors").is_file()}
    for row in rows:
        assert row["seconds"] > 0
        assert row["peak_bytes"] > 2**26  # torch alone takes more
