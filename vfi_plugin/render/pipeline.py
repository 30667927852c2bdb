"""Reading, computing and writing at the same time, with bounded queues between them.

One thread reads ahead, the calling thread computes, a few threads write. At most ``READ_AHEAD`` jobs wait for the
computer and ``WRITERS`` frames for the disk, so memory does not grow with the length of the clip.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Item = TypeVar("Item")

READ_AHEAD = 2
WRITERS = 2
_POLL_SECONDS = 0.1  # how late a stop may be noticed while waiting


class _End:
    """The last thing in a stream; carries what its maker failed with, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Stream(Generic[Item]):
    """Items made in one thread and taken in another.

    Args:
        ahead: how many may wait beside the one that the maker has in hand.
        stopped: set once nobody wants more.
    """

    def __init__(self, ahead: int, stopped: threading.Event) -> None:
        self._waiting: queue.Queue[Item | _End] = queue.Queue(ahead)
        self._stopped = stopped

    def fill(self, items: Iterable[Item]) -> None:
        """Passes on all items, then an end; what goes wrong goes to whoever takes them."""
        error: BaseException | None = None
        try:
            for item in items:
                self._put(item)
                if self._stopped.is_set():
                    return
        except BaseException as failure:  # handed to the taker, whatever it is
            error = failure
        self._put(_End(error))

    def taken(self, check: Callable[[], None]) -> Iterator[Item]:
        """The items; ``check`` is called while waiting and raises to stop."""
        while True:
            check()
            try:
                item = self._waiting.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if not isinstance(item, _End):
                yield item
                continue
            if item.error is not None:
                raise item.error
            return

    def _put(self, item: Item | _End) -> None:
        while not self._stopped.is_set():
            try:
                self._waiting.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return


def read_ahead(jobs: Iterable[Item], check: Callable[[], None], ahead: int = READ_AHEAD) -> Iterator[Item]:
    """Iterates over ``jobs`` in a thread of its own, at most ``ahead`` ahead of the caller.

    Args:
        jobs: an iterable whose steps are slow (they read files).
        check: raises to stop; called while waiting.
        ahead: how many jobs may wait beside the one that the reader has in hand.

    Raises:
        Whatever an item of ``jobs`` or ``check`` raises. The thread has ended when this returns or raises.
    """
    stopped = threading.Event()
    stream: Stream[Item] = Stream(ahead, stopped)
    reader = threading.Thread(target=stream.fill, args=(jobs,), name="vfi-reader", daemon=True)
    reader.start()
    try:
        yield from stream.taken(check)
    finally:
        stopped.set()
        reader.join()


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
