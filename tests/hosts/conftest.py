"""A session of the fake Nuke with the adapter installed as ``vfi install nuke`` does it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from vfi_plugin.worker.adapter_files import adapter_files, adapter_folder, core_home
from vfi_plugin.worker.adapter_places import Machine, places_of
from vfi_plugin.worker.installing import install

from .fake_nuke import FakeNuke

_OURS = ("vfi_nuke", "vfi_client", "init", "menu")


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory, warm_core: Path) -> Iterator[Path]:
    """The installed adapter, below a folder as artists have them, and read-only: nothing is written there."""
    home = tmp_path_factory.mktemp("home") / "Zoë B"
    places = places_of("nuke", False, Machine("linux", home, {}))
    list(install(adapter_files(adapter_folder("nuke"), places, core_home(str(warm_core))), places, dry_run=False))
    before = _contents(places.adapter)
    with _read_only(places.adapter):
        yield places.adapter
    assert _contents(places.adapter) == before


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """By modes, or for root, whom they do not stop, as a read-only mount where there is a right to one."""
    if os.getuid():
        folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
        modes = {path: path.stat().st_mode for path in folders}
        for path in folders:
            path.chmod(0o555)
        yield
        for path, mode in modes.items():
            path.chmod(mode)
        return
    mounted = subprocess.run(["mount", "-o", "bind,ro", str(folder), str(folder)], capture_output=True).returncode == 0
    yield
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def _contents(folder: Path) -> dict[Path, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {path: path.read_bytes() for path in files}


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in (*_OURS, "nuke")]:
        del sys.modules[name]


StartNuke = Callable[..., FakeNuke]


@pytest.fixture
def start_nuke(plugin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartNuke]:
    """Starts a session: the plug-in folder is on ``sys.path``, and the start files run as the host runs them."""
    monkeypatch.setenv("VFI_KEEP_ENV", "PYTHONPATH" if "PYTHONPATH" in os.environ else "")
    monkeypatch.setenv("VFI_LOG", os.devnull)
    monkeypatch.syspath_prepend(str(plugin_folder))
    sessions: list[FakeNuke] = []

    def start(*, gui: bool = False, script: Path | None = None) -> FakeNuke:
        _forget()
        session = FakeNuke(gui=gui)
        sys.modules["nuke"] = session
        importlib.import_module("init")
        if gui:
            importlib.import_module("menu")
        session.script = "" if script is None else str(script)
        sessions.append(session)
        return session

    yield start
    _forget()
    assert all(session.undo_depth == 0 for session in sessions)


@pytest.fixture
def nuke(start_nuke: StartNuke, tmp_path: Path) -> FakeNuke:
    """A session without a window, with a saved script."""
    return start_nuke(script=tmp_path / "shots" / "comp.nk")


@pytest.fixture
def nuke_gui(start_nuke: StartNuke, tmp_path: Path) -> FakeNuke:
    """A session with a window, with a saved script."""
    return start_nuke(gui=True, script=tmp_path / "shots" / "comp.nk")


@pytest.fixture
def adapter() -> Callable[[], Any]:
    """The adapter package as the running session sees it."""
    return lambda: importlib.import_module("vfi_nuke")
