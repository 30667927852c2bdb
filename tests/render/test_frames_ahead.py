"""Frames decoded by several threads: the same frames, in any order of asking, a bounded number at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import material
import pytest

import vfi_plugin
from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.media.image_file import read_image
from vfi_plugin.render.frames_ahead import FramesAhead
from vfi_plugin.render.pools import Pools
from vfi_plugin.render.tiling import Tiling


class Disk:
    """Frames that are their own numbers; counts how many are read at once and how often each is."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, number: int) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.read.append(number)
        time.sleep(0.002)
        with self._lock:
            self._now -= 1
        if number < 0:
            raise UnreadableImageError(str(number))
        return number


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_every_frame_is_read_once_and_no_more_at_once_than_threads(threads: int) -> None:
    disk = Disk()
    ahead = FramesAhead(disk, threads)
    ahead.expect(range(20))
    assert [ahead.get(number) for number in range(20)] == list(range(20))
    ahead.close()
    assert sorted(disk.read) == list(range(20))
    assert disk.most <= threads
    assert threads == 1 or disk.most > 1


def test_no_more_frames_than_threads_wait_for_who_asks() -> None:
    disk = Disk()
    ahead = FramesAhead(disk, 3)
    ahead.expect(range(20))
    assert ahead.get(0) == 0
    time.sleep(0.05)
    assert len(disk.read) <= 1 + 3
    ahead.close()


def test_frames_that_are_skipped_or_not_expected_come_as_well() -> None:
    ahead = FramesAhead(Disk(), 2)
    ahead.expect([5, 4, 3, 2])
    assert [ahead.get(number) for number in (5, 2, 9, 3, 5)] == [5, 2, 9, 3, 5]
    ahead.close()


def test_a_frame_that_cannot_be_read_fails_for_who_asks_for_it_alone() -> None:
    ahead = FramesAhead(Disk(), 2)
    ahead.expect([1, -2, 3])
    assert ahead.get(1) == 1
    assert ahead.get(3) == 3
    with pytest.raises(UnreadableImageError, match="-2"):
        ahead.get(-2)
    ahead.close()


def test_threads_follow_the_memory_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfi_plugin.render.pools.usable_cores", lambda: 16)
    assert Pools.within(-5.0, 100) == Pools(1, 2)
    assert Pools.within(199.0, 100) == Pools(1, 2)
    assert Pools.within(800.0, 100) == Pools(4, 3)
    assert Pools.within(1e9, 100) == Pools(4, 8)
    monkeypatch.setattr("vfi_plugin.render.pools.usable_cores", lambda: 1)
    assert Pools.within(1e9, 100) == Pools(1, 2)


def test_pools_of_any_size_make_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = material.pan(64, 40, count=5).write(tmp_path / "in")
    made = []
    for readers, writers in ((1, 1), (4, 6)):
        tiling = Tiling(1 << 33, 1 << 33, None, readers=readers, writers=writers)
        monkeypatch.setattr("vfi_plugin.render.retime._tiling", lambda *_, tiling=tiling: tiling)
        folder = tmp_path / f"out{readers}"
        vfi_plugin.retime(source, folder / "slow.####.exr", speed=0.5)
        made.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert len(made[0]) == 9
    assert made[0] == made[1]


def test_a_run_that_fails_on_a_frame_keeps_what_was_made_and_leaves_no_thread(tmp_path: Path) -> None:
    source = material.pan(64, 40, count=6).write(tmp_path / "in")
    broken = sorted((tmp_path / "in").iterdir())[4]
    broken.write_bytes(broken.read_bytes()[:-200])
    before = threading.active_count()
    with pytest.raises(UnreadableImageError):
        vfi_plugin.retime(source, tmp_path / "out" / "slow.####.exr", speed=0.5, cuts="off")
    assert threading.active_count() == before
    left = sorted((tmp_path / "out").iterdir())
    assert len(left) >= 5  # copies and what lies between, up to the frame that the broken one tells the way of
    for path in left:
        read_image(path)
