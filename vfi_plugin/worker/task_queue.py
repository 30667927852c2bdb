"""Which request runs, which wait, and which are not wanted any more. Nothing is said or computed here."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import BusyError, Cancelled, ProtocolError
from vfi_plugin.worker.protocol import Identifier, Request

MOST_WAITING = 7
"""A person waits for one thing, perhaps two; more is a host that has lost count."""

_WAKE_S = 0.25
"""How late a signal may be seen while nothing is to do: Windows does not interrupt a lock that is waited for."""


@dataclass(frozen=True)
class Task:
    """A request that waits or runs."""

    request: Request
    cancellation: Cancellation


class TaskQueue:
    """One task runs, a few wait. ``take`` and ``finish`` are for one thread, the rest for any."""

    def __init__(self, stop: Cancellation) -> None:
        self._stop = stop
        self._changed = threading.Condition()
        self._waiting: deque[Task] = deque()
        self._running: Task | None = None
        self._ended_at: float | None = None

    def put(self, request: Request, accepted: Callable[[int], None]) -> None:
        """Lets a request wait; ``accepted`` is called, before it can begin, with the number of those before it.

        Raises:
            BusyError: too many wait.
            ProtocolError: its id is that of another one.
            Cancelled: the end has come.
        """
        with self._changed:
            known = [*([] if self._running is None else [self._running]), *self._waiting]
            if self._ended_at is not None:
                raise Cancelled("the worker ends; start another")
            if any(task.request.id == request.id for task in known):
                raise ProtocolError(f"the id {request.id!r} is still in use; give every request its own")
            if len(self._waiting) >= MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} requests wait already; cancel one, or wait until one is done")
            accepted(len(known))
            self._waiting.append(Task(request, Cancellation(self._stop)))
            self._changed.notify()

    def take(self) -> Task | None:
        """The next task, when there is one; None when the end has come."""
        with self._changed:
            while not self._waiting:
                if self._ended_at is not None or self._stop.requested:
                    return None
                self._changed.wait(_WAKE_S)
            self._running = self._waiting.popleft()
            return self._running

    def finish(self) -> None:
        """The task that was taken is done with; its id is free."""
        with self._changed:
            self._running = None

    def cancel(self, identifier: Identifier) -> tuple[bool, Task | None]:
        """Stops a request: whether there was one, and the task that waited and now never runs."""
        with self._changed:
            if self._running is not None and self._running.request.id == identifier:
                self._running.cancellation.request()
                return True, None
            dropped = next((task for task in self._waiting if task.request.id == identifier), None)
            if dropped is None:
                return False, None
            self._waiting.remove(dropped)
            return True, dropped

    def end(self) -> list[Task] | None:
        """Stops everything for good; the tasks that never run, or None where the end had come before."""
        with self._changed:
            if self._ended_at is not None:
                return None
            self._ended_at = time.monotonic()
            dropped, self._waiting = list(self._waiting), deque()
            if self._running is not None:
                self._running.cancellation.request()
            self._changed.notify()
            return dropped

    @property
    def seconds_since_end(self) -> float:
        """How long ago the end came; 0 where it has not."""
        return 0.0 if self._ended_at is None else time.monotonic() - self._ended_at
