"""A host's image, used where it lies: views of its memory without a copy, and conversion in and out in one pass."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels.backend import native_module
from vfi_plugin.kernels.checking import check_shapes
from vfi_plugin.kernels.host_format import HostFormat, is_whole
from vfi_plugin.kernels.native import room

_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class HostImage:
    """Somebody else's memory, and how a picture lies in it. Nothing is copied; the buffer is kept alive.

    Everything that comes out is y down, top row first, whatever the memory's order; channels keep the host's order.

    Attributes:
        buffer: whatever has the buffer protocol (bytes, bytearray, memoryview, mmap, ctypes, numpy) and is contiguous.
        format: how the picture lies in it.
        offset_bytes: where in the buffer the first pixel of the format's first row lies. With a negative ``row_bytes``
            the other rows lie before it.

    Raises:
        UsageError: no such buffer, or a pixel would lie outside it.
    """

    buffer: Any = field(repr=False)
    format: HostFormat
    offset_bytes: int = 0
    _view: npt.NDArray[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        memory = _memory_of(self.buffer)
        if not is_whole(self.offset_bytes):
            raise UsageError(f"got offset_bytes {self.offset_bytes!r}; needed a whole number of bytes")
        first, end = (self.offset_bytes + edge for edge in self.format.span_bytes)
        if first < 0 or end > memory.size:
            raise UsageError(
                f"got a buffer of {memory.size} bytes, while the pixels take bytes {first} to {end - 1} of it; give the"
                " whole image's memory, and as offset_bytes where the first row begins in it"
            )
        object.__setattr__(self, "_view", _view_of(memory, self.format, self.offset_bytes))

    @classmethod
    def at(
        cls, address: int, image_format: HostFormat, *, size_bytes: int | None = None, read_only: bool = False
    ) -> HostImage:
        """An image behind a pointer, as OFX hands it. The host's memory must outlive everything made from it.

        Args:
            address: of the first pixel of the first row: what the host calls the data pointer, whatever the sign of
                ``row_bytes``.
            image_format: how the picture lies there.
            size_bytes: what the host says its memory holds, from the lowest byte of the picture on; checked. None where
                the host does not say, as in OFX: then the format is all there is to rely on.
            read_only: refuse to write, as for a source clip.

        Raises:
            UsageError: no such address, or the picture is larger than the memory.
        """
        first, end = image_format.span_bytes
        if not is_whole(address):
            raise UsageError(f"got address {address!r}; needed the data pointer as a whole number")
        if address <= 0 or address + first <= 0 or address + end > 2 ** (8 * ctypes.sizeof(ctypes.c_void_p) - 1):
            raise UsageError(
                f"got address {address:#x} for pixels that take {end - first} bytes from {address + first:#x}, which no"
                " memory has; pass the data pointer as the host hands it, and its row_bytes with the sign"
            )
        needed = end - first
        if size_bytes is not None and size_bytes < needed:
            raise UsageError(f"got {size_bytes} bytes of memory, while the pixels take {needed}; check row_bytes")
        block = memoryview((ctypes.c_ubyte * needed).from_address(address + first))
        return cls(block.toreadonly() if read_only else block, image_format, -first)

    @property
    def is_read_only(self) -> bool:
        """Whether the memory may not be written."""
        return not self._view.flags.writeable

    def view(self) -> npt.NDArray[Any]:
        """The memory itself as (C, H, W) in the host's type, y down; ``.transpose(1, 2, 0)`` is (H, W, C).

        Strides may be negative. Writable where the memory is. Valid as long as the host's memory is.
        """
        return self._view.view()

    def as_tensor(self) -> torch.Tensor:
        """The memory itself as a tensor (1, C, H, W) in the host's type, y down; nothing is copied.

        Raises:
            UsageError: torch has no such tensor: integer pixels, rows from the bottom to the top of memory, steps that
                are not whole samples, or read-only memory.
        """
        hindrance = self._hindrance()
        if not hindrance and min(self._view.strides) < 0:
            hindrance = "its rows or planes run backwards"
        if not hindrance and self.is_read_only:
            hindrance = "it is read-only, which torch does not keep to"
        if hindrance:
            raise UsageError(
                f"this memory is no tensor as it is: {hindrance}; use to_tensor(), which copies it in one pass"
            )
        return torch.from_numpy(self._view)[None]

    def as_batch(self) -> npt.NDArray[Any]:
        """The memory itself as (1, C, H, W), y down, of whatever strides: what the native kernels read and write.

        Raises:
            UsageError: integer pixels, or samples that are not aligned: the kernels compute on float32 and float16.
        """
        if hindrance := self._hindrance():
            raise UsageError(f"the kernels cannot work on this memory: {hindrance}; use to_tensor() and write()")
        return self._view[None]

    def _hindrance(self) -> str:
        """What keeps torch and the kernels from this memory, or an empty string."""
        if self._view.dtype.kind != "f":
            return f"its pixels are {self.format.pixel_type}"
        is_aligned = self._view.flags.aligned and not any(step % self._view.itemsize for step in self._view.strides)
        return "" if is_aligned else "its rows or planes begin between two samples"

    def to_tensor(self) -> torch.Tensor:
        """A copy (1, C, H, W) float32, y down: integers as code / 255 or code / 65535, floats as they are.

        float32 keeps every bit; a float16 keeps its value, NaN and Inf included. Made by C++ in one pass over the
        memory by as many threads as torch has; other Python threads run meanwhile.
        """
        out = room((1, *self._view.shape), torch.float32)
        native_module().convert_pixels(self._view, out[0].numpy(), torch.get_num_threads())
        return out

    def write(self, tensor: torch.Tensor, *, clip: bool = False) -> int:
        """Puts a picture into the host's memory, rounded to the nearest value of its type; padding is not touched.

        float32 and float16 memory takes NaN and Inf. What it has no counterpart for is refused before anything is
        written: for integers, values outside [0, 1] and NaN; for float16, finite values from 65520 on, which would
        round to Inf.

        Args:
            tensor: (1, C, H, W) float32 or float16 on the CPU, y down, of any strides.
            clip: take the nearest value that there is instead, and 0 for NaN in integers.

        Returns:
            How many values were clipped.

        Raises:
            UsageError: read-only memory, another shape, type or device, or values without a counterpart.
        """
        pixels = self._pixels_to_write(tensor)
        threads = torch.get_num_threads()
        if clip:
            clipped: int = native_module().clip_pixels(pixels, self._view, threads)
            return clipped
        lost: int = native_module().count_unrepresentable(pixels, self._view.dtype, threads)
        if lost:
            allowed = "finite values below 65520" if self._view.dtype.kind == "f" else "0 to 1, and no NaN"
            raise UsageError(
                f"{lost} of {pixels.size} values do not fit into {self.format.pixel_type}, which takes {allowed}; pass"
                " clip=True to take the nearest that does, or ask the host for float32"
            )
        native_module().convert_pixels(pixels, self._view, threads)
        return 0

    def _pixels_to_write(self, tensor: torch.Tensor) -> npt.NDArray[Any]:
        """The tensor as (C, H, W), checked; copied only where it lies in the very memory that will be written."""
        if self.is_read_only:
            raise UsageError("the image's memory is read-only; give a writable buffer, such as the host's output image")
        if tensor.dtype not in (torch.float32, torch.float16) or tensor.device.type != "cpu":
            raise UsageError(
                f"got a tensor in {tensor.dtype} on {tensor.device}; needed float32 or float16 on cpu"
                " (tensor.float().cpu())"
            )
        channels, height, width = self._view.shape
        check_shapes(tensor=(tensor, f"1 {channels} {height} {width}"))
        pixels: npt.NDArray[Any] = tensor.detach()[0].numpy()
        return pixels.copy() if np.may_share_memory(pixels, self._view) else pixels


def _memory_of(buffer: Any) -> _Bytes:
    """The buffer's bytes, uncopied; read-only where the buffer is."""
    try:
        return np.frombuffer(buffer, dtype=np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise UsageError(
            f"got {type(buffer).__name__} ({error}); needed a contiguous buffer, such as bytearray, memoryview, mmap,"
            " ctypes or numpy memory; for a plain pointer use HostImage.at"
        ) from error


def _view_of(memory: _Bytes, image_format: HostFormat, offset_bytes: int) -> npt.NDArray[Any]:
    """(C, H, W), y down; numpy checks the bounds once more."""
    height = image_format.height
    # A single row or plane has no next one; a step that the host gave all the same must not look like a reversed axis.
    row_step = image_format.row_step if height > 1 else image_format.packed_row_bytes
    plane_step = image_format.plane_step if image_format.channels > 1 else image_format.dtype.itemsize
    if image_format.bottom_up:
        offset_bytes += (height - 1) * row_step
        row_step = -row_step if height > 1 else row_step
    return np.ndarray(
        (image_format.channels, height, image_format.width),
        image_format.dtype,
        buffer=memory,
        offset=offset_bytes,
        strides=(plane_step, row_step, image_format.pixel_step),
    )
