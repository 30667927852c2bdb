"""Host memory for the tests, packed byte by byte from the documented addresses and from nothing of the code's."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from vfi_plugin.kernels import HostFormat, HostImage

CODES = {"uint8": "=B", "uint16": "=H", "float16": "=e", "float32": "=f"}
SIZES = {"uint8": 1, "uint16": 2, "float16": 2, "float32": 4}
WHITE = {"uint8": 255, "uint16": 65535}
CANARY = 0xA5

every_type = pytest.mark.parametrize("pixel_type", tuple(CODES))
every_layout = pytest.mark.parametrize("layout", ["interleaved", "planar"])
every_order = pytest.mark.parametrize(("bottom_up", "downward"), [(a, b) for a in (False, True) for b in (False, True)])


@dataclass(frozen=True)
class HostMemory:
    """A buffer with canaries wherever no pixel is, and where each sample of a (C, H, W) picture lies in it, y down."""

    format: HostFormat
    addresses: npt.NDArray[np.int64]
    data: bytearray
    offset_bytes: int

    def image(self) -> HostImage:
        return HostImage(self.data, self.format, self.offset_bytes)

    def put(self, picture: npt.NDArray[Any]) -> None:
        code = CODES[self.format.pixel_type]
        for address, value in zip(self.addresses.flat, picture.reshape(-1).tolist(), strict=True):
            struct.pack_into(code, self.data, int(address), value)

    def read(self) -> npt.NDArray[Any]:
        code = CODES[self.format.pixel_type]
        values = [struct.unpack_from(code, self.data, int(address))[0] for address in self.addresses.flat]
        return np.array(values, dtype=self.format.pixel_type).reshape(self.addresses.shape)

    def untouched_outside_the_pixels(self) -> bool:
        outside = np.ones(len(self.data), dtype=bool)
        for byte in range(SIZES[self.format.pixel_type]):
            outside[self.addresses.reshape(-1) + byte] = False
        return bool((np.frombuffer(bytes(self.data), np.uint8)[outside] == CANARY).all())


def sample_addresses(image_format: HostFormat, row_bytes: int, plane_bytes: int) -> npt.NDArray[np.int64]:
    """Of each sample (C, H, W), y down, from the first pixel of the host's first row."""
    size = SIZES[image_format.pixel_type]
    shape = (image_format.channels, image_format.height, image_format.width)
    addresses = np.zeros(shape, dtype=np.int64)
    for channel, y, x in np.ndindex(*shape):
        host_row = image_format.height - 1 - y if image_format.bottom_up else y
        in_row = (
            (x * image_format.channels + channel) * size
            if image_format.layout == "interleaved"
            else channel * plane_bytes + x * size
        )
        addresses[channel, y, x] = host_row * row_bytes + in_row
    return addresses


def make_memory(
    image_format: HostFormat, *, row_bytes: int, plane_bytes: int = 0, margin_bytes: int = 64
) -> HostMemory:
    """Memory for this format with a margin on both sides; the steps are told again, so that defaults are tested too."""
    addresses = sample_addresses(image_format, row_bytes, plane_bytes)
    offset = margin_bytes - int(addresses.min())
    end = offset + int(addresses.max()) + SIZES[image_format.pixel_type]
    return HostMemory(image_format, addresses + offset, bytearray([CANARY]) * (end + margin_bytes), offset)


def packed_memory(
    size: tuple[int, int, int], pixel_type: str, layout: str, *, padding: int = 0, downward: bool = False, **more: Any
) -> HostMemory:
    """Memory for (C, H, W) pixels, rows padded by some bytes; ``downward``: each row lies below the one before it."""
    channels, height, width = size
    row = width * SIZES[pixel_type] * (channels if layout == "interleaved" else 1) + padding
    step = -row if downward else row
    image_format = HostFormat(width, height, channels, pixel_type, layout, row_bytes=step, **more)
    return make_memory(image_format, row_bytes=step, plane_bytes=row * height)


def some_picture(size: tuple[int, int, int], pixel_type: str, seed: int = 0) -> npt.NDArray[Any]:
    """(C, H, W) in the host's type: all codes for integers, HDR, negative, tiny and infinite values for floats."""
    generator = np.random.default_rng(seed)
    if pixel_type.startswith("uint"):
        return generator.integers(0, np.iinfo(pixel_type).max + 1, size).astype(pixel_type)
    special = [0.0, -0.0, 65504.0, -65504.0, 1e-7, 6e-8, np.inf, -np.inf, 1.0, 0.5]
    picture = generator.normal(0, 100, size).astype(pixel_type)
    picture.reshape(-1)[: len(special)] = np.array(special, dtype=pixel_type)[: picture.size]
    return picture


def as_floats(picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Codes divided in double and rounded once: the nearest float to the fraction."""
    white = WHITE.get(str(picture.dtype), 1)
    with np.errstate(invalid="ignore"):
        return (picture.astype(np.float64) / white).astype(np.float32)


def equal_bits(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
