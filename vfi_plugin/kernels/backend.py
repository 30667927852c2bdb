"""Which implementation of a kernel runs: ``cuda`` (CuPy), ``native`` (C++, CPU) or ``torch`` (anywhere)."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import torch

from vfi_plugin.compiled import native_module as native_module
from vfi_plugin.errors import UsageError

BACKENDS = ("cuda", "native", "torch")

# What the compiled kernels store; they compute in float32. float64 is for the torch forms, where it proves gradients.
_COMPILED_TYPES = (torch.float32, torch.float16)


@cache
def cupy_is_installed() -> bool:
    """Whether the GPU kernels can be compiled here."""
    return find_spec("cupy") is not None


def choose_backend(asked: str | None, *tensors: torch.Tensor) -> str:
    """The backend for these tensors.

    Args:
        asked: a name, or None for the ``VFI_KERNELS`` environment variable, or else by the tensors: cuda on a GPU
            where CuPy is installed, native on the CPU, torch for float64 and for everything else.

    Raises:
        UsageError: the name is unknown, or the backend cannot take these tensors.
    """
    name = asked or os.environ.get("VFI_KERNELS")
    if name is None:
        return _best(tensors)
    if name not in BACKENDS:
        raise UsageError(f"kernel backend {name!r} is unknown; use one of {', '.join(BACKENDS)}")
    reason = "" if name == "torch" else _hindrance(name, tensors)
    if reason:
        raise UsageError(f"kernel backend {name!r} {reason}; use backend='torch', or None for the best that fits")
    return name


def _best(tensors: tuple[torch.Tensor, ...]) -> str:
    return next((name for name in ("cuda", "native") if not _hindrance(name, tensors)), "torch")


def _hindrance(name: str, tensors: tuple[torch.Tensor, ...]) -> str:
    """Why a compiled backend cannot take these tensors, or an empty string."""
    wanted = "cuda" if name == "cuda" else "cpu"
    devices = {tensor.device.type for tensor in tensors}
    if devices != {wanted}:
        return f"takes tensors on {wanted}, got {', '.join(sorted(devices))}"
    types = {tensor.dtype for tensor in tensors}
    if not types <= set(_COMPILED_TYPES):
        return f"takes float32 and float16, got {', '.join(sorted(map(str, types)))}"
    if name == "cuda" and torch.version.cuda is None and torch.version.hip is not None:
        return "needs an NVIDIA GPU; this torch is for AMD's"
    if name == "cuda" and not cupy_is_installed():
        return 'needs CuPy, which is not installed (pip install "vfi-plugin[cuda12]" or [cuda13])'
    return ""


def implementation(name: str) -> ModuleType:
    """The module that has ``<op>`` and ``<op>_backward`` for each operation of a compiled backend."""
    return import_module(f"vfi_plugin.kernels.{name}")
