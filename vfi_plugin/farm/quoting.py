"""One line out of the words of a command, for engines that keep a command as text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import PureWindowsPath

_PLAIN = re.compile(r"[\w@%+=:,./\\#<>~-]+", re.ASCII)


def windows_line(words: Iterable[str]) -> str:
    """As programs on Windows, .NET and Mono split it: quoted by ``"``, a backslash counts before such a mark only.

    More is quoted than Windows asks for: Mono on Linux reads an apostrophe as a mark, too.
    """
    return " ".join(word if _PLAIN.fullmatch(word) else _in_marks(word) for word in words)


def shell_line(words: Iterable[str]) -> str:
    """As a POSIX shell splits it."""
    return shlex.join(words)


def is_of_windows(path: str) -> bool:
    """Whether an absolute path is one of Windows: with a drive, or a share as ``\\\\server\\share``."""
    return bool(PureWindowsPath(path).drive) and not path.startswith("/")


def _in_marks(word: str) -> str:
    """Backslashes are doubled before a mark, which the closing one is as well."""
    inner = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", inner) + '"'
