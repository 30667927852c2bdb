"""Whether the process that a worker works for is still there.

A closed pipe says it most often, but not where a child of the host has inherited the pipe's end and lives on.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of Linux' sys/prctl.h


class Parent:
    """The process a worker works for.

    Args:
        process: its number; None for the process that started this one. One that is not there to begin with, such as a
            number of outside a container, is never taken for gone.
    """

    def __init__(self, process: int | None = None) -> None:
        started_by = os.getppid()
        self.process = started_by if process is None else process
        self._is_direct = self.process == started_by
        self._gone = _watch_windows(self.process) if sys.platform == "win32" else self._watch_posix()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self._gone()

    def _watch_posix(self) -> Callable[[], bool]:
        if self._is_direct:
            return lambda: os.getppid() != self.process
        if not _is_running(self.process):
            return lambda: False
        return lambda: not _is_running(self.process)

    def on_death(self, look: Callable[[], None]) -> None:
        """Has ``look`` called when the parent seems to have ended: by the kernel on Linux, on hang-up elsewhere.

        Linux sends the signal already when the parent's thread that started us has ended, so ``look`` must look.
        """
        if sys.platform == "win32":
            return

        def on_signal(_: int, __: FrameType | None) -> None:
            look()

        signal.signal(signal.SIGHUP, on_signal)
        if sys.platform == "linux" and self._is_direct:
            import ctypes

            ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGHUP, 0, 0, 0)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's, but there
        return True
    return True


def _watch_windows(process: int) -> Callable[[], bool]:
    """A handle keeps the number from being given to another process."""
    if sys.platform == "win32":
        import ctypes

        synchronise, signalled = 0x00100000, 0
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = kernel.OpenProcess(synchronise, False, process)
        if not handle:
            return lambda: False
        return lambda: bool(kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == signalled)
    raise OSError("handles of processes are Windows' own")
