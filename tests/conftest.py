"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_file_location
from pathlib import Path
from typing import ClassVar

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


class _SharedModules(MetaPathFinder):
    """Lets any test ``import material`` without a folder on ``sys.path``, which would show more.

    A file is loaded by the first test that asks: one needs OpenEXR, which the GPU tests' machine may lack.
    """

    names = (
        *("material", "small_pans", "moving_textures", "large_pans", "host_memory"),
        *("calm_networks", "shown_as_filmed", "tiny_quality", "tiny_sets", "toy_training", "warm_core"),
    )
    of_benchmarks = (
        *("defect_clips", "defect_edits", "defect_footage", "defect_makers", "defect_places", "defect_plan"),
        *("defect_shots", "flow_first", "marks", "scan_page", "scan_scores"),
    )
    """Labelled clips with defects and what is measured on them, and a part of a training: tests use these too."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name in self.names:
            return spec_from_file_location(name, REPOSITORY / "tests" / f"{name}.py")
        if name in self.of_benchmarks:
            return spec_from_file_location(name, REPOSITORY / "benchmarks" / f"{name}.py")
        return None


class _AdapterModules(MetaPathFinder):
    """Lets tests import what Resolve's Python would find, again without a folder on ``sys.path``."""

    files: ClassVar = {
        "vfi_client": REPOSITORY / "vfi_plugin" / "worker" / "client" / "vfi_client.py",
        "vfi_resolve": REPOSITORY / "resolve" / "vfi_resolve" / "__init__.py",
    }

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        file = self.files.get(name)
        if file is None:
            return None
        inside = [str(file.parent)] if file.name == "__init__.py" else None
        return spec_from_file_location(name, file, submodule_search_locations=inside)


sys.meta_path += [_SharedModules(), _AdapterModules()]

if find_spec("hypothesis"):  # the GPU tests' machine may lack it
    from hypothesis import settings

    # How long an example takes says how busy the machine is, nothing else.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of reference data beside the repository; tests that need it are skipped where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the reference data folder is not beside the repository")
    return folder


@pytest.fixture
def gpu() -> None:
    """An NVIDIA GPU that torch can use; the test is skipped without one, or fails where one was promised."""
    import torch

    if not torch.cuda.is_available():
        (pytest.fail if os.environ.get("VFI_REQUIRE_GPU") == "1" else pytest.skip)("torch sees no CUDA device")


@pytest.fixture(scope="session")
def warm_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the core whose every process starts at once; see the module of that name."""
    from warm_core import warm_home

    with warm_home(tmp_path_factory.mktemp("warm") / "core ü") as home:
        yield home


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests must not change their outcome."""
    for name in ("OCIO", *[name for name in os.environ if name.startswith("VFI_") and name != "VFI_REQUIRE_GPU"]):
        monkeypatch.delenv(name, raising=False)
