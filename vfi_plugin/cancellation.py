"""Stopping on request, in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vfi_plugin.errors import Cancelled

_ONE_REQUEST_S = 0.5
"""Signals closer together are one request: ``timeout`` and terminals signal a process, and its group once more."""


class Cancellation:
    """A request to stop that threads look at between frames, or steps.

    ``whole`` is that of everything this work is a part of: when it is requested, this one is too.
    """

    def __init__(self, whole: Cancellation | None = None) -> None:
        self._event = threading.Event()
        self._signal: signal.Signals | None = None
        self._whole = whole

    def request(self, by: int | None = None) -> None:
        """Asks all work to stop; ``by`` is the signal that did, None where the caller does."""
        self._signal = None if by is None else signal.Signals(by)
        self._event.set()

    @property
    def requested(self) -> bool:
        """Whether work should stop."""
        return self._event.is_set() or (self._whole is not None and self._whole.requested)

    def check(self) -> None:
        """Raises Cancelled where a stop was requested; its exit code is 128 plus the signal's number."""
        if self._whole is not None:
            self._whole.check()
        if not self._event.is_set():
            return
        by = "on request" if self._signal is None else f"by {self._signal.name}"
        stopped = Cancelled(f"stopped {by}; frames under their final names are whole")
        stopped.exit_code = 128 + (self._signal or signal.SIGINT)
        raise stopped


@contextmanager
def stop_on_signals() -> Iterator[Cancellation]:
    """SIGINT and SIGTERM request a stop while this lasts; a second one, later, ends the process the usual way."""
    cancellation = Cancellation()
    asked_at = 0.0
    if threading.current_thread() is not threading.main_thread():
        yield cancellation
        return

    def on_signal(number: int, _: FrameType | None) -> None:
        nonlocal asked_at
        if not cancellation.requested:
            asked_at = time.monotonic()
            cancellation.request(number)
        elif time.monotonic() - asked_at > _ONE_REQUEST_S:
            signal.signal(number, previous[signal.Signals(number)])
            signal.raise_signal(number)

    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in previous:
        signal.signal(number, on_signal)
    try:
        yield cancellation
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
