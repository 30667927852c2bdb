"""One worker for all tests that only ask; it lies in a folder with blanks and letters of other scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import material
import pytest

from .hosted import Line, clean_environment, lines_of, load_client, make_home

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]  # the home that these tests make is a shell script


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a host's ground ä漢")


@pytest.fixture(scope="session")
def home(ground: Path) -> Path:
    return make_home(ground / "vfi home")


@pytest.fixture(scope="session")
def log(ground: Path) -> Path:
    return ground / "log of all" / "worker.log"


@pytest.fixture(scope="session")
def client() -> ModuleType:
    return load_client()


@pytest.fixture(scope="session")
def plate(ground: Path) -> str:
    """Five frames of half RGB, 192x108, that move."""
    return material.pan(192, 108, count=5).write(ground / "plate")


@pytest.fixture(scope="session")
def heavy(ground: Path) -> str:
    """Frames that take long enough to be stopped between them."""
    return material.pan(640, 360, name="heavy", count=12).write(ground / "heavy")


@pytest.fixture(scope="session")
def worker(client: ModuleType, home: Path, log: Path) -> Iterator[Any]:
    with client.Worker("the tests", str(home), clean_environment(log)) as started:
        yield started


@pytest.fixture
def line(warm_core: Path, log: Path) -> Iterator[Line]:
    """To a worker of its own, which starts at once; those that hosts start, and the one for all, are started bare."""
    for line in lines_of(warm_core, log):
        line.listen()
        yield line
