"""A6 at a size that tests can afford: a frame that does not fit into its memory cap, whole and in pieces.

The full size, 8192x4320 within 4 GiB, is measured by ``benchmarks/large_frames.py``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import material
import numpy as np
import pytest
from large_pans import Pan, guide_of

from .product import environment, vfi_here

SIZE, STEP = (2600, 1300), (90, 0)
CAP_GIB = 1.06

_CHILD = """
import sys
from vfi_plugin.cli.main import main
code = main(sys.argv[1:])
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
sys.exit(code)
"""


def measured(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which tells its peak."""
    command = [sys.executable, "-c", _CHILD, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), cwd=folder)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from Linux's /proc")
def test_a_frame_larger_than_its_cap_keeps_it_and_is_the_one_without(tmp_path: Path) -> None:
    pan = Pan(SIZE, STEP)
    source = pan.write(tmp_path / "in")
    made = {}
    for cap in (CAP_GIB, 6.0):
        target = tmp_path / f"{cap:g}" / "x.#.exr"
        words = ["retime", source, str(target), "--speed", "0.5", "--frames", "2", "--memory-gb", str(cap)]
        done = measured(words, tmp_path) if cap == CAP_GIB else vfi_here(*words)
        assert done.returncode == 0, done.stderr
        assert (f"made in blocks to stay within {CAP_GIB} GiB" in done.stdout + done.stderr) == (cap == CAP_GIB)
        header, made[cap] = material.read_exr(target.with_name("x.2.exr"))
        if cap == CAP_GIB:
            assert int(done.stderr.split("VmHWM:")[1].split()[0]) / (1 << 20) <= CAP_GIB, done.stderr
        assert ("pieces" in json.loads(header["vfi/settings"])) == (cap == CAP_GIB)
    cut, whole = guide_of(made[CAP_GIB]), guide_of(made[6.0])
    assert cut.shape == (*SIZE[::-1], 3)
    assert np.abs(cut - whole).max() < 0.01
    lines = [1024 - 1, 2048 - 1]
    steps, local = (np.abs(np.diff(frame, axis=1)).mean((0, 2)) for frame in (cut, whole))
    assert (steps[lines] <= 2 * local[lines]).all()
    inner = (slice(8, -8), slice(100, -100))
    error = np.stack([made[CAP_GIB][name] for name in "RGB"], axis=-1)[inner] - pan.picture(0.5)[inner]
    assert 10 * np.log10(1 / np.square(error, dtype=np.float64).mean()) >= 32.0
