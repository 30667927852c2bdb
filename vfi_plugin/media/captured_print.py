"""Keeps a library's prints off standard output, where progress lines for a farm or a host may be read by a machine.

The OpenEXR module prints "Warning: Exception raised reading pixel data..." and goes on without the part. The text is
the reason of the failure, so it is collected; what other threads print meanwhile goes where it was going.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_lock = threading.Lock()
_collected = threading.local()
_users = 0
_before: TextIO | None = None


class _Router:
    """Stands for standard output: text of collecting threads is kept, all other text passes."""

    def __init__(self, target: TextIO) -> None:
        self._target = target

    def write(self, text: str) -> int:
        lines = getattr(_collected, "lines", None)
        if lines is None:
            return self._target.write(text)
        lines.append(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def _install() -> None:
    global _users, _before
    with _lock:
        if _users == 0:
            _before = sys.stdout
            sys.stdout = _Router(_before)
        _users += 1


def _uninstall() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users == 0 and isinstance(sys.stdout, _Router) and _before is not None:
            sys.stdout = _before


@contextmanager
def captured_print() -> Iterator[list[str]]:
    """Collects what this thread prints through Python inside the block."""
    _install()
    _collected.lines = []
    try:
        yield _collected.lines
    finally:
        _collected.lines = None
        _uninstall()
