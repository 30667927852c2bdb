"""Frames that are decoded by several threads at once, before whoever needs them asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, TypeVar

Decoded = TypeVar("Decoded")


class FramesAhead(Generic[Decoded]):
    """Reads frames in the order in which they will be wanted, at most ``threads`` of them ahead of who asks.

    What is read too early only waits; what is never asked for is let go, and its errors with it.
    """

    def __init__(self, read: Callable[[int], Decoded], threads: int) -> None:
        self._read = read
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="vfi-decoder") if threads > 1 else None
        self._expected: dict[int, None] = {}
        self._under_way: dict[int, Future[Decoded]] = {}
        self._lock = threading.Lock()

    def expect(self, numbers: Iterable[int]) -> None:
        """Tells which frames will be wanted, in the order in which each is wanted first."""
        with self._lock:
            self._expected = dict.fromkeys(numbers)

    def get(self, number: int) -> Decoded:
        """One frame. Raises as ``read`` does for it."""
        if self._pool is None:
            return self._read(number)
        with self._lock:
            wanted = self._under_way.pop(number, None) or self._pool.submit(self._read, number)
            self._pass(number)
            self._begin_more()
        return wanted.result()

    def close(self) -> None:
        """Begins no more, and waits for what is under way."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _pass(self, number: int) -> None:
        """What was expected before this frame is not wanted any more, as far as it was not asked for."""
        if number not in self._expected:
            return
        for earlier in list(self._expected):
            del self._expected[earlier]
            if earlier == number:
                return
            self._under_way.pop(earlier, None)

    def _begin_more(self) -> None:
        assert self._pool is not None
        room = self._threads - len(self._under_way)
        for following in [each for each in islice(self._expected, self._threads) if each not in self._under_way]:
            if room <= 0:
                return
            self._under_way[following] = self._pool.submit(self._read, following)
            room -= 1
