"""Movie pixels to and from display-referred RGB floats.

Chroma is resampled by FFmpeg; range and matrix are applied here. Its own conversion (swscale, measured with FFmpeg 8)
works on a scale where white is 65280 of 65535, which is wrong by 0.4 %, and cuts what lies above white or below black.
Formulas: ITU-R BT.709-6 and BT.2020-2 section "signal format", BT.601-7 section 2.5; the codes of "colorspace" are
those of ITU-T H.273.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
FULL_RANGE = 2  # AVCOL_RANGE_JPEG; 1 is the limited range of video, 0 unknown
_LIMITED_RANGE = 1
_HD_HEIGHT = 720  # streams that do not name their matrix: BT.709 from this height on, BT.601 below, as players do
_LUMA_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
                 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}  # fmt: skip
_MATRIX_BT709, _MATRIX_BT601 = 1, 5
MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}
_DEPTHS = (8, 9, 10, 12, 14, 16)


@dataclass(frozen=True)
class Quantisation:
    """How a sample becomes a number: ``(sample - offset) / scale``; for luma and for chroma."""

    luma_offset: float
    luma_scale: float
    chroma_offset: float
    chroma_scale: float

    @classmethod
    def of(cls, bits: int, full: bool) -> Quantisation:
        """For samples of ``bits`` bits: the limited range is 16-235 and 16-240 at 8 bits, shifted up for more."""
        step, top = 2.0 ** (bits - 8), 2.0**bits - 1
        middle = 128 * step
        return cls(0, top, middle, top) if full else cls(16 * step, 219 * step, middle, 224 * step)


def matrix_of(frame: Any) -> int:
    """The H.273 number of a frame's YCbCr matrix, or the one that players assume."""
    if frame.colorspace in _LUMA_WEIGHTS:
        return int(frame.colorspace)
    return _MATRIX_BT709 if frame.height >= _HD_HEIGHT else _MATRIX_BT601


def is_full_range(frame: Any) -> bool:
    """Whether black is sample 0; the old "yuvj" formats say it by their name."""
    return bool(frame.color_range == FULL_RANGE) or str(frame.format.name).startswith("yuvj")


def plane_view(frame: Any, index: int, bits: int) -> npt.NDArray[Any]:
    """Plane ``index`` of a planar frame as an array ``(H, W)`` of uint8 or uint16, without a copy."""
    plane = frame.planes[index]
    dtype = np.dtype("u1" if bits == 8 else "<u2")
    rows = np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)
    return rows[: plane.height, : plane.width]


def _planar(frame: Any, prefix: str, bits: int) -> Any:
    """The same picture in the planar format of ``prefix``, without a change of range or matrix."""
    name = prefix if bits == 8 else f"{prefix}{bits}le"
    if frame.format.name == name:
        return frame
    value_range = FULL_RANGE if is_full_range(frame) else _LIMITED_RANGE
    return frame.reformat(
        format=name,
        src_color_range=value_range,
        dst_color_range=value_range,
        src_colorspace=matrix_of(frame),
        dst_colorspace=matrix_of(frame),
        interpolation="BICUBIC",
    )


def _scaled(frame: Any, index: int, bits: int) -> Floats:
    plane: Floats = plane_view(frame, index, bits).astype(np.float32)
    plane /= np.float32(2**bits - 1)
    return plane


def sample_bits(frame: Any) -> int:
    """Bits of a sample in the planes that ``to_rgb`` reads: those of the format, or the next more that exist."""
    wanted = max(component.bits for component in frame.format.components)
    return next((depth for depth in _DEPTHS if depth >= wanted), _DEPTHS[-1])


def _from_rgb(frame: Any, alpha: bool, bits: int) -> dict[str, Floats]:
    planar = _planar(frame, "gbrap" if alpha else "gbrp", bits)
    order = {"R": 2, "G": 0, "B": 1} | ({"A": 3} if alpha else {})
    return {name: _scaled(planar, index, bits) for name, index in order.items()}


def _from_grey(frame: Any, bits: int) -> dict[str, Floats]:
    planar = _planar(frame, "gray", bits)
    samples = Quantisation.of(bits, is_full_range(frame))
    grey = plane_view(planar, 0, bits).astype(np.float32)
    grey -= np.float32(samples.luma_offset)
    grey /= np.float32(samples.luma_scale)
    return dict.fromkeys("RGB", grey)


def _from_yuv(frame: Any, alpha: bool, bits: int) -> dict[str, Floats]:
    planar = _planar(frame, "yuva444p" if alpha else "yuv444p", bits)
    y, cb, cr = (plane_view(planar, index, bits).astype(np.float32) for index in range(3))
    planes = rgb_of_yuv(y, cb, cr, frame, bits)
    if alpha:
        planes["A"] = _scaled(planar, 3, bits)
    return {name: planes[name] for name in "RGBA" if name in planes}


def rgb_of_yuv(y: Floats, cb: Floats, cr: Floats, frame: Any, bits: int) -> dict[str, Floats]:
    """Planes R, G and B, float32 display-referred, from samples of luma and chroma at one size, which are changed.

    Args:
        y, cb, cr: float32, any one shape: samples as they are stored.
        frame: of PyAV; says the range and the matrix.
        bits: of a sample.
    """
    samples = Quantisation.of(bits, is_full_range(frame))
    y -= np.float32(samples.luma_offset)
    y /= np.float32(samples.luma_scale)
    for chroma in (cb, cr):
        chroma -= np.float32(samples.chroma_offset)
        chroma /= np.float32(samples.chroma_scale)
    red, blue = _LUMA_WEIGHTS[matrix_of(frame)]
    green = 1 - red - blue
    planes: dict[str, Floats] = {
        "R": y + np.float32(2 * (1 - red)) * cr,
        "B": y + np.float32(2 * (1 - blue)) * cb,
    }
    planes["G"] = (y - np.float32(red) * planes["R"] - np.float32(blue) * planes["B"]) / np.float32(green)
    return planes


def to_rgb(frame: Any) -> dict[str, Floats]:
    """Planes R, G, B and A where there is alpha, ``(H, W)`` float32, display-referred.

    Black is 0 and white is 1. RGB streams give exactly sample / (2^bits - 1). What a YCbCr stream holds beyond black
    and white comes out below 0 and above 1.
    """
    bits = sample_bits(frame)
    alpha = any(component.is_alpha for component in frame.format.components)
    if frame.format.is_rgb or frame.format.name == "pal8":
        # Formats of RGB have no 9 to 14 bits with alpha below 10; all depths of _DEPTHS exist without.
        return _from_rgb(frame, alpha and bits in (8, 10, 12, 16), bits)
    if len(frame.format.components) == 1:
        return _from_grey(frame, bits)
    # yuva444p14le does not exist.
    return _from_yuv(frame, alpha, 16 if alpha and bits == 14 else bits)


def to_yuv444(planes: tuple[Floats, Floats, Floats], bits: int) -> tuple[npt.NDArray[Any], ...]:
    """Limited-range BT.709 Y, Cb, Cr of ``bits`` bits from R, G, B in [0, 1]; rounded to the nearest sample."""
    red, blue = _LUMA_WEIGHTS[_MATRIX_BT709]
    r, g, b = planes
    y = np.float32(red) * r + np.float32(1 - red - blue) * g + np.float32(blue) * b
    samples = Quantisation.of(bits, full=False)
    cb, cr = (b - y) / np.float32(2 * (1 - blue)), (r - y) / np.float32(2 * (1 - red))
    dtype = np.uint8 if bits == 8 else np.uint16
    luma = np.rint(y * np.float32(samples.luma_scale) + np.float32(samples.luma_offset)).astype(dtype)
    chroma = [
        np.rint(c * np.float32(samples.chroma_scale) + np.float32(samples.chroma_offset)).astype(dtype)
        for c in (cb, cr)
    ]
    return luma, *chroma
