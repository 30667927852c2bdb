"""Movies: exact where the format is, close where it is not; frame counts, rates and failures."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vfi_plugin.errors import MissingFramesError, UnreadableImageError, UsageError, WriteError
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media import open_clip
from vfi_plugin.media.movie_clip import MovieClip
from vfi_plugin.media.movie_colour import to_rgb
from vfi_plugin.media.movie_writer import MovieFormat, MovieWriter, ffv1

RATE = Fraction(24000, 1001)
REPOSITORY = Path(__file__).resolve().parents[2]


def waves(width: int, height: int, number: int, bits: int | None = None) -> Frame:
    """Slow waves of colour that move with the number; on the steps of ``bits`` where given."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    planes = {
        name: (0.5 + 0.45 * np.sin(5 * x + 3 * y + phase + 0.4 * number)).astype(np.float32)
        for phase, name in enumerate("RGB")
    }
    if bits:
        top = np.float32(2**bits - 1)
        planes = {name: np.rint(plane * top) / top for name, plane in planes.items()}
    window = Window(0, 0, width, height)
    return Frame((Part(planes, window, window),), number)


def write(
    path: Path, frames: list[Frame], movie_format: MovieFormat | None = None, rate: Fraction = RATE
) -> MovieWriter:
    window = frames[0].parts[0].display_window
    with MovieWriter(path, rate, window.width, window.height, movie_format) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


def error(read: Frame, written: Frame) -> np.ndarray:
    planes, truth = read.parts[0].planes, written.parts[0].planes
    return np.abs(np.stack([planes[name] - truth[name] for name in "RGB"]))


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("size", [(64, 32), (65, 33)])
def test_ffv1_is_exact_in_every_depth_and_size(tmp_path: Path, bits: int, size: tuple[int, int]) -> None:
    frames = [waves(*size, number, bits) for number in range(1, 6)]
    write(tmp_path / "a.mkv", frames, ffv1(bits))
    with open_clip(tmp_path / "a.mkv") as clip:
        assert clip.numbers == (1, 2, 3, 4, 5)
        for frame in frames:
            assert not error(clip.read(frame.number), frame).any()


@pytest.mark.parametrize(
    ("name", "size", "mean", "most"),
    # Quantisation to 10 and 8 bits of limited range, chroma resampling and the codec's own loss.
    [("a.mov", (96, 64), 0.002, 0.02), ("a.mov", (97, 63), 0.002, 0.02), ("a.mp4", (96, 64), 0.01, 0.08)],
)
def test_lossy_defaults_keep_count_rate_size_and_colour(
    tmp_path: Path, name: str, size: tuple[int, int], mean: float, most: float
) -> None:
    frames = [waves(*size, number) for number in range(1, 31)]
    write(tmp_path / name, frames)
    with open_clip(tmp_path / name) as clip:
        assert (len(clip.numbers), clip.rate) == (30, RATE)
        for frame in frames:
            read = clip.read(frame.number)
            assert read.parts[0].display_window == Window(0, 0, *size)
            assert error(read, frame).mean() < mean
            assert error(read, frame).max() < most


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(120)])
@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv"])
def test_rates_are_exact_in_every_container(tmp_path: Path, rate: Fraction, name: str) -> None:
    write(tmp_path / name, [waves(32, 32, number) for number in range(1, 13)], rate=rate)
    with open_clip(tmp_path / name) as clip:
        assert (clip.rate, len(clip.numbers)) == (rate, 12)
        attributes = clip.read(1).parts[0].attributes
        assert attributes["framesPerSecond"].value == (rate.numerator, rate.denominator)
        assert "movie/variableRate" not in attributes


@pytest.mark.parametrize("name", ["a.mov", "a.mp4", "a.mkv"])
def test_any_order_of_reading_gives_the_same_frames(tmp_path: Path, name: str) -> None:
    frames = [waves(64, 48, number) for number in range(1, 61)]
    write(tmp_path / name, frames)
    with open_clip(tmp_path / name) as clip:
        in_order = {number: clip.read(number).parts[0].planes["R"] for number in clip.numbers}
        for number in (60, 1, 33, 32, 34, 34, 5, 59):
            assert np.array_equal(clip.read(number).parts[0].planes["R"], in_order[number])
        with ThreadPoolExecutor(3) as pool:
            numbers = [7, 50, 8, 51, 9, 52]
            for number, frame in zip(numbers, pool.map(clip.read, numbers), strict=True):
                assert frame.number == number
                assert np.array_equal(frame.parts[0].planes["R"], in_order[number])
        with pytest.raises(MissingFramesError, match="1-60"):
            clip.read(0)


def yuv(y: int, cb: int, cr: int, pixel_format: str, **tags: int) -> av.VideoFrame:
    frame = av.VideoFrame(16, 16, pixel_format)
    wide = "10le" in pixel_format
    for plane, value in zip(frame.planes, (y, cb, cr), strict=True):
        rows = np.frombuffer(plane, np.uint16 if wide else np.uint8)
        rows[...] = value
    for name, value in tags.items():
        setattr(frame, name, value)
    return frame


@pytest.mark.parametrize(
    ("samples", "pixel_format", "tags", "rgb"),
    [
        # Colour bars as broadcasters list them (BT.709, BT.601, limited range), to the rounding of their samples.
        ((235, 128, 128), "yuv420p", {"colorspace": 1, "color_range": 1}, (1, 1, 1)),
        ((16, 128, 128), "yuv420p", {"colorspace": 1, "color_range": 1}, (0, 0, 0)),
        ((63, 102, 240), "yuv422p", {"colorspace": 1, "color_range": 1}, (1, 0, 0)),
        ((173, 42, 26), "yuv444p", {"colorspace": 1, "color_range": 1}, (0, 1, 0)),
        ((32, 240, 118), "yuv420p", {"colorspace": 1, "color_range": 1}, (0, 0, 1)),
        ((81, 90, 240), "yuv420p", {"colorspace": 5, "color_range": 1}, (1, 0, 0)),
        ((81, 90, 240), "yuv420p", {"color_range": 1}, (1, 0, 0)),  # untagged and small: BT.601
        ((940, 512, 512), "yuv422p10le", {"colorspace": 1, "color_range": 1}, (1, 1, 1)),
        ((250, 409, 960), "yuv422p10le", {"colorspace": 1, "color_range": 1}, (1, 0, 0)),
        ((255, 128, 128), "yuv420p", {"colorspace": 1, "color_range": 2}, (1, 1, 1)),
        ((76, 85, 255), "yuvj420p", {"colorspace": 5}, (1, 0, 0)),
    ],
)
def test_range_and_matrix_of_the_stream_are_honoured(
    samples: tuple[int, int, int], pixel_format: str, tags: dict[str, int], rgb: tuple[int, int, int]
) -> None:
    planes = to_rgb(yuv(*samples, pixel_format, **tags))
    assert [float(planes[name][8, 8]) for name in "RGB"] == pytest.approx(rgb, abs=0.006)


def test_what_is_whiter_than_white_is_not_cut() -> None:
    planes = to_rgb(yuv(250, 128, 128, "yuv420p", colorspace=1, color_range=1))
    assert float(planes["G"][0, 0]) == pytest.approx((250 - 16) / 219, abs=1e-5)


def test_files_carry_the_tags_of_their_colour(tmp_path: Path) -> None:
    for name in ("a.mov", "a.mp4"):
        write(tmp_path / name, [waves(32, 32, 1)])
        with av.open(str(tmp_path / name)) as container:
            context = container.streams.video[0].codec_context
            tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
            assert tuple(map(int, tags)) == (1, 1, 1, 1), name


def test_values_outside_the_display_range_are_counted(tmp_path: Path) -> None:
    frame = waves(8, 8, 1)
    frame.parts[0].planes["R"][0, :3] = (1.5, -0.2, np.nan)
    frame.parts[0].planes["G"][0, :2] = (np.inf, 1 + 1e-7)
    writer = write(tmp_path / "a.mkv", [frame, waves(8, 8, 2)])
    assert writer.clipped_values == 4
    with open_clip(tmp_path / "a.mkv") as clip:
        planes = clip.read(1).parts[0].planes
        assert planes["R"][0, :3].tolist() == [1, 0, 0]
        assert planes["G"][0, :2].tolist() == [1, 1]


def test_only_the_display_window_is_written(tmp_path: Path) -> None:
    data, display = Window(-2, 1, 8, 8), Window(0, 0, 6, 4)
    part = Part({name: np.full(data.shape, 0.25, np.float16) for name in "RGB"}, data, display)
    write(tmp_path / "a.mkv", [Frame((part,))])
    with open_clip(tmp_path / "a.mkv") as clip:
        plane = clip.read(1).parts[0].planes["R"]
        assert not plane[0].any()
        assert np.allclose(plane[1:], 0.25, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "size", "rate", "said"),
    [
        ("a.mp4", (65, 32), RATE, "even width and height, not 65x32"),
        ("a.avi", (64, 32), RATE, r"\.mov, \.mp4 or \.mkv"),
        ("a.mov", (64, 32), Fraction(0), "above 0"),
        ("a.mov", (0, 32), RATE, "0x32"),
    ],
)
def test_movies_that_cannot_be_are_refused(
    tmp_path: Path, name: str, size: tuple[int, int], rate: Fraction, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        MovieWriter(tmp_path / name, rate, *size)
    assert not list(tmp_path.iterdir())


def test_frames_of_another_size_or_without_rgb_are_refused(tmp_path: Path) -> None:
    window = Window(0, 0, 8, 8)
    depth = Frame((Part({"Z": np.zeros(window.shape, np.float32)}, window, window),))
    writer = MovieWriter(tmp_path / "a.mkv", RATE, 8, 8)
    with pytest.raises(UsageError, match="does not fit into a movie of 8x8"):
        writer.write(waves(9, 8, 1))
    with pytest.raises(UsageError, match="R, G and B; the frame has Z"):
        writer.write(depth)
    writer.abort()
    assert not list(tmp_path.iterdir())


def test_the_name_appears_only_when_the_movie_is_whole(tmp_path: Path) -> None:
    writer = MovieWriter(tmp_path / "a.mov", RATE, 32, 32)
    writer.write(waves(32, 32, 1))
    assert not (tmp_path / "a.mov").exists()
    writer.close()
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mov"]


def test_an_exception_or_an_empty_movie_leaves_nothing(tmp_path: Path) -> None:
    writer = MovieWriter(tmp_path / "a.mov", RATE, 32, 32)
    writer.write(waves(32, 32, 1))
    writer.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(WriteError, match="no frames"):
        MovieWriter(tmp_path / "a.mov", RATE, 32, 32).close()
    with pytest.raises(WriteError, match="no folder"):
        MovieWriter(tmp_path / "gone" / "a.mov", RATE, 32, 32)
    assert not list(tmp_path.iterdir())


FULL_DISK = """
import resource, signal, sys
from fractions import Fraction
import numpy as np
from vfi_plugin.errors import WriteError
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.movie_writer import MovieWriter
window = Window(0, 0, 128, 128)
noise = {name: np.random.default_rng(0).random(window.shape).astype(np.float32) for name in "RGB"}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
try:
    with MovieWriter(sys.argv[1], Fraction(24), 128, 128) as writer:
        for _ in range(5):
            writer.write(Frame((Part(noise, window, window),)))
except WriteError as error:
    print("WriteError", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file size to stand for a full disk")
@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
def test_a_full_disk_is_a_write_error_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=REPOSITORY, check=False)
    assert done.stdout.startswith("WriteError"), done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


def uneven(path: Path, times: list[int]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width = stream.height = 32
        stream.codec_context.time_base = Fraction(1, 1000)
        for time in times:
            frame = av.VideoFrame(32, 32, "yuv420p")
            for plane in frame.planes:
                np.frombuffer(plane, np.uint8)[...] = 128
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_uneven_frames_are_read_in_order_and_said_to_be_uneven(tmp_path: Path) -> None:
    uneven(tmp_path / "a.mkv", [0, 40, 80, 200, 210])
    with open_clip(tmp_path / "a.mkv") as clip:
        assert clip.numbers == (1, 2, 3, 4, 5)
        assert "uneven" in clip.read(5).parts[0].attributes["movie/variableRate"].value


@pytest.mark.parametrize("content", [b"", b"not a movie", b"\0\0\0\x18ftypisom" + b"\0" * 40])
def test_files_that_are_no_movie_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mov").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"a\.mov") as caught:
        open_clip(tmp_path / "a.mov")
    assert "\n" not in str(caught.value)


def test_a_movie_cut_short_gives_whole_frames_or_a_clear_line(tmp_path: Path) -> None:
    write(tmp_path / "a.mkv", [waves(64, 64, number) for number in range(1, 9)])
    data = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) * 2 // 3])
    with MovieClip(tmp_path / "cut.mkv") as clip:
        assert 3 <= len(clip.numbers) < 8
        assert error(clip.read(2), waves(64, 64, 2)).max() < 1e-4


def test_headers_need_no_second_look(tmp_path: Path) -> None:
    write(tmp_path / "a.mkv", [waves(16, 8, number) for number in (1, 2)])
    with open_clip(tmp_path / "a.mkv") as clip:
        (header,) = clip.header(2)
        assert header.channels == (("R", "float"), ("G", "float"), ("B", "float"))
        assert header.display_window == Window(0, 0, 16, 8)
        assert clip.path(2) == tmp_path / "a.mkv"


@pytest.mark.parametrize("name", ["am_editlist.mp4", "am_bbb1080p60.mp4"])
def test_real_movies_have_as_many_frames_as_a_full_decode_gives(shared_dir: Path, name: str) -> None:
    path = shared_dir / "data" / "train" / name
    with av.open(str(path)) as container:
        decoded = sum(1 for _ in container.decode(video=0))
    with open_clip(path) as clip:
        assert len(clip.numbers) == decoded
        assert clip.read(clip.numbers[-1]).number == decoded
