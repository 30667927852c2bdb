"""Batches that are made while the step before them runs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

_AHEAD = 2
"""Batches that are ready or being made: one to go on with, one more for a step that is fast."""


class Ahead:
    """A source whose next batches are made in a thread of their own, while one is in use.

    It relies on steps being asked for at even distances, as a training does; any other order works, and waits.
    """

    def __init__(self, source: BatchSource) -> None:
        self._source = source
        self._thread = ThreadPoolExecutor(1, "batches")
        self._made: dict[int, Future[Batch]] = {}
        self._last: int | None = None

    def batch(self, step: int) -> Batch:
        """The batch of a step; raises what the source raises."""
        distance = step - self._last if self._last is not None else 0
        self._last = step
        wanted = [step + distance * later for later in range(_AHEAD + 1)] if distance > 0 else [step]
        self._made = {at: self._made.get(at) or self._thread.submit(self._source.batch, at) for at in wanted}
        return self._made[step].result()

    def close(self) -> None:
        """Ends the thread; batches that nobody asked for are dropped."""
        self._thread.shutdown(cancel_futures=True)
