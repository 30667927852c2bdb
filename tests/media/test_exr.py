"""EXR files that the tests make: what is written is what is read, and other readers see it too."""

from __future__ import annotations

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vfi_plugin.errors import UnreadableImageError, UsageError, WriteError
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media import read_header, read_image, write_image

TYPES = (np.float16, np.float32, np.uint32)
COMPRESSION = "zip"


def bits(rng: np.random.Generator, window: Window, dtype: type) -> np.ndarray:
    """Random bit patterns: NaN, Inf, denormals and all uint values among them."""
    size = np.dtype(dtype).itemsize
    return np.frombuffer(rng.bytes(window.width * window.height * size), dtype).reshape(window.shape)


def part(window: Window, display: Window, dtypes: dict[str, type], seed: int = 0, **fields: object) -> Part:
    rng = np.random.default_rng(seed)
    attributes = {"compression": Attribute("compression", COMPRESSION), **fields.pop("attributes", {})}
    return Part({n: bits(rng, window, d) for n, d in dtypes.items()}, window, display, attributes=attributes, **fields)


def round_trip(folder: Path, *parts: Part) -> Frame:
    path = folder / "image.exr"
    write_image(path, Frame(parts))
    return read_image(path, 7)


def assert_same(read: Part, written: Part) -> None:
    assert read.data_window == written.data_window
    assert read.display_window == written.display_window
    assert (read.name, read.view) == (written.name, written.view)
    assert set(read.planes) == set(written.planes)
    for name, plane in written.planes.items():
        assert read.planes[name].dtype == plane.dtype, name
        assert read.planes[name].tobytes() == plane.tobytes(), name
    assert written.attributes.items() <= read.attributes.items()


def refusal(path: Path) -> str:
    """Why the file is refused; "" where it is read."""
    try:
        read_image(path)
    except UnreadableImageError as error:
        return str(error)
    return ""


windows = st.builds(Window, st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 40), st.integers(1, 40))
channel_names = st.sampled_from(["R", "G", "B", "A", "Z", "N.X", "crypto00.red", "id.r", "left.R", "été.b"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=windows,
    display=windows,
    dtypes=st.dictionaries(channel_names, st.sampled_from(TYPES), min_size=1, max_size=6),
    compression=st.sampled_from(["none", "rle", "zips", "zip", "piz"]),
    seed=st.integers(0, 2**32 - 1),
)
@example(Window(-120, -60, 30, 20), Window(0, 0, 10, 8), {"R": np.float16}, "zips", 1)  # overscan
@example(Window(100, 100, 3, 2), Window(0, 0, 10, 8), {"R": np.uint32, "A": np.float16}, "zip", 1)  # disjoint
def test_any_windows_and_mixed_types_come_back_bit_for_bit(
    data: Window, display: Window, dtypes: dict[str, type], compression: str, seed: int
) -> None:
    written = part(data, display, dtypes, seed, attributes={"compression": Attribute("compression", compression)})
    with TemporaryDirectory() as folder:
        frame = round_trip(Path(folder), written)
    assert frame.number == 7
    assert_same(frame.parts[0], written)
    assert list(frame.parts[0].planes) == sorted(dtypes, key=str.encode)


number = st.integers(-(2**31), 2**31 - 1)
single = st.floats(width=32, allow_nan=False)
double = st.floats(allow_nan=False)
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
attributes = st.one_of(
    st.builds(Attribute, st.just("int"), number),
    st.builds(Attribute, st.just("float"), single),
    st.builds(Attribute, st.just("double"), double),
    st.builds(Attribute, st.just("string"), text),
    st.builds(Attribute, st.just("stringvector"), st.lists(text, max_size=3).map(tuple)),
    st.builds(Attribute, st.just("floatvector"), st.lists(single, max_size=4).map(tuple)),
    st.builds(Attribute, st.just("rational"), st.tuples(number, st.integers(0, 2**32 - 1))),
    st.builds(Attribute, st.just("timecode"), st.tuples(*[st.integers(0, 2**32 - 1)] * 2)),
    st.builds(Attribute, st.just("v2i"), st.tuples(number, number)),
    st.builds(Attribute, st.just("v3f"), st.tuples(*[single] * 3)),
    st.builds(Attribute, st.just("v3d"), st.tuples(*[double] * 3)),
    st.builds(Attribute, st.just("m33d"), st.tuples(*[double] * 9)),
    st.builds(Attribute, st.just("m44f"), st.tuples(*[single] * 16)),
    st.builds(Attribute, st.just("box2i"), st.tuples(*[number] * 4)),
    st.builds(Attribute, st.just("box2f"), st.tuples(*[single] * 4)),
    # The library refuses whole files for key codes that no film has: perforations a frame 1-15, a count 20-120.
    st.builds(Attribute, st.just("keycode"), st.tuples(*[st.integers(0, 99)] * 5, st.just(4), st.integers(20, 120))),
    st.builds(Attribute, st.just("studioThing"), st.binary(max_size=30)),
)
attribute_names = st.text("abcdefXYZ/_:.é", min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(attribute_names, attributes, min_size=2, max_size=8), st.booleans())
def test_attributes_of_every_type_come_back_with_their_type(values: dict[str, Attribute], twice: bool) -> None:
    window = Window(0, 0, 4, 3)
    first = part(window, window, {"R": np.float16}, name="one" if twice else "", attributes=values)
    parts = [first, part(window, window, {"G": np.float32}, name="two")] if twice else [first]
    with TemporaryDirectory() as folder:
        frame = round_trip(Path(folder), *parts)
        other = oiio.ImageInput.open(f"{folder}/image.exr")
        assert other is not None
        assert other.read_image(oiio.HALF) is not None
        other.close()
    for read, written in zip(frame.parts, parts, strict=True):
        assert_same(read, written)
        standard = {"pixelAspectRatio", "screenWindowCenter", "screenWindowWidth"}
        assert set(read.attributes) == set(written.attributes) | standard


def test_another_library_reads_the_same_types_and_values(tmp_path: Path) -> None:
    window = Window(0, 0, 4, 3)
    values = {
        "framesPerSecond": Attribute("rational", (24000, 1001)),
        "timeCode": Attribute("timecode", (0x01020304, 5)),
        "camera/iso": Attribute("int", 800),
        "exact": Attribute("double", 0.1),
        "worldToCamera": Attribute("m44f", tuple(float(i) for i in range(16))),
        "chromaticities": Attribute("chromaticities", (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)),
        "pixelAspectRatio": Attribute("float", 2.0),
        "owner": Attribute("string", "Çelik"),
    }
    round_trip(tmp_path, part(window, window, {"R": np.float16}, attributes=values))
    header = OpenEXR.File(str(tmp_path / "image.exr")).header()
    assert header["framesPerSecond"].as_integer_ratio() == (24000, 1001)
    assert (header["timeCode"].hours, header["timeCode"].minutes, header["timeCode"].frame) == (1, 2, 4)
    assert header["camera/iso"] == 800
    assert isinstance(header["exact"], np.ndarray)
    assert header["exact"][0] == 0.1
    assert header["worldToCamera"].ravel().tolist() == list(range(16))
    assert header["chromaticities"] == pytest.approx(values["chromaticities"].value)
    assert header["pixelAspectRatio"] == 2.0
    assert header["owner"] == "Çelik"


def test_text_that_is_not_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    window = Window(0, 0, 4, 3)
    latin = Attribute("string", b"caf\xe9".decode("utf-8", "surrogateescape"))
    frame = round_trip(tmp_path, part(window, window, {"R": np.uint32}, attributes={"owner": latin}))
    assert frame.parts[0].attributes["owner"] == latin
    assert b"caf\xe9" in (tmp_path / "image.exr").read_bytes()


def test_parts_and_views_come_back_in_order(tmp_path: Path) -> None:
    display = Window(0, 0, 20, 10)
    parts = [
        part(Window(-3, -2, 5, 4), display, {"R": np.float16, "A": np.float32}, 1, name="rgba.right", view="right"),
        part(Window(2, 2, 7, 3), display, {"Z": np.float32}, 2, name="depth", view="left"),
        part(display, display, {"id": np.uint32}, 3, name="id"),
    ]
    frame = round_trip(tmp_path, *parts)
    for read, written in zip(frame.parts, parts, strict=True):
        assert_same(read, written)


def test_tiles_are_kept(tmp_path: Path) -> None:
    window = Window(-5, 3, 70, 50)
    tiles = {"tiles": Attribute("tiledesc", (32, 16, 0))}
    frame = round_trip(tmp_path, part(window, window, {"R": np.float16, "id": np.uint32}, attributes=tiles))
    assert frame.parts[0].attributes["tiles"].value == (32, 16, 0)
    assert read_header(tmp_path / "image.exr")[0].tiled
    spec = oiio.ImageInput.open(str(tmp_path / "image.exr")).spec()
    assert (spec.tile_width, spec.tile_height) == (32, 16)


def test_storage_attributes_of_the_source_do_not_spoil_the_target(tmp_path: Path) -> None:
    """A frame whose attributes were copied from a longer, tiled, deep-typed source is still written properly."""
    window = Window(0, 0, 4, 3)
    wrong = {
        "chunkCount": Attribute("int", 999),
        "lineOrder": Attribute("lineOrder", 1),
        "type": Attribute("string", "deeptile"),
        "dwaCompressionLevel": Attribute("float", 90.0),
    }
    read = round_trip(tmp_path, part(window, window, {"R": np.float16}, attributes=wrong)).parts[0]
    assert not set(wrong) & set(read.attributes)


def test_the_header_can_be_read_without_pixels(tmp_path: Path) -> None:
    data, display = Window(-1, -2, 4, 3), Window(0, 0, 9, 9)
    written = part(data, display, {"B": np.float16, "A": np.float32, "id": np.uint32}, name="x", view="left")
    round_trip(tmp_path, written)
    (header,) = read_header(tmp_path / "image.exr")
    assert header.channels == (("A", "float"), ("B", "half"), ("id", "uint"))
    assert (header.data_window, header.display_window) == (data, display)
    assert (header.name, header.view, header.is_deep, header.tiled) == ("x", "left", False, False)
    assert header.attributes["compression"].value == "zip"


@pytest.mark.parametrize("compression", ["dwaa", "dwab", "b44", "b44a", "pxr24", "zip"])
@pytest.mark.parametrize("tiles", [{}, {"tiles": Attribute("tiledesc", (16, 16, 0))}])
def test_copied_pixels_are_exact_with_lossy_codecs_too(
    tmp_path: Path, compression: str, tiles: dict[str, Attribute]
) -> None:
    rng = np.random.default_rng(5)
    window = Window(-7, 4, 61, 47)
    planes = {name: rng.random(window.shape).astype(np.float16) for name in "RGB"}
    codec = {"compression": Attribute("compression", compression), **tiles}
    source, target = tmp_path / "source.exr", tmp_path / "target.exr"
    write_image(source, Frame((Part(planes, window, Window(0, 0, 50, 50), attributes=codec),)))
    frame = read_image(source)
    long_name = "vfi/" + "x" * 40
    changed = frame.parts[0].with_attributes({long_name: Attribute("double", 0.1), "screenWindowWidth": None})
    write_image(target, Frame((changed,)), pixels_of=source)
    copy = read_image(target)
    assert copy.parts[0].attributes[long_name] == Attribute("double", 0.1)
    for name, plane in frame.parts[0].planes.items():
        assert copy.parts[0].planes[name].tobytes() == plane.tobytes()
    assert target.stat().st_size - source.stat().st_size < 100
    other = oiio.ImageBuf(str(target)).get_pixels(oiio.HALF)
    assert np.array_equal(other[..., 0], frame.parts[0].planes["R"])


def test_pixels_are_not_copied_where_the_codec_changes(tmp_path: Path) -> None:
    window = Window(0, 0, 8, 8)
    write_image(tmp_path / "a.exr", Frame((part(window, window, {"R": np.uint32}),)))
    frame = read_image(tmp_path / "a.exr")
    piz = frame.parts[0].with_attributes({"compression": Attribute("compression", "piz")})
    write_image(tmp_path / "b.exr", Frame((piz,)), pixels_of=tmp_path / "a.exr")
    read = read_image(tmp_path / "b.exr").parts[0]
    assert read.attributes["compression"].value == "piz"
    assert_same(read, piz)


def test_planes_that_are_views_are_written(tmp_path: Path) -> None:
    window = Window(0, 0, 6, 5)
    pixels = np.random.default_rng(1).random((5, 6, 3)).astype(np.float32)
    planes = {name: pixels[..., i] for i, name in enumerate("RGB")} | {"flipped": pixels[::-1, ::-1, 0]}
    read = round_trip(tmp_path, Part(planes, window, window)).parts[0]
    assert all(np.array_equal(read.planes[name], plane) for name, plane in planes.items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"compression": Attribute("compression", "jpeg")}, 'compression "jpeg"'),
        ({"iso": Attribute("int", 1.5)}, "iso"),
        ({"iso": Attribute("int", 2**40)}, "iso"),
        ({"pixelAspectRatio": Attribute("int", 1)}, "EXR wants float"),
    ],
)
def test_attributes_that_cannot_be_written_are_named(
    tmp_path: Path, change: dict[str, Attribute], message: str
) -> None:
    window = Window(0, 0, 2, 2)
    with pytest.raises((UsageError, WriteError), match=message):
        round_trip(tmp_path, part(window, window, {"R": np.float16}, attributes=change))
    assert not list(tmp_path.iterdir())


def test_frames_that_exr_cannot_hold_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    window = Window(0, 0, 2, 2)
    empty = Window(0, 0, 0, 2)
    wrong = [
        (Part({"R": np.zeros((2, 2))}, window, window),),
        (Part({"R": np.zeros((2, 0), np.float16)}, empty, window),),
        (Part({}, window, window),),
        (part(window, window, {"R": np.float16}, name="a"), part(window, window, {"R": np.float16}, name="a")),
        (part(window, window, {"R": np.float16}, name="a"), part(window, empty, {"R": np.float16}, name="b")),
    ]
    for parts in wrong:
        with pytest.raises(UsageError):
            write_image(tmp_path / "x.exr", Frame(parts))
    assert not list(tmp_path.iterdir())


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, 600), position=st.integers(0, 420), junk=st.binary(min_size=1, max_size=8))
def test_damage_anywhere_gives_a_frame_or_one_clear_line(cut: int, position: int, junk: bytes) -> None:
    window = Window(0, 0, 9, 7)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.exr"
        write_image(path, Frame((part(window, window, {"R": np.float16, "id": np.uint32}),)))
        data = bytearray(path.read_bytes())
        data[position : position + len(junk)] = junk
        path.write_bytes(data[: len(data) - cut] if cut < 300 else data)
        message = refusal(path)
        assert "\n" not in message
        assert message == "" or "x.exr" in message


@pytest.mark.parametrize("size", [2**29, 2**30 - 1])
def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(tmp_path: Path, size: int) -> None:
    window = Window(0, 0, 4, 3)
    path = tmp_path / "bomb.exr"
    write_image(path, Frame((part(window, window, {"R": np.float32}),)))
    data = path.read_bytes()
    box = struct.pack("<4i", 0, 0, 3, 2)
    path.write_bytes(data.replace(box, struct.pack("<4i", 0, 0, size - 1, 2), 1))
    with pytest.raises(UnreadableImageError, match="damaged"):
        read_image(path)


def test_nothing_is_printed_where_pixels_are_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    window = Window(0, 0, 64, 64)
    path = tmp_path / "x.exr"
    write_image(path, Frame((part(window, window, {"R": np.float16}, attributes={}),)))
    data = bytearray(path.read_bytes())
    data[-2000:] = b"\xff" * 2000
    path.write_bytes(data[:-500])
    with pytest.raises(UnreadableImageError, match="damaged"):
        read_image(path)
    assert capsys.readouterr().out == ""
