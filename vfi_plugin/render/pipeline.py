"""Reading, computing and writing at the same time, with bounded queues between them.

One thread reads ahead, the calling thread computes, a few threads write. At most ``READ_AHEAD`` jobs wait for the
computer and ``WRITERS`` frames for the disk, so memory does not grow with the length of the clip.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

READ_AHEAD = 2
WRITERS = 2
_POLL_SECONDS = 0.1  # how late a stop may be noticed while waiting


class _End:
    """The last thing a reader hands over; carries what it failed with, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(jobs: Iterable[Job], check: Callable[[], None], ahead: int = READ_AHEAD) -> Iterator[Job]:
    """Iterates over ``jobs`` in a thread of its own, at most ``ahead`` ahead of the caller.

    Args:
        jobs: an iterable whose steps are slow (they read files).
        check: raises to stop; called while waiting.
        ahead: how many jobs may wait beside the one that the reader has in hand.

    Raises:
        Whatever an item of ``jobs`` or ``check`` raises. The thread has ended when this returns or raises.
    """
    waiting: queue.Queue[Job | _End] = queue.Queue(ahead)
    stopped = threading.Event()

    def put(item: Job | _End) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_POLL_SECONDS)
                return
            except queue.Full:
                continue

    def work() -> None:
        error: BaseException | None = None
        try:
            for job in jobs:
                put(job)
                if stopped.is_set():
                    return
        except BaseException as failure:  # handed to the caller, whatever it is
            error = failure
        put(_End(error))

    reader = threading.Thread(target=work, name="vfi-reader", daemon=True)
    reader.start()
    try:
        yield from _taken(waiting, check)
    finally:
        stopped.set()
        reader.join()


def _taken(waiting: queue.Queue[Job | _End], check: Callable[[], None]) -> Iterator[Job]:
    while True:
        check()
        try:
            item = waiting.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if not isinstance(item, _End):
            yield item
            continue
        if item.error is not None:
            raise item.error
        return


class WriteBehind:
    """Writes in the background: ``submit`` returns at once while fewer than ``WRITERS`` writes are under way.

    Errors of a write are raised by the next ``submit`` or by leaving the context. Leaving it waits for all writes.
    """

    def __init__(self, on_done: Callable[[str], None], threads: int = WRITERS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="vfi-writer")
        self._threads = threads
        self._on_done = on_done
        self._under_way: dict[Future[None], str] = {}

    def submit(self, name: str, write: Callable[[], None]) -> None:
        """Writes one frame by calling ``write``; ``name`` is what ``on_done`` is told afterwards."""
        while len(self._under_way) >= self._threads:
            self._collect(wait(self._under_way, return_when=FIRST_COMPLETED).done)
        self._under_way[self._pool.submit(write)] = name

    def _collect(self, finished: Iterable[Future[None]]) -> None:
        for future in finished:
            name = self._under_way.pop(future)
            future.result()
            self._on_done(name)

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Waits for all writes; raises the first failed one unless something else is being raised already."""
        self._pool.shutdown(wait=True)
        if kind is None:
            self._collect(list(self._under_way))
