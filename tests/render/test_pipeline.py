"""Reading ahead and writing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from vfi_plugin.render.pipeline import READ_AHEAD, WriteBehind, read_ahead


def nothing() -> None:
    """A check that never stops."""


def test_jobs_arrive_in_order() -> None:
    assert list(read_ahead(range(50), nothing)) == list(range(50))


def test_the_reader_is_never_more_than_its_bound_ahead() -> None:
    begun: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(30):
            begun.append(number)
            yield number

    for number in read_ahead(jobs(), nothing):
        # One in the caller's hands, READ_AHEAD in the queue, one being made.
        assert len(begun) <= number + 1 + READ_AHEAD + 1


def test_an_error_of_the_reader_reaches_the_caller_after_what_came_before() -> None:
    def jobs() -> Iterator[int]:
        yield 1
        raise OSError("disk gone")

    reader = read_ahead(jobs(), nothing)
    assert next(reader) == 1
    with pytest.raises(OSError, match="disk gone"):
        next(reader)


def test_leaving_early_ends_the_reader_thread() -> None:
    threads = threading.active_count()
    reader = read_ahead(iter(range(10**6)), nothing)
    assert next(reader) == 0
    reader.close()  # type: ignore[attr-defined]
    assert threading.active_count() == threads


def test_a_stop_is_noticed_while_waiting_for_a_slow_read() -> None:
    release = threading.Event()

    def jobs() -> Iterator[int]:
        release.wait(5)
        yield 1

    def stop() -> None:
        release.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(read_ahead(jobs(), stop))


def test_all_writes_are_done_when_the_context_is_left() -> None:
    written, told = [], []
    with WriteBehind(told.append) as writers:
        for number in range(20):
            writers.submit(str(number), lambda number=number: written.append(number))
    assert sorted(written) == list(range(20))
    assert sorted(map(int, told)) == list(range(20))


def test_a_failed_write_is_raised_and_not_reported_as_done() -> None:
    told: list[str] = []

    def fail() -> None:
        raise OSError("disk full")

    def run() -> None:
        with WriteBehind(told.append) as writers:
            writers.submit("bad", fail)

    with pytest.raises(OSError, match="disk full"):
        run()
    assert told == []


def test_no_more_writes_than_threads_are_under_way() -> None:
    gate, running, most = threading.Event(), [], []

    def write() -> None:
        running.append(1)
        most.append(len(running))
        gate.wait(0.02)
        running.pop()

    with WriteBehind(lambda name: None, threads=2) as writers:
        for number in range(10):
            writers.submit(str(number), write)
    assert max(most) <= 2
