"""Images that are not EXR become float planes; the files are made by OpenImageIO and by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from vfi_plugin.errors import UnreadableImageError
from vfi_plugin.media import open_clip, read_header, read_image, write_image
from vfi_plugin.media.foreign_image import SOURCE_FORMAT


def make(path: Path, pixels: np.ndarray, **attributes: object) -> None:
    height, width, channels = pixels.shape
    kind = {"float32": "float", "float16": "half"}.get(str(pixels.dtype), str(pixels.dtype))
    spec = oiio.ImageSpec(width, height, channels, kind)
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), *value) if isinstance(value, tuple) else spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels), output.geterror()
    output.close()


@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [("png", np.uint8), ("png", np.uint16), ("tif", np.uint8), ("tif", np.uint16), ("dpx", np.uint16)],
)
def test_integers_become_fractions_of_the_largest_value(tmp_path: Path, suffix: str, dtype: type) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(0).integers(0, top, (5, 7, 3), dtype, endpoint=True)
    pixels[0, 0], pixels[0, 1] = 0, top
    make(tmp_path / f"a.{suffix}", pixels)
    part = read_image(tmp_path / f"a.{suffix}").parts[0]
    for index, name in enumerate("RGB"):
        assert part.planes[name].dtype == np.float32
        assert np.allclose(part.planes[name], pixels[..., index].astype(np.float64) / top, atol=1e-7)
        assert (part.planes[name][0, 0], part.planes[name][0, 1]) == (0, 1)
    assert part.attributes[SOURCE_FORMAT].value.split()[1] == f"uint{np.dtype(dtype).itemsize * 8}"
    assert read_header(tmp_path / f"a.{suffix}")[0].channels == (("R", "float"), ("G", "float"), ("B", "float"))


def test_floats_and_halves_keep_their_values(tmp_path: Path) -> None:
    for dtype in (np.float16, np.float32):
        pixels = np.array([[[-1.5, 0.1, 500]]], dtype)
        make(tmp_path / "a.tif", pixels)
        planes = read_image(tmp_path / "a.tif").parts[0].planes
        assert {plane.dtype for plane in planes.values()} == {np.dtype(np.float32)}
        assert [float(planes[name][0, 0]) for name in "RGB"] == [float(v) for v in pixels[0, 0]]


def test_a_jpeg_is_read_and_a_grey_png_has_one_channel(tmp_path: Path) -> None:
    make(tmp_path / "a.jpg", np.full((16, 16, 3), 128, np.uint8))
    part = read_image(tmp_path / "a.jpg").parts[0]
    assert np.allclose(part.planes["G"], 128 / 255, atol=0.01)
    make(tmp_path / "g.png", np.full((4, 4, 1), 255, np.uint8))
    assert list(read_image(tmp_path / "g.png").parts[0].planes) == ["Y"]


def test_dpx_rate_and_timecode_come_under_their_exr_names(tmp_path: Path) -> None:
    code = oiio.TypeDesc("timecode")
    make(
        tmp_path / "s.0001.dpx",
        np.zeros((4, 4, 3), np.uint16),
        dpx__FrameRate=(23.976,),
        smpte__TimeCode=(code, (0x01020304, 0)),
    )
    with open_clip(tmp_path / "s.####.dpx") as clip:
        assert clip.rate == Fraction(24000, 1001)
        assert clip.read(1).parts[0].attributes["timeCode"].value[0] == 0x01020304


def test_what_was_read_can_be_written_as_exr(tmp_path: Path) -> None:
    make(tmp_path / "a.png", np.full((4, 4, 4), 200, np.uint8))
    frame = read_image(tmp_path / "a.png")
    write_image(tmp_path / "a.exr", frame)
    read = read_image(tmp_path / "a.exr").parts[0]
    assert all(np.array_equal(read.planes[name], plane) for name, plane in frame.parts[0].planes.items())
    assert read.attributes[SOURCE_FORMAT].value == "png uint8"


@pytest.mark.parametrize("content", [b"not an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"II*\0" + b"\xff" * 60])
@pytest.mark.parametrize("suffix", ["png", "tif", "dpx", "jpg", "txt"])
def test_damaged_and_unknown_files_are_refused_in_one_line(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"a\.\w+ cannot be read") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)
