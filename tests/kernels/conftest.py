"""On which backends the kernels' tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from .cases import ORACLE, Backend
from .cuda_on_cpu import CpuLauncher, compiler

# A GPU's machine may have torch, CuPy and pytest alone. A test file that imports one of these has no test for a GPU.
OPTIONAL = {"hypothesis": "from hypothesis import", "vfi_plugin._native": "from vfi_plugin import _native"}
MISSING = tuple(line for module, line in OPTIONAL.items() if not find_spec(module))
collect_ignore = [
    path.name
    for path in Path(__file__).parent.glob("test_*.py")
    if any(f"\n{line}" in path.read_text("utf-8") for line in MISSING)
]

NATIVE = Backend("native")
CUDA_ON_CPU = Backend("cuda", "cpu")

# What is compared with the oracle, the torch form. A backend that is added here runs every shared test.
COMPILED = [
    pytest.param(NATIVE, id="native"),
    pytest.param(Backend("cuda", "cuda"), id="cuda", marks=pytest.mark.gpu),
    pytest.param(CUDA_ON_CPU, id="cuda on a CPU"),
]


def _present(backend: Backend) -> Backend:
    """The backend; without its device or library the test is skipped, or fails where a GPU was promised."""
    missing = backend.what_is_missing()
    if missing and os.environ.get("VFI_REQUIRE_GPU") == "1":
        pytest.fail(f"VFI_REQUIRE_GPU=1, but {missing}")
    if missing:
        pytest.skip(missing)
    return backend


@pytest.fixture(scope="session")
def cpu_launcher(tmp_path_factory: pytest.TempPathFactory) -> CpuLauncher:
    """What runs the CUDA kernels where there is no GPU."""
    if compiler() is None:
        pytest.skip("there is no C++ compiler to run the CUDA kernels on the CPU with")
    return CpuLauncher(tmp_path_factory.mktemp("cuda_on_cpu"))


def _prepared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """The backend that a test is run for, able to run here."""
    if request.param == CUDA_ON_CPU:
        launcher: CpuLauncher = request.getfixturevalue("cpu_launcher")
        launcher.take_over(monkeypatch)
        return CUDA_ON_CPU
    return _present(request.param)


@pytest.fixture(params=COMPILED)
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Each compiled backend."""
    return _prepared(request, monkeypatch)


@pytest.fixture(params=[*COMPILED, pytest.param(ORACLE, id="torch")])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Each backend, the torch form included."""
    return _prepared(request, monkeypatch)


@pytest.fixture
def native() -> Iterator[ModuleType]:
    """The compiled CPU module; its level of instructions and the number of threads are put back afterwards."""
    module: Any = import_module("vfi_plugin._native")
    threads = torch.get_num_threads()
    yield module
    torch.set_num_threads(threads)
    module.limit_level(module.Level.avx512)
