"""A home of the core whose processes start at once: each is forked from one that has loaded torch already.

Loading takes two seconds of processor time, and hosts and farms start a core for every piece of work. A process from
here is one of its own all the same: its number, folder, variables, streams and signals are those of whoever asked.
Tests about the start itself, or about a host that dies, take a home whose core is started bare.

Run as a program, with the address to listen at, this file is the process that the others are forked from.
"""

from __future__ import annotations

import gc
import json
import os
import secrets
import select
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

_LOADED = (
    *("vfi_plugin.render.run", "vfi_plugin.worker.service", "vfi_plugin.models.network", "vfi_plugin.kernels.native"),
    *(f"vfi_plugin.cli.{name}" for name in ("main", "retime", "scan", "repair", "farm", "worker")),
    *("vfi_plugin.cli.progress_display", "PyOpenColorIO"),
)

_LENGTH_BYTES = 8

_PROGRAM = """
import json, os, signal, socket, sys

line = socket.socket(socket.AF_UNIX)
line.connect({address!r})
said = json.dumps({{"arguments": sys.argv[1:], "folder": os.getcwd(), "variables": dict(os.environ)}}).encode()
socket.send_fds(line, [len(said).to_bytes({length}, "big")], [0, 1, 2])
line.sendall(said)
process = int.from_bytes(line.recv({length}), "big")
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(process, number))
told = line.recv({length})
code = int.from_bytes(told, "big", signed=True) if told else -signal.SIGKILL
if code < 0:
    signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextmanager
def warm_home(folder: Path) -> Iterator[Path]:
    """``folder`` with a ``bin/vfi``; while the context lasts, where it can: Linux alone has what is needed."""
    package = import_module("vfi_plugin").__file__
    assert package is not None
    root = str(Path(package).parent.parent)
    if sys.platform != "linux":
        yield _home(folder, f"import sys\nsys.path.insert(0, {root!r})\n{_BARE}")
        return
    address = f"\0vfi-tests-{secrets.token_hex(8)}"  # no file: its path might be too long
    words = [sys.executable, "-P", __file__, address[1:], root]
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    # Until its input ends: that is when this process does, whatever happens to it.
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.read(1) == b"."  # it listens
        yield _home(folder, _PROGRAM.format(address=address, length=_LENGTH_BYTES))
        server.stdin.close()


_BARE = "from vfi_plugin.cli.main import main\nsys.exit(main())\n"


def _home(folder: Path, code: str) -> Path:
    program = folder / "bin" / "vfi"
    program.parent.mkdir(parents=True)
    start = folder / "start.py"
    start.write_text(code, "utf-8")
    options = "-IS" if sys.platform == "linux" else "-P"  # without its site-packages Python starts twice as fast
    words = shlex.join([sys.executable, options, str(start)])
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n', "utf-8")
    program.chmod(0o755)
    return folder


def _serve(address: str) -> None:
    """Returns in each process that was asked for; in this one when the input ends."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + address)
    listener.listen(64)
    os.write(1, b".")
    keepers = 0
    while True:
        ready, _, _ = select.select([listener, 0], [], [])
        if 0 in ready:
            break
        line, _ = listener.accept()
        if not os.fork():
            listener.close()
            return _keep(line)
        line.close()
        keepers += 1
    # Waited for, so that their processor time counts as this one's; each ends with who asked for its process.
    for _ in range(keepers):
        os.wait()
    os._exit(0)


def _keep(line: socket.socket) -> None:
    """Forks the process that was asked for, in which this returns; tells how it ends, or ends it with who asked."""
    head, streams, _, _ = socket.recv_fds(line, _LENGTH_BYTES, 3)
    with line.makefile("rb") as reader:
        asked = json.loads(reader.read(int.from_bytes(head, "big")))
    process = os.fork()
    if not process:
        line.close()
        return _become(asked, streams)
    line.sendall(process.to_bytes(_LENGTH_BYTES, "big"))
    for stream in (*streams, 0, 1, 2):
        os.close(stream)
    ended = os.pidfd_open(process)
    if ended not in select.select([line, ended], [], [])[0]:
        os.kill(process, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    line.sendall(code.to_bytes(_LENGTH_BYTES, "big", signed=True))
    os._exit(0)


def _become(asked: dict[str, Any], streams: list[int]) -> None:
    """Takes on what belongs to the process that was asked for."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    sys.argv = ["vfi", *asked["arguments"]]


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[2])
    for name in _LOADED:
        import_module(name)
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "threads do not survive a fork"
    gc.freeze()
    _serve(sys.argv[1])
    sys.exit(import_module("vfi_plugin.cli.main").main())
