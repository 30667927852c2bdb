"""Runs the CUDA backend without a GPU: its Python as it is, its ``.cu`` files compiled as C++ by ``cuda_on_cpu.h``."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
import torch

from vfi_plugin.kernels import backend
from vfi_plugin.kernels.cuda import convolving, launching, throwing

SOURCES = Path(str(files("vfi_plugin.kernels.cuda")))
STEMS = sorted(path.stem for path in SOURCES.glob("*.cu"))
SHIM = Path(__file__).with_name("cuda_on_cpu.h")

ENTRY = """
extern "C" const char* run_{name}(void** arguments, const int* sizes) {{
    return call_kernel(&{name}, arguments, sizes);
}}
"""


def kernel_names(stem: str) -> list[str]:
    """The kernels that a file defines."""
    text = (SOURCES / f"{stem}.cu").read_text(encoding="utf-8")
    return re.findall(r"__global__ void[^;{(]*?(?:__launch_bounds__\([^)]*\)\s*)?(vfi_\w+)\(", text)


def compiler() -> str | None:
    return next((found for name in ("g++", "clang++", "c++") if (found := shutil.which(name))), None)


class CpuLauncher:
    """Stands in for ``launching.launch``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launched: set[str] = set()
        self.library = cache(self._compiled)

    def _compiled(self, stem: str, half: bool) -> ctypes.CDLL:
        entries = "".join(ENTRY.format(name=name) for name in kernel_names(stem))
        target = self.folder / f"{stem}{'_half' if half else ''}.so"
        source = target.with_suffix(".cpp")
        source.write_text(f'#include "{SHIM}"\n#include "{SOURCES / stem}.cu"\n{entries}', encoding="utf-8")
        # An address outside a plain array is caught too: undefined behaviour of the C++ kind stops the run.
        flags = ["-std=c++17", "-O1", "-shared", "-fPIC", "-ffp-contract=off", "-Wall", "-Wno-unused", "-Wno-psabi"]
        told = ["-DVFI_HALF"] if half else []
        if "__syncthreads" in (SOURCES / f"{stem}.cu").read_text(encoding="utf-8"):
            told.append("-DVFI_BARRIERS")
        done = subprocess.run(
            [compiler() or "c++", *flags, *told, "-o", str(target), str(source)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return ctypes.CDLL(str(target))

    def take_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """For one test: "cuda" takes tensors on the CPU, and what it launches runs here."""
        hindrance = backend._hindrance
        monkeypatch.setattr(backend, "_hindrance", lambda name, asked: "" if name == "cuda" else hindrance(name, asked))
        for module in (launching, throwing, convolving):
            monkeypatch.setattr(module, "launch", self)

    def __call__(
        self,
        kernel: str,
        like: torch.Tensor,
        grid: tuple[int, int, int],
        block: tuple[int, int, int],
        *values: torch.Tensor | int | float,
    ) -> None:
        library = self.library(launching.source_file(kernel), like.dtype == torch.float16)
        function = getattr(library, f"run_vfi_{kernel}")
        function.restype = ctypes.c_char_p
        arrays = [launching.argument(value) for value in values]
        # A numpy scalar has no address of its own to give away; an array of one element has.
        kept = [array.reshape(1).copy() for array in arrays]
        addresses = (ctypes.c_void_p * len(kept))(*(array.ctypes.data for array in kept))
        torch.set_flush_denormal(True)  # as the GPU does: CuPy compiles with -ftz=true
        failure = function(addresses, (ctypes.c_int * 6)(*grid, *block))
        torch.set_flush_denormal(False)
        assert not failure, f"vfi_{kernel}: {failure.decode()}"
        self.launched.add(f"vfi_{kernel}")
