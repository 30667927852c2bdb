"""One job on several devices: the same frames, in order, and an end to all threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import material
import numpy as np
import pytest

import vfi_plugin as vfi
from vfi_plugin.errors import DeviceError, UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.several_devices import made_in_order


def test_frames_are_those_of_one_device(tmp_path: Path) -> None:
    source = material.pan(96, 64, count=5).write(tmp_path / "in")
    for device in ("cpu", "cpu,cpu"):
        report = vfi.retime(source, tmp_path / device / "o.####.exr", speed=0.3, model="figan", device=device)
        assert report.written == tuple(range(1001, 1015))
    for frame in report.written:
        one, two = (material.read_exr(tmp_path / device / f"o.{frame}.exr")[1] for device in ("cpu", "cpu,cpu"))
        assert all(np.array_equal(one[name], two[name]) for name in "RGB")


def test_results_come_in_order_whoever_is_first() -> None:
    """The first job is not done before the second is: without two threads at work it would wait in vain."""
    second_done = threading.Event()

    def maker(job: int) -> list[int]:
        if job == 0:
            assert second_done.wait(10)
        if job == 1:
            second_done.set()
        return [job, 10 * job]

    assert list(made_in_order(range(4), [maker, maker], lambda: None)) == [0, 0, 1, 10, 2, 20, 3, 30]


def test_what_a_maker_raises_is_raised_and_nothing_runs_on() -> None:
    def fails(job: int) -> list[int]:
        if job == 2:
            raise TimeoutError("of its own")
        return [job]

    made = made_in_order(range(100), [fails, fails], lambda: None)
    with pytest.raises(TimeoutError, match="of its own"):
        list(made)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("vfi-device")]


def test_a_job_of_many_results_runs_two_ahead_and_no_further() -> None:
    begun: list[int] = []

    def maker(job: int) -> Iterator[int]:
        for result in range(100):
            begun.append(result)
            yield result

    made = made_in_order([0, 1], [maker, maker], lambda: None)
    assert [next(made), next(made)] == [0, 1]
    made.close()  # type: ignore[attr-defined]
    assert len(begun) <= 9  # two taken, and of both jobs one that waits, one in hand, one begun since


def test_devices_that_cannot_be_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="have an empty name among them"):
        RetimeOptions(speed=1, device="cpu,,cpu")
    with pytest.raises(UsageError, match="give one device"):
        RetimeOptions(speed=1, shutter=0.5, device="cpu,cpu")
    source = material.pan(64, 48, count=2).write(tmp_path / "in")
    with pytest.raises(DeviceError, match="device 'gpu' is unknown"):
        vfi.retime(source, tmp_path / "o.####.exr", speed=0.5, device="cpu,gpu")
