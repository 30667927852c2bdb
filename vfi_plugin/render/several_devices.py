"""Pairs of one job on several devices at once, their frames in order."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_POLL_SECONDS = 0.1  # how late a stop may be noticed while waiting


def made_in_order(
    jobs: Iterable[Job], makers: Sequence[Callable[[Job], Sequence[Result]]], check: Callable[[], None]
) -> Iterator[Result]:
    """What makers make of jobs, in the order of the jobs.

    Args:
        jobs: taken one by one; at most one more than there are makers is under way.
        makers: each works at one job at a time, in a thread of its own.
        check: raises to stop; called while waiting.

    Raises:
        Whatever a job, a maker or ``check`` raises. All threads have ended when this returns or raises.
    """
    free: queue.SimpleQueue[Callable[[Job], Sequence[Result]]] = queue.SimpleQueue()
    for maker in makers:
        free.put(maker)

    def made(job: Job) -> Sequence[Result]:
        maker = free.get()
        try:
            return maker(job)
        finally:
            free.put(maker)

    under_way: deque[Future[Sequence[Result]]] = deque()
    with ThreadPoolExecutor(len(makers), thread_name_prefix="vfi-device") as pool:
        try:
            for job in jobs:
                under_way.append(pool.submit(made, job))
                if len(under_way) > len(makers):
                    yield from _waited_for(under_way.popleft(), check)
            while under_way:
                yield from _waited_for(under_way.popleft(), check)
        finally:
            for waiting in under_way:
                waiting.cancel()


def _waited_for(future: Future[Sequence[Result]], check: Callable[[], None]) -> Sequence[Result]:
    while True:
        check()
        try:
            return future.result(timeout=_POLL_SECONDS)
        except TimeoutError:
            if future.done():  # the maker's own
                raise
