"""What ``make gpu-check`` starts and where, with a stand-in for what needs a GPU."""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import threading
import time
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu_check.py"

TELLS_WHAT_IT_FINDS = """
import os, sys
from pathlib import Path
name, minutes, out, *more = sys.argv[1:]
print(name, minutes, more, file=open("told.txt", "w"))
sys.exit(0 if Path(os.environ["VFI_DATA"]).exists() and Path(more[1]).exists() and Path(out).is_absolute() else 1)
"""

ENDS_IN_GOOD_ORDER = """
import signal, sys, time
from pathlib import Path
def end(*_):
    Path("kept").touch()
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
Path("ready").touch()
time.sleep(30)
"""


@pytest.fixture
def gpu_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script as a module, in a root of its own; the test's folder is the one that it is called in."""
    spec = importlib.util.spec_from_file_location("gpu_check", SCRIPT)
    assert isinstance(spec, ModuleSpec)
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "root" / "benchmarks").mkdir(parents=True)
    (tmp_path / "stage").mkdir()
    (tmp_path / "called_in").mkdir()
    monkeypatch.setattr(module, "ROOT", tmp_path / "root")
    monkeypatch.chdir(tmp_path / "called_in")
    return module


def training(gpu_check: Any, script: str, tmp_path: Path) -> bool:
    (tmp_path / "root" / "benchmarks" / "gpu_train.py").write_text(script)
    asked = argparse.Namespace(train="figan", minutes="8", out=Path("out"), train_args="--bank bank.npz --half")
    done: bool = gpu_check.train(asked, tmp_path / "stage")
    return done


def test_relative_paths_are_those_of_the_folder_it_is_called_in(
    gpu_check: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("clips").mkdir()
    Path("bank.npz").touch()
    monkeypatch.setenv("VFI_DATA", "clips")
    assert training(gpu_check, TELLS_WHAT_IT_FINDS, tmp_path)
    assert Path("told.txt").read_text() == "figan 8 ['--bank', 'bank.npz', '--half']\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_to_end_is_handed_on_and_nothing_is_begun_after_it(gpu_check: Any, tmp_path: Path) -> None:
    def end() -> None:
        deadline = time.monotonic() + 20
        while not Path("ready").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=end)
    before = signal.getsignal(signal.SIGTERM)
    ending.start()
    with pytest.raises(SystemExit) as ended:
        training(gpu_check, ENDS_IN_GOOD_ORDER, tmp_path)
    ending.join()
    assert ended.value.code == 143
    assert Path("kept").exists()
    assert signal.getsignal(signal.SIGTERM) is before
