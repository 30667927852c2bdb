"""NVIDIA's run-time compiler, from a CUDA toolkit or the wheel ``nvidia-cuda-nvrtc``; it needs no GPU and no driver."""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def library() -> ctypes.CDLL | None:
    """The compiler's library, or None where there is none."""
    spec = find_spec("nvidia")
    folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = sorted(str(path) for folder in folders for path in folder.glob("**/libnvrtc.so.*"))
    on_system = ctypes.util.find_library("nvrtc")
    names = [*found, *([on_system] if on_system else [])]
    return ctypes.CDLL(names[0]) if names else None


def compiled(code: str, options: Sequence[str]) -> str:
    """What the compiler says of the code: an empty text where it has no complaint."""
    nvrtc = library()
    assert nvrtc is not None
    program = ctypes.c_void_p()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"kernel.cu", 0, None, None) == 0
    told = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    failed = nvrtc.nvrtcCompileProgram(program, len(options), told)
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    said = log.value.decode().strip()
    return said or ("failed without a word" if failed else "")
