"""The worker's log: one file for all workers of a user, that never grows past a bound."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vfi_plugin.errors import WriteError

LARGEST_BYTES = 4 << 20
KEPT_BYTES = 2 << 20
_NAME = "worker.log"


def default_places() -> Iterator[Path]:
    """Where the log is looked to be kept: the user's place for such files, then the system's for temporary ones."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  (Path.expanduser raises where a farm's user has no home)
    if home.is_absolute():
        if sys.platform == "win32":
            yield Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "vfi" / _NAME
        elif sys.platform == "darwin":
            yield home / "Library" / "Logs" / "vfi" / _NAME
        else:
            yield Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "vfi" / _NAME
    user = os.getuid() if sys.platform != "win32" else "user"
    yield Path(tempfile.gettempdir()) / f"vfi-{user}-{_NAME}"


class Log:
    """An open log; ``path`` is None where none could be opened and what is said is lost.

    Every write is appended by the system, so several workers can share the file, and libraries its descriptor.
    """

    def __init__(self, path: Path | None, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @classmethod
    def open(cls, asked: str | None = None) -> Log:
        """Opens ``asked``, else ``$VFI_LOG``, else the first of ``default_places`` that can be written.

        Raises:
            WriteError: the file that was asked for cannot be written.
        """
        named = asked or os.environ.get("VFI_LOG")
        if named:
            try:
                return cls(Path(named), _opened(Path(named)))
            except OSError as error:
                raise WriteError(f"cannot write the log {named}: {error.strerror}; name another by VFI_LOG") from None
        for place in default_places():
            with suppress(OSError):
                return cls(place, _opened(place))
        return cls(None, os.open(os.devnull, os.O_WRONLY))

    def line(self, text: str) -> None:
        """A line with the time and the process."""
        stamped = f"{time.strftime('%Y-%m-%d %H:%M:%S')} [{os.getpid()}] {text}\n"
        with suppress(OSError):  # a full disk must not end the work of a host
            os.write(self.descriptor, stamped.encode("utf-8", "backslashreplace"))

    def trim(self) -> None:
        """Cuts the file to its last ``KEPT_BYTES`` where it has grown past ``LARGEST_BYTES``.

        In place, as a file that is open in several processes cannot be renamed on Windows. What another process writes
        at this very moment may be lost.
        """
        if self.path is None or os.fstat(self.descriptor).st_size <= LARGEST_BYTES:
            return
        with suppress(OSError), self.path.open("r+b") as file:
            file.seek(-KEPT_BYTES, os.SEEK_END)
            file.readline()  # the rest of a line that was cut
            kept = file.read()
            file.seek(0)
            file.truncate()
            file.write(kept)


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A folder for temporary files is everybody's: a link that somebody else has put there is not followed.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, 0o600)
