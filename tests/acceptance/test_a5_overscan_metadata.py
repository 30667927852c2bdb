"""A5: overscan, pixel aspect, custom attributes, rate and timecode of a clip taken from 24 to 48 frames a second."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from vfi_plugin.evaluate.metrics import psnr_log

from .product import Pixels, numbers_in, read_frames, retime_arguments, same_bits, stacked, vfi_here

DIVISOR = 4
RATE = 48
Frames = dict[int, tuple[dict[str, Any], dict[str, Pixels]]]


@dataclass(frozen=True)
class Faster:
    """Sources and results of one conversion."""

    clip: material.Clip
    folder: Path
    sources: Frames
    results: Frames
    pixel_aspect: float


@pytest.fixture(scope="module", params=[1.0, 2.0], ids=["square pixels", "anamorphic"])
def faster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Faster:
    folder = tmp_path_factory.mktemp("a5")
    clip = material.overscan(DIVISOR, pixel_aspect=request.param, count=3)
    pattern = clip.write(folder / "in")
    done = vfi_here(*retime_arguments(pattern, folder / "out" / "fast.####.exr", "--fps", RATE))
    assert done.returncode == 0, done.stderr
    results = read_frames(folder / "out", "fast", numbers_in(folder / "out"))
    return Faster(clip, folder / "out", read_frames(folder / "in", clip.name, clip.numbers), results, request.param)


def test_the_duration_is_kept(faster: Faster) -> None:
    assert list(faster.results) == list(range(1001, 1007))


def test_windows_pixel_aspect_and_codec_are_unchanged(faster: Faster) -> None:
    source = faster.sources[1001][0]
    for header, _ in faster.results.values():
        assert np.array_equal(header["dataWindow"], source["dataWindow"])
        assert np.array_equal(header["displayWindow"], source["displayWindow"])
        assert header["pixelAspectRatio"] == faster.pixel_aspect
        assert header["compression"] == OpenEXR.ZIPS_COMPRESSION


def test_attributes_are_equal_and_of_the_same_type(faster: Faster) -> None:
    source = faster.sources[1001][0]
    for header, _ in faster.results.values():
        for name in ("owner", "camera/iso", "worldToCamera"):
            assert type(header[name]) is type(source[name]), name
            assert np.array_equal(header[name], source[name]), name
        assert header["worldToCamera"].shape == (4, 4)
        assert header["worldToCamera"].dtype == source["worldToCamera"].dtype


def test_nothing_but_the_rate_the_timecode_and_our_own_entries_is_new(faster: Faster) -> None:
    source = set(faster.sources[1001][0])
    for header, _ in faster.results.values():
        added = {name for name in set(header) - source if not name.startswith("vfi/")}
        assert added == set()
        assert source - set(header) == set()


def test_the_rate_is_48_exactly(faster: Faster) -> None:
    for header, _ in faster.results.values():
        rate = header["framesPerSecond"]
        assert Fraction(rate) == RATE


def test_the_timecode_counts_frames_at_48(faster: Faster) -> None:
    """Above 30 a second the frame field counts pairs and the field mark tells the second one (SMPTE ST 12-1)."""
    for number, (header, _) in faster.results.items():
        timecode = header["timeCode"]
        seconds, frame = divmod(number - 1001, RATE)
        assert (timecode.hours, timecode.minutes, timecode.seconds) == (1, 0, seconds)
        assert (timecode.frame, bool(timecode.fieldPhase)) == (frame // 2, bool(frame % 2)), number


def test_the_other_library_reads_every_file_without_a_complaint(faster: Faster) -> None:
    for path in sorted(faster.folder.iterdir()):
        picture = oiio.ImageInput.open(str(path))
        assert picture is not None, oiio.geterror()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pixels = picture.read_image(oiio.FLOAT)
        assert pixels is not None, picture.geterror()
        spec = picture.spec()
        assert (spec.x, spec.y, spec.width, spec.height) == (-30, -15, 540, 300)
        assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 480, 270)
        assert spec.getattribute("camera/iso") == 800
        picture.close()


def test_frames_that_were_there_are_untouched(faster: Faster) -> None:
    for number, (_, channels) in faster.sources.items():
        assert same_bits(faster.results[1001 + 2 * (number - 1001)][1], channels)


def test_what_lies_outside_the_display_window_is_retimed_too(faster: Faster) -> None:
    for number, position in ((1002, 1001.5), (1004, 1002.5)):
        truth = faster.clip.truth(position)
        before, after = (stacked(faster.sources[int(position) + step][1]) for step in (0, 1))
        for side, strip in overscan_strips().items():
            result = psnr_log(stacked(faster.results[number][1])[strip], truth[strip], 0)
            mixed = psnr_log(((before + after) / 2)[strip], truth[strip], 0)
            print(f"A5 frame {number}, {side} of the display window: {result:.2f} dB, 50/50 mix {mixed:.2f} dB")
            assert result >= 38, side
            assert result >= mixed + 4, side


def overscan_strips() -> dict[str, tuple[slice, slice]]:
    """Beside the display window in the data window, without the pixels at the edge that no frame shows twice."""
    return {
        "left": (slice(8, -8), slice(8, 30)),
        "right": (slice(8, -8), slice(-30, -8)),
        "above": (slice(6, 15), slice(8, -8)),
        "below": (slice(-15, -6), slice(8, -8)),
    }
