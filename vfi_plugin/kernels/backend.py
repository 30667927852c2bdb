"""Which implementation of a kernel runs: ``native`` (C++, CPU) or ``torch`` (anywhere, differentiable)."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

import torch

from vfi_plugin.errors import UsageError

BACKENDS = ("native", "torch")


def native_module() -> ModuleType:
    """The compiled CPU kernels; they are part of the package, so their absence is a broken installation."""
    try:
        _native = import_module("vfi_plugin._native")
    except ImportError as error:
        raise UsageError(
            f"the compiled kernels of vfi_plugin cannot be loaded ({error}); install the package again with a C++"
            " compiler, or set VFI_KERNELS=torch to do without them, slower"
        ) from error
    return _native


def choose_backend(asked: str | None, *tensors: torch.Tensor) -> str:
    """The backend for these tensors.

    Args:
        asked: a name, or None for the ``VFI_KERNELS`` environment variable, or else by the tensors: native on the CPU
            where no gradient is wanted, torch otherwise.

    Raises:
        UsageError: the name is unknown, or native was asked for tensors that it cannot take.
    """
    name = asked or os.environ.get("VFI_KERNELS")
    wants_gradient = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    suits_native = not wants_gradient and all(
        tensor.device.type == "cpu" and tensor.dtype == torch.float32 for tensor in tensors
    )
    if name is None:
        return "native" if suits_native else "torch"
    if name not in BACKENDS:
        raise UsageError(f"kernel backend {name!r} is unknown; use one of {', '.join(BACKENDS)}")
    if name == "native" and not suits_native:
        raise UsageError("the native kernels take float32 tensors on the CPU without gradients; use backend='torch'")
    return name


def check_image_and_flow(image: torch.Tensor, flow: torch.Tensor) -> None:
    """Raises UsageError unless image is (N, C, H, W) and flow (N, 2, H, W) of the same N, H, W and device."""
    if image.ndim != 4 or flow.ndim != 4 or flow.shape[1] != 2:
        raise UsageError(
            f"got image {tuple(image.shape)} and flow {tuple(flow.shape)}; they must be (N, C, H, W) and (N, 2, H, W)"
        )
    if (image.shape[0], *image.shape[2:]) != (flow.shape[0], *flow.shape[2:]) or image.device != flow.device:
        raise UsageError(
            f"image {tuple(image.shape)} on {image.device} and flow {tuple(flow.shape)} on {flow.device} must agree in"
            " N, H, W and device"
        )
