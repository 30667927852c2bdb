"""The adapter of Resolve as `vfi install resolve` leaves it, with a core that is the one under test."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Installed:
    """Where things are.

    Attributes:
        core: a folder with bin/vfi.
        fusion: the user's folder of Resolve's Fusion.
    """

    core: Path
    fusion: Path

    @property
    def adapter(self) -> Path:
        return self.fusion / "vfi"

    def script(self, name: str) -> Path:
        """A script of Resolve's menu."""
        return self.fusion / "Scripts" / "Utility" / name

    def choose(self, name: str, names: Mapping[str, Any]) -> None:
        """What choosing a Python script in the menu does: it has the host's globals, and no __file__."""
        code = compile(self.script(name).read_text("utf-8"), name, "exec")
        with _loaded_anew("vfi_resolve", "vfi_client"):
            exec(code, {"__name__": "__main__", **names})


def install(folder: Path, core: Path) -> Installed:
    """Install the adapter for a user whose home is below ``folder``; ``core`` runs what is under test."""
    home = folder / "home of ø"
    home.mkdir()
    command = [core / "bin" / "vfi", "install", "resolve", "--user", "--home", core]
    done = subprocess.run(command, env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    places = {
        "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion",
        "linux": ".local/share/DaVinciResolve/Fusion",
    }
    return Installed(core, home / places[sys.platform])


@contextlib.contextmanager
def _loaded_anew(*packages: str) -> Iterator[None]:
    """Lets the installed copies be imported in place of the repository's, which other tests have loaded."""

    def ours() -> dict[str, Any]:
        return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in packages}

    kept = ours()
    for name in kept:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in ours():
            del sys.modules[name]
        sys.modules.update(kept)
