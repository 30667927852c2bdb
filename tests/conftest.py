"""Fixtures that every test may use."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def _importable(name: str) -> None:
    """Makes ``import <name>`` find ``tests/<name>.py`` without a folder on ``sys.path``, which would show more."""
    spec = spec_from_file_location(name, REPOSITORY / "tests" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module_from_spec(spec)  # before it runs: its dataclasses look themselves up there
    spec.loader.exec_module(sys.modules[name])


_importable("material")
_importable("host_memory")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of reference data beside the repository; tests that need it are skipped where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the reference data folder is not beside the repository")
    return folder


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests must not change their outcome."""
    for name in ("OCIO", *[name for name in os.environ if name.startswith("VFI_") and name != "VFI_REQUIRE_GPU"]):
        monkeypatch.delenv(name, raising=False)
