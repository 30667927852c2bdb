"""The CUDA sources compile for old and new GPUs, and as PTX for those to come; a GPU is not needed for that."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vfi_plugin.kernels.cuda import launching

from . import nvrtc
from .cuda_on_cpu import SOURCES, STEMS, kernel_names

# The oldest architecture that CUDA 13 compiles for, and the newest whose own instructions are used. They are made by
# way of PTX, so PTX alone, for the architectures to come, is asked for once a file.
ARCHITECTURES = {False: ("sm_75", "sm_90"), True: ("compute_75", "sm_90")}

# What CuPy adds to the options of every file.
BY_CUPY = ("-ftz=true", "--device-as-default-execution-space")


@pytest.mark.skipif(nvrtc.library() is None, reason="NVRTC is not installed (pip install nvidia-cuda-nvrtc)")
@pytest.mark.parametrize("half", [False, True], ids=["float", "half"])
@pytest.mark.parametrize("stem", STEMS)
def test_nvrtc_compiles_it_without_a_word_and_without_the_toolkit(stem: str, half: bool) -> None:
    code = (SOURCES / f"{stem}.cu").read_text(encoding="utf-8")
    for architecture in ARCHITECTURES[half]:
        options = (*launching.options(stem, half), *BY_CUPY, f"-I{SOURCES}", f"--gpu-architecture={architecture}")
        assert nvrtc.compiled(code, options) == ""


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="nvcc is not installed")
@pytest.mark.parametrize("stem", STEMS)
def test_nvcc_compiles_it_without_spilling_a_register(stem: str, tmp_path: Path) -> None:
    targets = ["arch=compute_75,code=sm_75", "arch=compute_90,code=[sm_90,compute_90]"]
    command = [
        "nvcc",
        "-fatbin",
        "-ftz=true",
        *launching.options(stem, False),
        "-Xptxas=-v",
        "-o",
        str(tmp_path / "kernels.fatbin"),
    ]
    command += [f"-gencode={target}" for target in targets] + [str(SOURCES / f"{stem}.cu")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr
    spills = [int(size) for size in re.findall(r"(\d+) bytes spill", done.stderr)]
    assert spills
    assert not any(spills), done.stderr


def test_every_kernel_says_whose_it_is_and_belongs_to_its_file() -> None:
    """A profiler shows the name; the launcher finds the file by it."""
    for stem in STEMS:
        names = kernel_names(stem)
        assert f"vfi_{stem}" in names
        assert {launching.source_file(name.removeprefix("vfi_")) for name in names} == {stem}


def test_no_size_is_compiled_in() -> None:
    """What is told to the compiler depends on the storage type alone, so a new resolution compiles nothing."""
    for stem in STEMS:
        assert set(launching.options(stem, True)) - set(launching.options(stem, False)) == {"-DVFI_HALF"}
