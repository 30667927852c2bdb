"""Batches that are made while the step before them runs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import torch

from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

_AHEAD = 2
"""Batches that are ready or being made: one to go on with, one more for a step that is fast."""


class Ahead:
    """A source whose next batches are made in a thread of their own, while one is in use.

    On a GPU the thread has a stream of its own, too: in the training's, a batch would wait for the step before it.

    It relies on steps being asked for at even distances, as a training does; any other order works, and waits.

    Args:
        source: what makes them.
        device: where it puts them.
    """

    def __init__(self, source: BatchSource, device: torch.device | str = "cpu") -> None:
        self._source = source
        self._stream = _stream_of(torch.device(device))
        self._thread = ThreadPoolExecutor(1, "batches")
        self._made: dict[int, Future[tuple[Batch, torch.cuda.Event | None]]] = {}
        self._last: int | None = None

    def batch(self, step: int) -> Batch:
        """The batch of a step; raises what the source raises."""
        distance = step - self._last if self._last is not None else 0
        self._last = step
        wanted = [step + distance * later for later in range(_AHEAD + 1)] if distance > 0 else [step]
        self._made = {at: self._made.get(at) or self._thread.submit(self._make, at) for at in wanted}
        batch, made = self._made[step].result()
        if made is not None:
            _hand_over(batch, made)
        return batch

    def close(self) -> None:
        """Ends the thread; batches that nobody asked for are dropped."""
        self._thread.shutdown(cancel_futures=True)

    def _make(self, step: int) -> tuple[Batch, torch.cuda.Event | None]:
        """The batch, and what happens on the GPU when it is done; that may be after this returns."""
        if self._stream is None:
            return self._source.batch(step), None
        with torch.cuda.stream(self._stream):
            return self._source.batch(step), self._stream.record_event()


def _stream_of(device: torch.device) -> torch.cuda.Stream | None:
    """A new one; None where there are none."""
    if device.type != "cuda":
        return None
    stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    return stream


def _hand_over(batch: Batch, made: torch.cuda.Event) -> None:
    """Lets the stream that is current wait until a batch is made, without anybody else waiting."""
    using = torch.cuda.current_stream(batch.before.device)
    using.wait_event(made)
    for part in (batch.before, batch.after, batch.between, batch.times, batch.flows):
        # Its memory must not go to the next batch before the step is done with it.
        if part is not None:
            part.record_stream(using)
