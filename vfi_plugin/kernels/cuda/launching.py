"""Compiling the ``.cu`` files beside this one through CuPy, and launching their kernels on torch's memory and stream.

A kernel is handed each tensor as one structure by value (`TENSOR`: address, sizes, strides), so nothing is copied, no
size is compiled in and any strides will do. A file is compiled once a device and storage type; CuPy keeps the result on
disk. Launches go to torch's current stream and wait for nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from struct import Struct
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import DeviceError

Tensor = torch.Tensor

# The structure of tensor.cuh, with the padding that C gives it.
TENSOR = np.dtype([("data", np.uint64), ("size", np.int32, 4), ("stride", np.int64, 4)], align=True)

_PACKED = Struct("=Q4i4q")  # the same bytes

# Like the CPU kernels these compute without fused multiply-add, so that a frame made on a GPU is as near to one made on
# a CPU as can be. (Not the same bits: CuPy always flushes subnormal numbers to 0, and exponentials differ.) All of them
# wait for memory, so it costs nothing; the convolutions are arithmetic and do use it.
_WITHOUT_FMA = ("warp", "splat", "project_flow", "filter_warp")

# A block of one pixel a thread: a row of it is a warp, whose reads and writes lie side by side.
PIXEL_BLOCK = (32, 8, 1)

Argument = npt.NDArray[Any] | np.generic


def described(tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor (N, C, H, W) of any strides as a kernel takes it."""
    # Packed by hand, as numpy takes longer to fill three fields than a small kernel to run.
    return np.frombuffer(_PACKED.pack(tensor.data_ptr(), *tensor.shape, *tensor.stride()), TENSOR)


def argument(value: Tensor | int | float) -> Argument:
    """What CuPy passes by value: an image as its description, scratch memory (any other tensor) as its address."""
    if isinstance(value, Tensor):
        return described(value) if value.ndim == 4 else np.uint64(value.data_ptr())
    return np.float32(value) if isinstance(value, float) else np.int32(value)


def launch(
    kernel: str, like: Tensor, grid: tuple[int, int, int], block: tuple[int, int, int], *values: Tensor | int | float
) -> None:
    """Queues ``vfi_<kernel>`` of the file that begins its name.

    Args:
        kernel: such as "warp" or "warp_image_gradient".
        like: a tensor of the device and the storage type to compile for.
        grid: blocks in x, y, z.
        block: threads in x, y, z.
        values: the kernel's parameters, in order; see `argument`.
    """
    index = like.device.index or 0
    with torch.cuda.device(index):
        function = _function(kernel, like.dtype == torch.float16, index)
        # CuPy reads the stream's ptr alone. Its own classes for foreign streams differ from release to release.
        stream = SimpleNamespace(ptr=torch.cuda.current_stream(index).cuda_stream)
        function(grid, block, tuple(argument(value) for value in values), stream=stream)


def launch_pixels(kernel: str, over: Tensor, channels_a_group: int, *values: Tensor | int | float) -> None:
    """Launches one thread for each pixel and group of channels of ``over``, which also is the storage type's model."""
    n, channels, height, width = over.shape
    groups = -(-channels // channels_a_group)
    launch(kernel, over, grid_of(width, height, n * groups), PIXEL_BLOCK, *values)


def grid_of(width: int, height: int, depth: int = 1, block: tuple[int, int, int] = PIXEL_BLOCK) -> tuple[int, int, int]:
    """The blocks that cover so many threads in x and y; z counts blocks."""
    return -(-width // block[0]), -(-height // block[1]), depth


def source_file(kernel: str) -> str:
    """The ``.cu`` file that has a kernel: the longest name that the kernel's begins with."""
    stems = [entry.name[:-3] for entry in files(__package__).iterdir() if entry.name.endswith(".cu")]
    return max((stem for stem in stems if f"{kernel}_".startswith(f"{stem}_")), key=len)


def options(stem: str, half: bool) -> tuple[str, ...]:
    """Options of the compiler for one file, the same for NVRTC and nvcc."""
    fused = ("--fmad=false",) if stem in _WITHOUT_FMA else ()
    return ("--std=c++14", *fused, *(("-DVFI_HALF",) if half else ()))


@cache
def _function(kernel: str, half: bool, device: int) -> Any:
    return _module(source_file(kernel), half, device).get_function(f"vfi_{kernel}")


@cache
def _module(stem: str, half: bool, device: int) -> Any:  # noqa: ARG001  (a module belongs to its device)
    """The compiled file. CuPy's cache on disk looks at the file alone, so what it includes is told as an option."""
    folder = files(__package__)
    included = "".join(entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".cuh"))
    told = (f"-I{folder}", f"-DVFI_INCLUDED={crc32(included.encode())}")
    code = folder.joinpath(f"{stem}.cu").read_text("utf-8")
    try:
        module: Any = import_module("cupy").RawModule(code=code, options=(*options(stem, half), *told))
        module.compile()
    except Exception as error:  # of many kinds: no NVRTC, no driver, a CuPy for another CUDA
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DeviceError(
            f"CuPy cannot compile the GPU kernels ({first_line}); install the cupy package made for this CUDA and"
            " driver, or set VFI_KERNELS=torch to do without it, slower"
        ) from error
    return module
