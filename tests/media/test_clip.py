"""Clips: what is there, what is missing, and what is said where nothing is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vfi_plugin.errors import InputError, MismatchedFramesError, MissingFramesError, UnreadableImageError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media import check_uniform, exact_rate, open_clip, write_image

DISPLAY = Window(0, 0, 6, 4)


def write(path: Path, value: float = 0, **changes: object) -> None:
    fields = {"window": DISPLAY, "display": DISPLAY, "names": ("R",), "dtype": np.float16, "rate": (24000, 1001)}
    fields |= changes
    planes = {name: np.full(fields["window"].shape, value, fields["dtype"]) for name in fields["names"]}
    attributes = {"framesPerSecond": Attribute("rational", fields["rate"])} if fields["rate"] else {}
    write_image(path, Frame((Part(planes, fields["window"], fields["display"], attributes=attributes),)))


def test_a_clip_knows_its_frames_holes_rate_and_files(tmp_path: Path) -> None:
    for number in (1001, 1002, 1005):
        write(tmp_path / f"s.{number}.exr", number / 1024)
    with open_clip(tmp_path / "s.####.exr") as clip:
        assert clip.numbers == (1001, 1002, 1005)
        assert clip.missing == (1003, 1004)
        assert clip.rate == Fraction(24000, 1001)
        assert clip.path(1005) == tmp_path / "s.1005.exr"
        assert clip.name == str(tmp_path / "s.####.exr")
        frame = clip.read(1002)
        assert frame.number == 1002
        assert frame.parts[0].planes["R"][0, 0] == np.float16(1002 / 1024)
        assert clip.header(1001)[0].channels == (("R", "half"),)
        with pytest.raises(MissingFramesError, match=r"no frame 1003.*1001-1005") as caught:
            clip.read(1003)
        assert caught.value.frames == (1003,)


def test_a_pasted_range_limits_the_clip(tmp_path: Path) -> None:
    for number in range(1, 8):
        write(tmp_path / f"s.{number:04d}.exr")
    assert open_clip(f"{tmp_path}/s.####.exr 2-4").numbers == (2, 3, 4)
    assert open_clip(f"{tmp_path}/s.[0006-0009].exr").numbers == (6, 7)
    with pytest.raises(InputError, match=r"20-30 are not there.*1-7"):
        open_clip(f"{tmp_path}/s.####.exr 20-30")


def test_one_file_stands_for_its_sequence_and_a_lone_image_for_itself(tmp_path: Path) -> None:
    for name in ("s.0001.exr", "s.0002.exr", "still.exr"):
        write(tmp_path / name)
    assert open_clip(tmp_path / "s.0002.exr").numbers == (1, 2)
    assert open_clip(tmp_path / "still.exr").numbers == (1,)
    assert open_clip(tmp_path / "still.exr").missing == ()


def test_a_clip_without_a_rate_says_none(tmp_path: Path) -> None:
    write(tmp_path / "still.exr", rate=None)
    assert open_clip(tmp_path / "still.exr").rate is None
    write(tmp_path / "zero.exr", rate=(24, 0))
    assert open_clip(tmp_path / "zero.exr").rate is None


def test_no_match_lists_the_sequences_that_are_there(tmp_path: Path) -> None:
    write(tmp_path / "plate.1001.exr")
    write(tmp_path / "plate.1002.exr")
    with pytest.raises(InputError, match=r"plat\.####\.exr.*plate\.####\.exr \(2 frames\)"):
        open_clip(tmp_path / "plat.####.exr")
    with pytest.raises(InputError, match=r"plate\.####\.exr"):
        open_clip(tmp_path / "nothing.mov")
    with pytest.raises(InputError, match=r"is a folder.*plate\.####\.exr"):
        open_clip(tmp_path)


def test_a_missing_folder_and_an_empty_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no folder .*gone"):
        open_clip(tmp_path / "gone" / "a.####.exr")
    (tmp_path / "a.0001.exr").touch()
    with pytest.raises(UnreadableImageError, match="empty"):
        open_clip(tmp_path / "a.0001.exr")
    with pytest.raises(UnreadableImageError, match=r"a\.0001\.exr cannot be read: the file is empty"):
        open_clip(tmp_path / "a.####.exr").read(1)


def test_a_file_that_vanishes_is_an_input_error(tmp_path: Path) -> None:
    write(tmp_path / "a.0001.exr")
    clip = open_clip(tmp_path / "a.####.exr")
    (tmp_path / "a.0001.exr").unlink()
    with pytest.raises(InputError, match=r"a\.0001\.exr is not there"):
        clip.read(1)


def test_reading_from_several_threads_gives_each_its_frame(tmp_path: Path) -> None:
    for number in range(12):
        write(tmp_path / f"s.{number}.exr", number)
    clip = open_clip(tmp_path / "s.#.exr")
    with ThreadPoolExecutor(4) as pool:
        values = pool.map(lambda n: float(clip.read(n).parts[0].planes["R"][0, 0]), [*range(12)] * 4)
        assert list(values) == [*range(12)] * 4


def test_data_windows_may_differ(tmp_path: Path) -> None:
    write(tmp_path / "s.1.exr")
    write(tmp_path / "s.2.exr", window=Window(-3, 2, 2, 2))
    check_uniform(open_clip(tmp_path / "s.#.exr"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"display": Window(0, 0, 7, 4)}, r"display window is 7x4\+0\+0, not 6x4\+0\+0"),
        ({"names": ("R", "G")}, "has the channels G"),
        ({"names": ("G",)}, "lacks the channels R"),
        ({"dtype": np.float32}, "channel R is float, not half"),
    ],
)
def test_the_first_frame_that_differs_is_named_with_the_difference(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    for number in (1, 2, 4):
        write(tmp_path / f"s.{number}.exr")
    write(tmp_path / "s.3.exr", **change)
    clip = open_clip(tmp_path / "s.#.exr")
    check_uniform(clip, (1, 2, 4))
    with pytest.raises(MismatchedFramesError, match=f"frame 3 .*{said}"):
        check_uniform(clip)


@pytest.mark.parametrize(
    ("decimal", "rate"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94005994, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (24.0, Fraction(24)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
        (0.0, None),
        (float("nan"), None),
    ],
)
def test_decimal_rates_stand_for_exact_ones(decimal: float, rate: Fraction | None) -> None:
    assert exact_rate(decimal) == rate


def test_the_beachball_sequence_with_a_moving_data_window_is_uniform(shared_dir: Path) -> None:
    clip = open_clip(shared_dir / "data/exr/openexr-images/Beachball/singlepart.0001.exr")
    assert clip.numbers == tuple(range(1, 9))
    check_uniform(clip)
    assert len({clip.header(n)[0].data_window for n in clip.numbers}) > 1
