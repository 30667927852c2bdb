"""Pairs of one job on several devices at once, their frames in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_AHEAD = 1  # results of a job that wait for those of earlier jobs, beside the one in hand
_POLL_SECONDS = 0.1  # how late a stop may be noticed while waiting


@dataclass(frozen=True)
class _End:
    """The last thing of a stream; carries what its maker failed with, or None."""

    error: BaseException | None


@dataclass(frozen=True)
class _Stream(Generic[Result]):
    """What one job gives, a little ahead of whoever takes it."""

    waiting: queue.Queue[Result | _End] = field(default_factory=lambda: queue.Queue(_AHEAD))

    def put(self, item: Result | _End, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                self.waiting.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return

    def taken(self, check: Callable[[], None]) -> Iterator[Result]:
        while True:
            check()
            try:
                item = self.waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not isinstance(item, _End):
                yield item
                continue
            if item.error is not None:
                raise item.error
            return


def made_in_order(
    jobs: Iterable[Job], makers: Sequence[Callable[[Job], Iterable[Result]]], check: Callable[[], None]
) -> Iterator[Result]:
    """What makers make of jobs, in the order of the jobs.

    Args:
        jobs: taken one by one; at most one more than there are makers is under way.
        makers: each works at one job at a time, in a thread of its own; no more than two results of a job wait.
        check: raises to stop; called while waiting.

    Raises:
        Whatever a job, a maker or ``check`` raises. All threads have ended when this returns or raises.
    """
    work = _Work(makers)
    under_way: deque[_Stream[Result]] = deque()
    with ThreadPoolExecutor(len(makers), thread_name_prefix="vfi-device") as pool:
        try:
            for job in jobs:
                under_way.append(_Stream())
                pool.submit(work.make, job, under_way[-1])
                if len(under_way) > len(makers):
                    yield from under_way.popleft().taken(check)
            while under_way:
                yield from under_way.popleft().taken(check)
        finally:
            work.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)


class _Work(Generic[Job, Result]):
    """The makers that are free, and whether anybody still wants what they make."""

    def __init__(self, makers: Sequence[Callable[[Job], Iterable[Result]]]) -> None:
        self.stopped = threading.Event()
        self._free: queue.SimpleQueue[Callable[[Job], Iterable[Result]]] = queue.SimpleQueue()
        for maker in makers:
            self._free.put(maker)

    def make(self, job: Job, stream: _Stream[Result]) -> None:
        """Puts all that a maker makes of a job into a stream, and an end."""
        maker = self._free.get()
        end = _End(None)
        try:
            self._pass_on(maker(job), stream)
        except BaseException as failure:  # handed to the caller, whatever it is
            end = _End(failure)
        finally:
            self._free.put(maker)
        stream.put(end, self.stopped)

    def _pass_on(self, results: Iterable[Result], stream: _Stream[Result]) -> None:
        for result in results:
            stream.put(result, self.stopped)
            if self.stopped.is_set():
                return
