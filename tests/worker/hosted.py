"""A host for the tests: a core of their own to start, the client loaded as a host would, and a bare line to a worker.

The client starts a core by its executable and takes ``PYTHONPATH`` away, so tests make a home whose ``bin/vfi`` runs
the package that they run. While it runs, that core prints to standard output like an untidy library: what the tests
hear must not be disturbed by it.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

NOISE = "a library says something"

_START = """
import os, sys, threading, time
sys.path.insert(0, {root!r})

def chatter():
    while True:
        os.write(1, b"{noise} by the descriptor\\n")
        print("{noise} by print", flush=True)
        time.sleep(0.05)

from vfi_plugin.cli.main import main
from vfi_plugin.worker.channel import LineChannel

reserved = LineChannel.over_standard_streams.__func__

def noisy(*arguments):
    channel = reserved(*arguments)
    threading.Thread(target=chatter, daemon=True).start()
    return channel

LineChannel.over_standard_streams = classmethod(noisy)
sys.exit(main())
"""


def package_root() -> Path:
    """The folder that the running package lies in."""
    spec = find_spec("vfi_plugin")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]).absolute().parent


def client_file() -> Path:
    """The client as it ships."""
    return package_root() / "vfi_plugin" / "worker" / "client" / "vfi_client.py"


def load_client(path: Path | None = None) -> ModuleType:
    """The client by its file alone, as a host has it."""
    spec = spec_from_file_location("vfi_client", path or client_file())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_program(home: Path, code: str) -> Path:
    """``home`` with a ``bin/vfi`` that runs ``code``."""
    program = home / "bin" / "vfi"
    program.parent.mkdir(parents=True, exist_ok=True)
    (home / "start.py").write_text(code, "utf-8")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(home / "start.py"))} "$@"\n')
    program.chmod(0o755)
    return home


def make_home(home: Path) -> Path:
    """A home with the product in it."""
    return make_program(home, _START.format(root=str(package_root()), noise=NOISE))


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def clean_environment(log: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of this process without any that rule the product, and with a log of the test's own."""
    kept = {name: value for name, value in os.environ.items() if name != "OCIO" and not name.startswith("VFI_")}
    return {**kept, "VFI_LOG": str(log), "OMP_NUM_THREADS": "1", **(changes or {})}


class Line:
    """Lines to and from a worker, without the client."""

    def __init__(self, home: Path, log: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [home / "bin" / "vfi", "worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in clean_environment(log).items() if name != "PYTHONPATH"},
        )
        self.heard: list[Any] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def listen(self) -> None:
        """Begins to read what the worker says."""
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard.append(json.loads(line))

    def say(self, line: bytes | dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def of(self, identifier: Any) -> list[Any]:
        """The events of a request so far."""
        return [event for event in self.heard if event["id"] == identifier]

    def end_of(self, identifier: Any) -> Any:
        """The event that ends a request."""

        def found() -> list[Any]:
            return [event for event in self.of(identifier) if event["event"] in ("done", "error")]

        assert wait_for(found), self.heard
        return found()[0]

    def ended(self) -> int:
        """The exit code; all that was said has been heard then."""
        code = self.process.wait(60)
        if self._listener.ident is not None:
            self._listener.join(10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


def lines_of(home: Path, log: Path, *arguments: str) -> Iterator[Line]:
    """A line for a fixture: ended at the end, whatever happens."""
    line = Line(home, log, *arguments)
    yield line
    if line.process.poll() is None:
        line.process.kill()
    line.ended()
