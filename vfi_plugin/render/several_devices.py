"""Pairs of one job on several devices at once, their frames in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TypeVar

from vfi_plugin.render.pipeline import Stream

Job = TypeVar("Job")
Result = TypeVar("Result")

_AHEAD = 1  # results of a job that wait for those of earlier jobs, beside the one in hand


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
    free: queue.SimpleQueue[Callable[[Job], Iterable[Result]]] = queue.SimpleQueue()
    for maker in makers:
        free.put(maker)

    def make(job: Job, stream: Stream[Result]) -> None:
        maker = free.get()
        stream.fill(chain.from_iterable(map(maker, (job,))))  # asked within, so that the stream tells what it raises
        free.put(maker)

    stopped = threading.Event()
    under_way: deque[Stream[Result]] = deque()
    pool = ThreadPoolExecutor(len(makers), thread_name_prefix="vfi-device")
    try:
        for job in jobs:
            under_way.append(Stream(_AHEAD, stopped))
            pool.submit(make, job, under_way[-1])
            if len(under_way) > len(makers):
                yield from under_way.popleft().taken(check)
        for stream in under_way:
            yield from stream.taken(check)
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
