"""A frame under its final name is whole; failures leave nothing behind and say why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media import clean_leftovers, parse_pattern, read_image, write_image
from vfi_plugin.media.writing import _HOST, temporary_path

REPOSITORY = Path(__file__).resolve().parents[2]


def frame(value: float = 0.5, side: int = 8) -> Frame:
    window = Window(0, 0, side, side)
    return Frame((Part({"R": np.full(window.shape, value, np.float16)}, window, window),))


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=REPOSITORY, check=False)


def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "ein Bild ü.0001.exr"
    write_image(target, frame(1))
    write_image(target, frame(2))
    assert read_image(target).parts[0].planes["R"][0, 0] == 2
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_name_is_hidden_beside_the_target_and_carries_the_process() -> None:
    path = temporary_path(Path("/a/shot.1001.exr"))
    assert path.parent == Path("/a")
    assert path.name.startswith(f".shot.1001.exr.{_HOST}.{os.getpid()}.")
    assert path.name.endswith(".tmp")
    assert temporary_path(Path("/a/m.mov"), keep_suffix=True).suffix == ".mov"
    assert path != temporary_path(Path("/a/shot.1001.exr"))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"no folder .*gone"):
        write_image(tmp_path / "gone" / "a.exr", frame())


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="no folder"):
        write_image(tmp_path / "file" / "a.exr", frame())


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.exr").mkdir()
    with pytest.raises(WriteError, match="a folder has that name"):
        write_image(tmp_path / "a.exr", frame())
    assert [path.name for path in tmp_path.iterdir()] == ["a.exr"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody may write to")
def test_a_read_only_folder_is_a_write_error() -> None:
    with pytest.raises(WriteError, match=r"/proc/self/a\.exr cannot be written: "):
        write_image("/proc/self/a.exr", frame())


def test_other_suffixes_name_what_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png.*\.exr.*\.mov"):
        write_image(tmp_path / "a.png", frame())


def test_a_failed_write_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.exr"
    write_image(target, frame(1))
    bad = frame(2).parts[0].with_attributes({"compression": Attribute("compression", "nonsense")})
    with pytest.raises(WriteError, match="nonsense"):
        write_image(target, Frame((bad,)))
    assert read_image(target).parts[0].planes["R"][0, 0] == 1
    assert list(tmp_path.iterdir()) == [target]


FULL_DISK = """
import resource, signal, sys
import numpy as np
from vfi_plugin.errors import WriteError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media import write_image
window = Window(0, 0, 256, 256)
plane = np.random.default_rng(0).random(window.shape).astype(np.float32)
part = Part({"R": plane}, window, window, attributes={"compression": Attribute("compression", sys.argv[2])})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    write_image(sys.argv[1], Frame((part,)))
except WriteError as error:
    print("WriteError", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file size to stand for a full disk")
@pytest.mark.parametrize("compression", ["none", "zip"])
@pytest.mark.parametrize("limit", [1, 300, 5000, 100_000, 200_000])
def test_a_full_disk_is_a_write_error_and_leaves_nothing(tmp_path: Path, compression: str, limit: int) -> None:
    done = run(FULL_DISK, str(tmp_path / "a.exr"), compression, str(limit))
    assert done.stdout.startswith("WriteError"), done.stdout + done.stderr
    assert "a.exr cannot be written" in done.stdout
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, sys
from vfi_plugin.media import writing
from pathlib import Path
temporary = writing.begin_temporary(Path(sys.argv[1]))
temporary.write_bytes(b"half a frame")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("shot.1001.exr", "other.1001.exr"):
        run(KILLED, str(tmp_path / name))
    write_image(tmp_path / "shot.1002.exr", frame())
    living = temporary_path(tmp_path / "shot.1003.exr")
    living.touch()
    left_by_killed = [path for path in tmp_path.iterdir() if path.name.startswith(".shot.1001.exr.")]
    assert len(left_by_killed) == 1
    pattern = parse_pattern(tmp_path / "shot.####.exr")
    assert clean_leftovers(pattern) == tuple(left_by_killed)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"shot.1002.exr", living.name} < names
    assert sum(name.startswith(".other.1001.exr.") for name in names) == 1
    assert len(clean_leftovers(tmp_path / "other.1001.exr")) == 1


def test_names_of_leftovers_are_never_taken_for_frames(tmp_path: Path) -> None:
    pattern = parse_pattern(tmp_path / "shot.####.exr")
    assert pattern.number_in(temporary_path(pattern.path(1001)).name) is None
