"""A11 on one machine: chunks, resuming, killed processes, changed settings, disks that cannot be written, signals."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest

import vfi_plugin

from .product import (
    COMMAND,
    content,
    environment,
    litter_in,
    numbers_in,
    read_frames,
    retime_arguments,
    same_bits,
    vfi,
    vfi_here,
)

FRAMES = 100
OUTPUTS = range(1001, 1001 + 2 * FRAMES - 1)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plate in ``in`` and the whole run in ``whole``."""
    folder = tmp_path_factory.mktemp("a11")
    pattern = material.pan(128, 72, count=FRAMES).write(folder / "in")
    report = vfi_plugin.retime(pattern, folder / "whole" / "slow.####.exr", speed=0.5)
    assert report.written == tuple(OUTPUTS)
    return folder


def plate(farm: Path) -> str:
    return str(farm / "in" / "pan.####.exr")


def started(*arguments: str, cwd: str | Path = sys.prefix) -> subprocess.Popen[str]:
    """A command that runs on its own, outside the repository: only what is installed can be found there."""
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*arguments], cwd=cwd, env=environment(), **pipes)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    output, errors = process.communicate(timeout=600)
    return process.returncode, output, errors


def assert_same_frames(first: Path, second: Path, numbers: range | list[int]) -> None:
    ours, theirs = read_frames(first, "slow", list(numbers)), read_frames(second, "slow", list(numbers))
    for number in numbers:
        assert same_bits(ours[number][1], theirs[number][1]), number
        stamps = [{key: value for key, value in frame[number][0].items() if "vfi/" in key} for frame in (ours, theirs)]
        assert stamps[0] == stamps[1], number


def test_ten_chunks_in_random_order_in_four_processes_make_the_whole(farm: Path, warm_core: Path) -> None:
    """Four machines of a farm, each of which starts a process a chunk."""
    chunks = [f"{first}-{min(first + 19, OUTPUTS[-1])}" for first in range(1001, OUTPUTS[-1] + 1, 20)]
    assert len(chunks) == 10
    random.Random(7).shuffle(chunks)
    whole = [str(warm_core / "bin" / "vfi"), *retime_arguments(plate(farm), farm / "chunked" / "slow.####.exr")]

    def rendered(machine: int) -> list[tuple[int, str, str]]:
        return [ended(started(*whole, "--speed=0.5", f"--frames={chunk}")) for chunk in chunks[machine::4]]

    with ThreadPoolExecutor(4) as machines:
        for code, _, errors in chain.from_iterable(machines.map(rendered, range(4))):
            assert code == 0, errors
    assert numbers_in(farm / "chunked") == list(OUTPUTS)
    assert litter_in(farm / "chunked") == []
    assert_same_frames(farm / "chunked", farm / "whole", OUTPUTS)


def test_one_frame_alone_is_that_frame_of_the_whole(farm: Path) -> None:
    for number in (1002, 1100, 1198):
        vfi_plugin.retime(plate(farm), farm / "alone" / "slow.####.exr", speed=0.5, frames=str(number))
    assert_same_frames(farm / "alone", farm / "whole", [1002, 1100, 1198])


def test_a_second_run_renders_only_what_is_not_there(farm: Path, tmp_path: Path) -> None:
    target = shutil.copytree(farm / "whole", tmp_path / "out")
    lost = [1001, 1050, 1051, 1199]
    for number in lost:
        (target / f"slow.{number}.exr").unlink()
    kept = {path.name: path.stat().st_mtime_ns for path in target.iterdir()}
    done = vfi_here(*retime_arguments(plate(farm), target / "slow.####.exr", "--speed", "0.5", "--progress", "plain"))
    assert done.returncode == 0, done.stderr
    assert "rendering 4 frames" in done.stdout
    assert "4 written, 195 already there" in done.stdout
    assert {name: (target / name).stat().st_mtime_ns for name in kept} == kept
    assert_same_frames(target, farm / "whole", OUTPUTS)


@pytest.mark.parametrize("damage", ["cut short", "empty", "garbage"])
def test_a_broken_frame_under_a_final_name_is_not_counted_as_done(farm: Path, tmp_path: Path, damage: str) -> None:
    """What a copy over the network or a full disk of another program may leave."""
    target = tmp_path / "out"
    target.mkdir()
    for number in (1001, 1002, 1003):
        shutil.copy(farm / "whole" / f"slow.{number}.exr", target)
    broken = target / "slow.1002.exr"
    whole = broken.read_bytes()
    broken.write_bytes({"cut short": whole[: len(whole) * 2 // 3], "empty": b"", "garbage": b"no picture" * 99}[damage])
    report = vfi_plugin.retime(plate(farm), target / "slow.####.exr", speed=0.5, frames="1001-1003")
    assert report.written == (1002,)
    assert_same_frames(target, farm / "whole", [1001, 1002, 1003])


@pytest.fixture(scope="module")
def heavy_plate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Six frames whose writing takes longer than everything else: float noise, which deflate cannot pack."""
    folder = tmp_path_factory.mktemp("noise")
    random_numbers = np.random.default_rng(1)
    for number in range(1001, 1007):
        planes = {name: random_numbers.random((540, 960), np.float32) for name in "RGB"}
        material.write_exr(folder / f"noise.{number}.exr", planes)
    return str(folder / "noise.####.exr")


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> bool:
    """True as soon as the condition holds; False where the process ended before."""
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.0005)
    return False


def being_written(folder: Path) -> list[str]:
    return [name for name in litter_in(folder) if "slow." in name]


def test_a_process_killed_while_writing_leaves_only_whole_frames_and_the_next_one_cleans_up(
    heavy_plate: str, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    arguments = retime_arguments(heavy_plate, target / "slow.####.exr", "--speed", "0.5", "--method", "blend")
    victim = started(*COMMAND, *arguments)
    assert wait_for(lambda: len(numbers_in(target)) >= 3 and being_written(target), victim)
    victim.kill()
    assert ended(victim)[0] == -signal.SIGKILL
    left, standing = being_written(target), numbers_in(target)
    print(f"killed with {len(standing)} frames written, leaving {left}")
    read_frames(target, "slow", standing)  # raises where one is not whole
    again = vfi_here(*arguments, "--progress", "plain")
    assert again.returncode == 0, again.stderr
    assert f"rendering {11 - len(standing)} frame" in again.stdout
    assert numbers_in(target) == list(range(1001, 1012))
    assert litter_in(target) == []
    vfi_plugin.retime(heavy_plate, tmp_path / "whole" / "slow.####.exr", speed=0.5, method="blend")
    assert_same_frames(target, tmp_path / "whole", list(range(1001, 1012)))
    assert left, "the process was not caught while writing"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_the_run_and_leaves_whole_frames_and_no_litter(
    heavy_plate: str, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    target = tmp_path / "out"
    arguments = retime_arguments(heavy_plate, target / "slow.####.exr", "--speed", "0.5", "--method", "blend")
    process = started(*COMMAND, *arguments)
    assert wait_for(lambda: len(numbers_in(target)) >= 2 and being_written(target), process)
    process.send_signal(number)
    got, _, errors = ended(process)
    assert got == code
    assert number.name in errors
    assert len(errors.splitlines()) == 1
    assert litter_in(target) == []
    standing = numbers_in(target)
    assert 2 <= len(standing) < 11
    read_frames(target, "slow", standing)
    again = vfi_here(*arguments, "--progress", "plain")
    assert again.returncode == 0
    assert f"{len(standing)} already there" in again.stdout


def test_other_settings_in_the_same_folder_are_refused(farm: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    vfi_plugin.retime(plate(farm), target / "slow.####.exr", speed=0.5, frames="1001-1006")
    before = content(target)
    done = vfi_here(
        *retime_arguments(plate(farm), target / "slow.####.exr", "--speed", "0.25", "--frames", "1001-1010")
    )
    assert done.returncode == 2
    assert "other settings" in done.stderr
    assert "--overwrite" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert content(target) == before


OTHERS = {
    "speed": {"speed": 0.25},
    "method": {"speed": 0.5, "method": "frame"},
    "start": {"speed": 0.5, "start": 991},
    "channels": {"speed": 0.5, "channels": "R"},
    "colorspace": {"speed": 0.5, "colorspace": "ACEScg"},
    "cuts": {"speed": 0.5, "cuts": "off"},
    "rate": {"fps": 48, "source_fps": 24},
    "in_range": {"speed": 0.5, "in_range": "1001-1050"},
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_setting_that_shows_in_the_frames_counts(farm: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "slow.####.exr"
    vfi_plugin.retime(plate(farm), target, speed=0.5, frames="1001-1003")
    before = content(tmp_path)
    with pytest.raises(vfi_plugin.VfiError, match="other settings"):
        vfi_plugin.retime(plate(farm), target, frames="1002-1003", **OTHERS[name])
    assert content(tmp_path) == before


def test_a_rate_that_shows_only_in_the_header_counts_too(farm: Path, tmp_path: Path) -> None:
    """24 to 48 and 48 to 96 give the same pixels, but frames that say 48 and frames that say 96 are no one clip."""
    target = tmp_path / "slow.####.exr"
    vfi_plugin.retime(plate(farm), target, fps=48, source_fps=24, frames="1001-1003")
    with pytest.raises(vfi_plugin.VfiError, match="other settings"):
        vfi_plugin.retime(plate(farm), target, fps=96, source_fps=48, frames="1001-1006")


def test_a_chunk_with_other_settings_never_joins_frames_that_stand_beside_it(farm: Path, tmp_path: Path) -> None:
    """Half the farm got the old settings: its chunks do not overlap the others, and still must not mix with them."""
    target = tmp_path / "slow.####.exr"
    vfi_plugin.retime(plate(farm), target, speed=0.5, frames="1001-1003")
    before = content(tmp_path)
    with pytest.raises(vfi_plugin.VfiError, match="other settings"):
        vfi_plugin.retime(plate(farm), target, speed=0.25, frames="1004-1006")
    assert content(tmp_path) == before


def test_overwrite_renders_again_with_the_new_settings(farm: Path, tmp_path: Path) -> None:
    target = tmp_path / "slow.####.exr"
    vfi_plugin.retime(plate(farm), target, speed=0.5, frames="1001-1004")
    report = vfi_plugin.retime(plate(farm), target, speed=0.25, frames="1001-1004", overwrite=True)
    assert report.written == (1001, 1002, 1003, 1004)
    positions = [header["vfi/source"] for header, _ in read_frames(tmp_path, "slow", range(1001, 1005)).values()]
    assert [float(text) for text in positions] == [1001, 1001.25, 1001.5, 1001.75]


def test_frames_of_another_program_are_not_overwritten(farm: Path, tmp_path: Path) -> None:
    shutil.copy(farm / "in" / "pan.1005.exr", tmp_path / "slow.1003.exr")
    before = content(tmp_path)
    done = vfi_here(
        *retime_arguments(plate(farm), tmp_path / "slow.####.exr", "--speed", "0.5", "--frames", "1001-1005")
    )
    assert done.returncode == 2
    assert "1003" in done.stderr
    assert content(tmp_path) == before


def test_missing_frames_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    pattern = material.pan(64, 48, count=12).write(tmp_path / "in", without=frozenset({1004, 1005, 1009}))
    done = vfi_here(*retime_arguments(pattern, tmp_path / "out" / "slow.####.exr", "--speed", "0.5"))
    assert done.returncode == 3
    assert "1004-1005 1009" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_frame_that_cannot_be_read_stops_the_run_with_its_name(farm: Path, tmp_path: Path) -> None:
    shutil.copytree(farm / "in", tmp_path / "in")
    bad = tmp_path / "in" / "pan.1003.exr"
    bad.write_bytes(bad.read_bytes()[:-900])
    arguments = retime_arguments(tmp_path / "in" / "pan.####.exr", tmp_path / "out" / "slow.####.exr", "--speed", "0.5")
    done = vfi_here(*arguments, "--frames", "1001-1010")
    assert done.returncode == 3
    assert "pan.1003.exr" in done.stderr
    assert "Traceback" not in done.stderr
    assert litter_in(tmp_path / "out") == []
    read_frames(tmp_path / "out", "slow", numbers_in(tmp_path / "out"))


def test_progress_rises_to_100_percent_a_line_a_frame(farm: Path, tmp_path: Path) -> None:
    arguments = retime_arguments(plate(farm), tmp_path / "slow.####.exr", "--speed", "0.5", "--frames", "1001-1025")
    done = vfi_here(*arguments)  # not a terminal: plain lines without being asked
    assert done.returncode == 0, done.stderr
    shares = [int(share) for share in re.findall(r"progress: (\d+)%", done.stdout)]
    assert len(shares) == 25
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert all(share < 100 for share in shares[:-1])


def test_openjd_lines_are_understood_by_its_sessions(farm: Path, tmp_path: Path) -> None:
    arguments = retime_arguments(plate(farm), tmp_path / "slow.####.exr", "--speed", "0.5", "--frames", "1001-1004")
    done = vfi_here(*arguments, "--progress", "openjd")
    shares = [float(line.split(": ")[1]) for line in done.stdout.splitlines() if line.startswith("openjd_progress: ")]
    assert shares == [25.0, 50.0, 75.0, 100.0]


def test_it_runs_without_a_home_or_a_place_for_caches(farm: Path, tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("HOME", "USER", "LOGNAME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"))
    arguments = retime_arguments(plate(farm), tmp_path / "out" / "slow.####.exr", "--speed", "0.5")
    done = vfi(*arguments, "--frames", "1001-1003", changes=nowhere, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert_same_frames(tmp_path / "out", farm / "whole", [1001, 1002, 1003])


def test_it_runs_from_elsewhere_with_blanks_and_letters_of_other_scripts_in_the_names(
    farm: Path, warm_core: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "My Shots ä漢"
    shutil.copytree(farm / "in", folder / "in put")
    words = retime_arguments("in put/pan.####.exr", "aus gäbe/slow.####.exr", "--speed", "0.5", "--frames", "1001-1003")
    code, _, errors = ended(started(str(warm_core / "bin" / "vfi"), *words, cwd=folder))
    assert code == 0, errors
    assert_same_frames(folder / "aus gäbe", farm / "whole", [1001, 1002, 1003])


def test_a_stepped_range_renders_every_third_frame_of_the_output(farm: Path, tmp_path: Path) -> None:
    arguments = retime_arguments(plate(farm), tmp_path / "slow.####.exr", "--speed", "0.5", "--start", "1")
    done = vfi_here(*arguments, "--frames", "1-10x3")
    assert done.returncode == 0, done.stderr
    assert numbers_in(tmp_path) == [1, 4, 7, 10]
    frames = read_frames(tmp_path, "slow", [1, 4, 7, 10])
    assert [float(header["vfi/source"]) for header, _ in frames.values()] == [1001, 1002.5, 1004, 1005.5]


def test_frames_outside_the_output_are_refused(farm: Path, tmp_path: Path) -> None:
    arguments = retime_arguments(plate(farm), tmp_path / "out" / "slow.####.exr", "--speed", "0.5")
    done = vfi_here(*arguments, "--frames", "1190-1210")
    assert done.returncode == 2
    assert "1200-1210" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that may not be written: by its mode, or for root, whom modes do not stop, on a read-only disk."""
    folder = tmp_path / "closed"
    folder.mkdir()
    if os.getuid():
        folder.chmod(0o555)
        yield folder
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "vfi-test", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a read-only disk here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("place", [".", "new folder"])
def test_a_folder_that_may_not_be_written_is_said_so(farm: Path, closed_folder: Path, place: str) -> None:
    done = vfi_here(*retime_arguments(plate(farm), closed_folder / place / "slow.####.exr", "--speed", "0.5"))
    assert done.returncode == 1
    assert str(closed_folder) in done.stderr
    assert "Read-only" in done.stderr or "Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(closed_folder.iterdir()) == []


def test_a_target_below_a_file_is_said_so(farm: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no folder")
    done = vfi_here(*retime_arguments(plate(farm), tmp_path / "notes" / "out" / "slow.####.exr", "--speed", "0.5"))
    assert done.returncode == 1
    assert "notes" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "notes").read_text() == "no folder"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 KiB; root can make one, others are spared the test."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "vfi-test", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def assert_stopped_by_a_full_disk(done: Any, target: Path, *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert any(word in done.stderr.lower() for word in words), done.stderr
    assert litter_in(target) == []
    read_frames(target, "slow", numbers_in(target))


def test_a_full_disk_stops_the_run_and_what_stands_is_whole(farm: Path, small_disk: Path) -> None:
    done = vfi_here(*retime_arguments(plate(farm), small_disk / "slow.####.exr", "--speed", "0.5"))
    assert_stopped_by_a_full_disk(done, small_disk, "disk", "space")
    assert 0 < len(numbers_in(small_disk)) < len(OUTPUTS)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, 25_000))
from vfi_plugin.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits as POSIX has them")
def test_a_file_that_cannot_grow_is_never_counted_as_written(farm: Path, tmp_path: Path) -> None:
    """A limit of 25 kB a file stands for a quota; a frame takes more than that."""
    assert (farm / "whole" / "slow.1002.exr").stat().st_size > 30_000
    arguments = retime_arguments(plate(farm), tmp_path / "slow.####.exr", "--speed", "0.5", "--frames", "1001-1006")
    code, output, errors = ended(started(sys.executable, "-c", LIMITED, *arguments))
    done = subprocess.CompletedProcess(arguments, code, output, errors)
    assert_stopped_by_a_full_disk(done, tmp_path, "disk", "large", "cannot be written")
    assert numbers_in(tmp_path) == []


OTHER_MACHINE = (
    "unshare",
    "--pid",
    "--fork",
    "--kill-child",
    "--uts",
    "sh",
    "-c",
    'hostname elsewhere; exec "$@"',
    "sh",
)
BUSY = """
import sys
from vfi_plugin.cli.main import main
while main(sys.argv[1:]) == 0:  # a farm that starts one chunk after the other
    pass
"""


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are of Linux")
def test_another_machine_on_the_same_folder_does_not_take_away_what_this_one_is_writing(
    heavy_plate: str, tmp_path: Path
) -> None:
    """Process numbers mean nothing on another machine: one that starts must not remove the files of one that runs.

    A process with a numbering and a host name of its own stands for the other machine.
    """
    if subprocess.run([*OTHER_MACHINE, "true"], capture_output=True).returncode:
        pytest.skip("no right to make a PID namespace here")
    target = tmp_path / "out"
    arguments = retime_arguments(heavy_plate, target / "slow.####.exr", "--speed", "0.5", "--method", "blend")
    theirs = started(*OTHER_MACHINE, sys.executable, "-c", BUSY, *arguments, "--frames", "1011")
    try:
        assert wait_for(lambda: numbers_in(target) == [1011], theirs)
        ours = vfi(*arguments, "--frames", "1001-1010")
        assert theirs.poll() is None
    finally:
        theirs.kill()
        ended(theirs)
    assert ours.returncode == 0, ours.stderr
    assert numbers_in(target) == list(range(1001, 1012))
