"""Where a host's memory begins and ends, who may write it, and formats that make no sense."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from host_memory import equal_bits, every_layout, every_order, packed_memory, some_picture

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import HostFormat, HostImage


def test_read_only_memory_is_read_and_never_written() -> None:
    image = HostImage(bytes(48), HostFormat(4, 3, 1))
    assert image.is_read_only
    assert (image.to_tensor() == 0).all()
    assert not image.view().flags.writeable
    with pytest.raises(UsageError, match="read-only"):
        image.write(torch.ones(1, 1, 3, 4))
    with pytest.raises(UsageError, match=r"read-only.*to_tensor"):
        image.as_tensor()
    assert bytes(image.buffer) == bytes(48)


@every_layout
@every_order
def test_memory_ends_with_the_last_pixel_and_not_a_byte_before(layout: str, bottom_up: bool, downward: bool) -> None:
    memory = packed_memory((3, 4, 5), "uint16", layout, padding=6, downward=downward, bottom_up=bottom_up)
    memory.put(some_picture((3, 4, 5), "uint16"))
    first, end = int(memory.addresses.min()), int(memory.addresses.max()) + 2
    exact = bytes(memory.data[first:end])  # without the padding of the last row
    image = HostImage(exact, memory.format, memory.offset_bytes - first)
    assert np.array_equal(image.view(), memory.read())
    assert (image.format.size_bytes, image.format.packed_row_bytes) == (end - first, 30 if layout != "planar" else 10)
    with pytest.raises(UsageError, match=rf"{len(exact) - 1} bytes"):
        HostImage(exact[:-1], memory.format, memory.offset_bytes - first)
    with pytest.raises(UsageError, match="bytes -1 to"):
        HostImage(exact + b"more", memory.format, memory.offset_bytes - first - 1)


@pytest.mark.parametrize("downward", [False, True])
@pytest.mark.parametrize("bottom_up", [False, True])
def test_a_pointer_leads_to_the_first_row_whatever_the_sign_of_row_bytes(downward: bool, bottom_up: bool) -> None:
    memory = packed_memory((4, 3, 5), "float16", "interleaved", padding=8, downward=downward, bottom_up=bottom_up)
    picture = some_picture((4, 3, 5), "float16")
    memory.put(picture)
    start = ctypes.addressof((ctypes.c_ubyte * len(memory.data)).from_buffer(memory.data))
    image = HostImage.at(start + memory.offset_bytes, memory.format, size_bytes=memory.format.size_bytes)
    assert equal_bits(image.view(), picture)
    image.write(torch.zeros(1, 4, 3, 5))
    assert (memory.read() == 0).all()
    assert memory.untouched_outside_the_pixels()
    assert HostImage.at(start + memory.offset_bytes, memory.format, read_only=True).is_read_only


@pytest.mark.parametrize("address", [0, -8, 40, 2**63, 1.5, None])
def test_a_pointer_to_nowhere_is_refused(address: Any) -> None:
    image_format = HostFormat(5, 4, 1, row_bytes=-20)  # from 40 the upper rows would lie below address 0
    with pytest.raises(UsageError, match="data pointer"):
        HostImage.at(address, image_format)


def test_a_pointer_with_less_memory_than_pixels_is_refused() -> None:
    with pytest.raises(UsageError, match="79 bytes of memory, while the pixels take 80"):
        HostImage.at(4096, HostFormat(5, 4, 1), size_bytes=79)


def test_the_buffer_is_held_as_long_as_a_view_is() -> None:
    buffer = bytearray(b"\1" * 60)
    view = HostImage(buffer, HostFormat(5, 4, 3, "uint8")).view()
    gc.collect()
    with pytest.raises(BufferError):
        buffer.append(0)
    del buffer
    gc.collect()
    assert (view == 1).all()


@pytest.mark.parametrize("buffer", [None, "text", 4096, np.zeros((8, 8), np.uint8)[:, ::2], torch.zeros(64)])
def test_what_is_no_contiguous_buffer_is_refused(buffer: Any) -> None:
    with pytest.raises(UsageError, match=r"contiguous buffer.*HostImage\.at"):
        HostImage(buffer, HostFormat(2, 2, 1, "uint8"))


def test_an_offset_is_a_whole_number() -> None:
    with pytest.raises(UsageError, match=r"offset_bytes 1\.0"):
        HostImage(bytes(64), HostFormat(2, 2, 1, "uint8"), 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"width": 0}, "width 0"),
        ({"height": -3}, "height -3"),
        ({"channels": 1.0}, "channels 1.0"),
        ({"width": True}, "width True"),
        ({"pixel_type": "float64"}, "float64.*uint8, uint16, float16, float32"),
        ({"layout": "tiled"}, "tiled.*interleaved, planar"),
        ({"row_bytes": 20.0}, "row_bytes 20.0"),
        ({"row_bytes": 59}, "row_bytes 59.*overlap"),
        ({"row_bytes": -59}, "row_bytes -59.*overlap"),
        ({"row_bytes": 0}, "row_bytes 0.*overlap"),
        ({"plane_bytes": 400}, "plane_bytes 400.*no planes"),
        ({"layout": "planar", "plane_bytes": 79}, "plane_bytes 79.*overlap"),
        ({"layout": "planar", "row_bytes": 59, "plane_bytes": 20}, "row_bytes 59.*overlap"),
        ({"layout": "planar", "row_bytes": 60, "plane_bytes": 19}, "plane_bytes 19.*overlap"),
        ({"layout": "planar", "row_bytes": 20, "plane_bytes": 0}, "plane_bytes 0.*overlap"),
        ({"bottom_up": 1}, "bottom_up 1"),
    ],
)
def test_a_format_that_makes_no_sense_is_refused(fault: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        HostFormat(**{"width": 5, "height": 4, "channels": 3, **fault})


# The image's last byte, or its first one, is the last of its page; the page behind or before it may not be touched.
GUARDED = """
import ctypes, mmap, torch
from vfi_plugin.kernels import HostFormat, HostImage, warp_host
page = mmap.PAGESIZE
def guarded(size):
    pages = -(-size // page)
    memory = mmap.mmap(-1, (pages + 2) * page)
    start = ctypes.addressof(ctypes.c_ubyte.from_buffer(memory))
    protect = ctypes.CDLL(None).mprotect
    protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    assert protect(start, page, 0) == 0 and protect(start + (pages + 1) * page, page, 0) == 0
    kept.append(memory)
    return start + page, start + (pages + 1) * page
kept = []
for kind in ("uint8", "uint16", "float16", "float32"):
    for channels in (1, 2, 3, 4, 5):
        for layout in ("interleaved", "planar"):
            for row in (1, -1):
                packed = HostFormat(37, 9, channels, kind, layout)
                form = HostFormat(37, 9, channels, kind, layout, row * packed.row_step, bottom_up=True)
                images = []
                for edge in (0, 1, 0, 1):
                    low, high = guarded(form.size_bytes)
                    lowest = low if edge == 0 else high - form.size_bytes
                    images.append(HostImage.at(lowest - form.span_bytes[0], form))
                for image in images:
                    image.write(torch.rand(1, channels, 9, 37))
                    image.to_tensor()
                if kind.startswith("float"):
                    flow = torch.rand(1, 2, 9, 37) * 8 - 4
                    for taps in ("linear", "cubic"):
                        for border in ("clamp", "zero"):
                            for source, target in zip(images[:2], images[2:]):
                                warp_host(source, flow, target, taps=taps, border=border)
print("untouched", flush=True)
import os; os._exit(0)  # the mappings are still in use by views
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the guard pages are made by mprotect")
def test_pages_beside_the_memory_are_never_touched() -> None:
    done = subprocess.run([sys.executable, "-c", GUARDED], capture_output=True, text=True, timeout=120, cwd=sys.prefix)
    assert (done.returncode, done.stdout) == (0, "untouched\n"), done.stderr
