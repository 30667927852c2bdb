"""Every EXR file of the reference data is read and written back whole, or refused in one clear line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.media import read_header, read_image, write_image

# Codecs that change the pixels each time they are applied.
LOSSY = {"dwaa", "dwab", "b44", "b44a"}
# What these tests have reached; a lower count is a loss.
LEAST_ROUND_TRIPS = 169
DAMAGED = 180


def files_of(shared: Path) -> list[Path]:
    folder = shared / "data" / "exr"
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")


def is_damaged(path: Path) -> bool:
    return "Damaged" in path.parts


def is_one_more(path: Path) -> bool:
    """Large frames of one sequence are alike: the first stands for the other seven."""
    return path.parent.name == "Beachball" and path.name.startswith("singlepart") and "0001" not in path.name


def expected_attributes(part: Part) -> dict[str, Attribute]:
    """All, but levels that were not read, and the level of a codec that is not used."""
    expected = dict(part.attributes)
    if "tiles" in expected:
        expected["tiles"] = Attribute("tiledesc", (*expected["tiles"].value[:2], 0))
    if not expected["compression"].value.startswith("dwa"):
        expected.pop("dwaCompressionLevel", None)
    return expected


def assert_header_kept(read: Frame, written: Frame) -> None:
    assert len(read.parts) == len(written.parts)
    for after, before in zip(read.parts, written.parts, strict=True):
        assert (after.data_window, after.display_window) == (before.data_window, before.display_window)
        assert (after.name, after.view) == (before.name, before.view)
        assert repr(sorted(after.attributes.items())) == repr(sorted(expected_attributes(before).items()))
        assert [(n, p.dtype) for n, p in after.planes.items()] == [(n, p.dtype) for n, p in before.planes.items()]


def same_pixels(read: Frame, written: Frame) -> bool:
    return all(
        after.planes[name].tobytes() == plane.tobytes()
        for after, before in zip(read.parts, written.parts, strict=True)
        for name, plane in before.planes.items()
    )


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path} cannot be read: ")


def test_every_whole_file_is_written_back_or_refused(shared_dir: Path, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for path in (path for path in files_of(shared_dir) if not is_damaged(path) and not is_one_more(path)):
        try:
            frame = read_image(path)
        except UnreadableImageError:
            counts["refused"] += 1
            continue
        encoded, copied = tmp_path / "encoded.exr", tmp_path / "copied.exr"
        write_image(encoded, frame)
        read = read_image(encoded)
        assert_header_kept(read, frame)
        lossy = any(part.attributes["compression"].value in LOSSY for part in frame.parts)
        assert lossy or same_pixels(read, frame), path
        write_image(copied, frame, pixels_of=path)
        assert lossy is False or same_pixels(read_image(copied), frame), path
        counts["round trips"] += 1
    assert counts["round trips"] >= LEAST_ROUND_TRIPS
    assert counts["refused"] <= 37


def test_what_is_refused_is_deep_subsampled_or_broken(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "exr"
    assert refusal(folder / "openexr-images/v2/LowResLeftView/Trunks.exr").startswith("deep pixels")
    assert "luminance-chroma" in refusal(folder / "openexr-images/LuminanceChroma/Flowers.exr")
    assert "cut short" in refusal(folder / "oiio-testsuite/openexr-bomb__src__bomb.exr")


def test_headers_of_deep_files_can_be_looked_at(shared_dir: Path) -> None:
    (header,) = read_header(shared_dir / "data/exr/openexr-tests/11.deep.exr")
    assert header.is_deep
    assert header.channels


CRASH_TEST = """
import json, resource, sys, time
from vfi_plugin.errors import InputError
from vfi_plugin.media import read_image
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
for path in json.load(sys.stdin):
    start = time.perf_counter()
    try:
        read_image(path)
        verdict = "read"
    except InputError as error:
        verdict = str(error)
    print(json.dumps([path, verdict, time.perf_counter() - start]), flush=True)
"""


def test_damaged_files_never_crash_hang_or_take_memory(shared_dir: Path) -> None:
    """In a process of its own with 2 GiB of address space, so that a crash is seen as one."""
    paths = [str(path) for path in files_of(shared_dir) if is_damaged(path)]
    assert len(paths) >= DAMAGED
    done = subprocess.run(
        [sys.executable, "-c", CRASH_TEST],
        input=json.dumps(paths),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [path for path, _, _ in verdicts] == paths
    assert all(verdict != "read" and "\n" not in verdict for _, verdict, _ in verdicts)
    assert max(seconds for _, _, seconds in verdicts) < 10


@pytest.mark.parametrize("name", ["Beachball/multipart.0001.exr", "Beachball/singlepart.0001.exr"])
def test_planes_equal_what_openimageio_reads(shared_dir: Path, name: str) -> None:
    path = shared_dir / "data/exr/openexr-images" / name
    for index, part in enumerate(read_image(path).parts):
        source = oiio.ImageInput.open(str(path))
        source.seek_subimage(index, 0)
        pixels = source.read_image(oiio.FLOAT).reshape(*part.data_window.shape, -1)
        for channel, channel_name in enumerate(source.spec().channelnames):
            assert np.array_equal(pixels[..., channel], part.planes[channel_name].astype(np.float32), equal_nan=True)
        source.close()
