"""No compiled CPU operation reads or writes outside its arrays. ``make sanitize`` looks inside its buffers, too."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXERCISE = Path(__file__).parent / "exercise_native.py"


def exercised(watch: str) -> subprocess.CompletedProcess[str]:
    spec = find_spec("vfi_plugin._native")
    assert spec is not None
    assert spec.origin is not None
    command = [sys.executable, str(EXERCISE), str(Path(spec.origin).parent), watch]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="pages are guarded by mprotect")
@pytest.mark.parametrize("side", ["begin", "end"])
def test_nothing_outside_an_array_is_touched(side: str) -> None:
    done = exercised(side)
    assert done.returncode == 0, f"stopped by signal {-done.returncode} after:\n{done.stdout}{done.stderr}"
    assert f"watched by: {side}" in done.stdout
