"""Small pictures of output frames: which channels they show, over which window, and what is kept for the next one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import material
import numpy as np
import OpenEXR
import pytest

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled, UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.preview import Preview, PreviewRequest, preview
from vfi_plugin.render.retime import plan_retime
from vfi_plugin.render.shrunk_clip import ShrunkFrames


def seen(
    source: str, request: PreviewRequest, frames: ShrunkFrames | None = None, options: dict[str, Any] | None = None
) -> Preview:
    job = plan_retime(source, "o.####.exr", RetimeOptions(**{"speed": 0.5, "device": "cpu", **(options or {})}))
    return preview(job, request, Cancellation(), frames=frames)


def write_stereo(folder: Path) -> str:
    """Views "l" and "r" in parts of their own, after a part of depth alone; red says the view, green the frame."""
    for number in (1, 2):
        depth = OpenEXR.Part({"type": OpenEXR.scanlineimage}, {"depth.Z": np.ones((24, 32), np.float32)}, "depth")
        parts = [depth]
        for view, red in (("l", 1.0), ("r", 2.0)):
            planes = {"R": red, "G": number, "B": 0.25}
            full = {name: np.full((24, 32), value, np.float16) for name, value in planes.items()}
            parts.append(OpenEXR.Part({"type": OpenEXR.scanlineimage, "view": view}, full, view))
        with OpenEXR.File(parts) as file:
            file.write(str(folder / f"stereo.{number:04d}.exr"))
    return str(folder / "stereo.####.exr")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(("view", "red"), [("l", 1.0), ("r", 2.0)])
def test_the_view_that_is_asked_for_is_shown(tmp_path: Path, view: str, red: float, exact: bool) -> None:
    options = {"start": 1, "cuts": "off", "model": "dis"}
    picture = seen(write_stereo(tmp_path), PreviewRequest(2, 16, view, exact), options=options)
    assert picture.pixels.shape == (12, 16, 4)
    expected = np.broadcast_to(np.array([red, 1.5, 0.25, 1.0], np.float32), picture.pixels.shape)
    np.testing.assert_allclose(picture.pixels, expected, rtol=1e-3)
    assert picture.factor == 2


def test_overscan_is_left_out_and_what_has_no_data_is_empty(tmp_path: Path) -> None:
    pattern = material.overscan(20, count=2).write(tmp_path / "over")
    first = material.read_exr(tmp_path / "over" / "overscan.1001.exr")[1]
    picture = seen(pattern, PreviewRequest(1001, 96))
    assert picture.pixels.shape == (54, 96, 4)
    np.testing.assert_array_equal(picture.pixels[..., 1], first["G"][3:57, 6:102].astype(np.float32))
    small = np.ones((8, 8), np.float16)
    corners = [np.array(corner, np.int32) for corner in ((16, 8), (23, 15), (0, 0), (31, 23))]
    window = {"dataWindow": (corners[0], corners[1]), "displayWindow": (corners[2], corners[3])}
    for number in (1, 2):
        material.write_exr(tmp_path / f"part.{number:04d}.exr", dict.fromkeys("RGBA", small), window)
    picture = seen(str(tmp_path / "part.####.exr"), PreviewRequest(1, 16))
    expected = np.zeros((12, 16, 4), np.float32)
    expected[4:8, 8:12] = 1
    np.testing.assert_array_equal(picture.pixels, expected)


def test_sides_that_the_factor_does_not_divide_lose_the_rest(tmp_path: Path) -> None:
    pattern = material.pan(50, 31, count=2).write(tmp_path)
    picture = seen(pattern, PreviewRequest(1001, 20))
    source = material.read_exr(tmp_path / "pan.1001.exr")[1]["R"].astype(np.float64)
    assert picture.pixels.shape == (10, 16, 4)
    assert picture.pixels[9, 15, 0] == pytest.approx(source[27:30, 45:48].mean(), rel=1e-6)


def test_one_channel_is_shown_in_grey(tmp_path: Path) -> None:
    for number in (1, 2):
        material.write_exr(tmp_path / f"y.{number:04d}.exr", {"Y": np.full((24, 32), 0.5, np.float16)})
    picture = seen(str(tmp_path / "y.####.exr"), PreviewRequest(1, 32))
    np.testing.assert_array_equal(picture.pixels, np.broadcast_to(np.float32([0.5, 0.5, 0.5, 1]), (24, 32, 4)))


def test_a_cut_is_held_and_said_so(tmp_path: Path) -> None:
    pattern = material.pan(64, 36, count=3).write(tmp_path)
    picture = seen(pattern, PreviewRequest(1002, 64), options={"cuts": "1002"})
    assert picture.output.note == "held over a cut"
    source = material.read_exr(tmp_path / "pan.1001.exr")[1]["B"].astype(np.float32)
    np.testing.assert_array_equal(picture.pixels[..., 2], source)


def test_frames_are_kept_for_the_next_one_until_their_file_changes(tmp_path: Path) -> None:
    pattern = material.pan(64, 36, count=2).write(tmp_path)
    kept = ShrunkFrames()
    before = seen(pattern, PreviewRequest(1001, 32), kept).pixels
    path = tmp_path / "pan.1001.exr"
    state = path.stat()
    other = (tmp_path / "pan.1002.exr").read_bytes()
    path.write_bytes(other[: state.st_size].ljust(state.st_size, b"\0"))  # broken, but by size and date the same
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    np.testing.assert_array_equal(seen(pattern, PreviewRequest(1001, 32), kept).pixels, before)
    path.write_bytes(other)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
    after = seen(pattern, PreviewRequest(1001, 32), kept).pixels
    np.testing.assert_array_equal(after, seen(pattern, PreviewRequest(1003, 32)).pixels)
    assert not np.array_equal(after, before)


def test_wrong_wishes_and_a_stop_are_heard(tmp_path: Path) -> None:
    pattern = material.pan(64, 36, count=2).write(tmp_path)
    for request, words in (
        (PreviewRequest(1004), "1004 was asked for, but the output is 1001-1003"),
        (PreviewRequest(1001, 15), "at least 16"),
        (PreviewRequest(1001, view="left"), "no view 'left'"),
    ):
        with pytest.raises(UsageError, match=words):
            seen(pattern, request)
    stop = Cancellation(whole := Cancellation())
    whole.request()
    job = plan_retime(pattern, "o.####.exr", RetimeOptions(speed=0.5))
    with pytest.raises(Cancelled, match="on request"):
        preview(job, PreviewRequest(1002), stop)
