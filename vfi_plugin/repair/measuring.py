"""Measures frames of a clip in order, a few of them in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace

from vfi_plugin.render.cuts import Signature
from vfi_plugin.repair import frame_faults
from vfi_plugin.repair.look import Look, Looker
from vfi_plugin.repair.pair_measures import LAGS, PairMeasures, PairMeter
from vfi_plugin.repair.series import FrameMeasures
from vfi_plugin.repair.shots import REACH, shot_measures, signature_of

BEFORE = max(LAGS, REACH)
"""Frames before a frame that its measures depend on."""

AFTER = REACH
"""Frames after it that they depend on."""


def measured(looker: Looker, numbers: Sequence[int], span: range, check: Callable[[], None]) -> Iterator[FrameMeasures]:
    """Measures the frames at the places ``span`` of ``numbers``.

    Frames around them are read as well, so that the measures are the same wherever a part begins and ends.

    Args:
        looker: at the clip.
        numbers: of all frames of the clip.
        span: places in ``numbers``, without steps.
        check: called between frames; raises to stop.

    Raises: as ``Clip.read``, save for files that are damaged.
    """
    first, last = max(span.start - BEFORE, 0), min(span.stop + AFTER, len(numbers))
    with ThreadPoolExecutor(1, thread_name_prefix="vfi-faults") as beside:
        window = _Window(first, beside)
        for look in looker.looks(numbers[first:last], check):
            window.add(look)
            yield from window.decided(span, window.seen - AFTER)
        yield from window.decided(span, window.seen)


class _Window:
    """The frames that are not decided yet, and what is kept of those around them."""

    def __init__(self, first: int, beside: Executor) -> None:
        self.seen = first
        """How many frames of the clip have been looked at, or lie before the first one."""
        self._beside = beside
        self._meter = PairMeter()
        self._before: Look | None = None
        self._first = self._next = first
        self._signatures: list[Signature | None] = []
        self._waiting: list[tuple[int, str, bytes, dict[str, float], PairMeasures | None]] = []

    def add(self, look: Look) -> None:
        """The next frame."""
        # Half of the work, on a core of its own: what tells faults of single frames does not need the rest.
        faults = self._beside.submit(_faults, self._before, look)
        self._signatures.append(signature_of(look))
        pair = self._meter.measure(look)
        alone, between = faults.result()
        if pair is not None:
            pair = replace(pair, numbers={**pair.numbers, **between})
        self._waiting.append((look.number, look.fault, look.digest, alone, pair))
        self._before = look
        self.seen += 1

    def decided(self, span: range, end: int) -> Iterator[FrameMeasures]:
        """The frames of ``span`` up to the place ``end``, each once."""
        while self._next < end:
            facts = self._waiting.pop(0)
            if self._next in span:
                yield FrameMeasures(*facts, shot_measures(self._signatures, self._next - self._first))
            self._next += 1
            if self._next - self._first > REACH:
                del self._signatures[0]
                self._first += 1


def _faults(before: Look | None, look: Look) -> tuple[dict[str, float], dict[str, float]]:
    """What faults of single frames are told by: of the frame alone, and of it and the one before."""
    return frame_faults.measure(look), {} if before is None else frame_faults.measure_pair(before, look)
