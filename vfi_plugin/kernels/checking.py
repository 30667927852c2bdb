"""What every operation asks of its tensors before it touches them."""

from __future__ import annotations

import re

import torch

from vfi_plugin.errors import UsageError

_TYPES = (torch.float16, torch.float32, torch.float64)


def check_shapes(**wanted: tuple[torch.Tensor, str]) -> dict[str, int]:
    """Matches tensors against patterns such as "N C H+K-1 W"; returns the size behind each letter.

    A letter stands for one size wherever it appears; a number for itself; sums are allowed once their letters are
    known from other tensors or axes. Letters that an earlier tensor has set bind a later one.

    Raises:
        UsageError: a shape does not fit, an axis is empty, or the tensors are on different devices.
    """
    sizes: dict[str, int] = {}
    sums: list[tuple[str, int]] = []
    fits = all(tensor.ndim == len(pattern.split()) for tensor, pattern in wanted.values())
    if fits:
        axes = [pair for tensor, pattern in wanted.values() for pair in zip(pattern.split(), tensor.shape, strict=True)]
        sums = [(term, size) for term, size in axes if not term.isalpha()]
        fits = all(size > 0 and sizes.setdefault(term, size) == size for term, size in axes if term.isalpha())
    if not fits or any(_value(term, sizes) != size for term, size in sums):
        got = ", ".join(f"{name} {tuple(tensor.shape)}" for name, (tensor, _) in wanted.items())
        needed = ", ".join(f"{name} ({', '.join(pattern.split())})" for name, (_, pattern) in wanted.items())
        raise UsageError(f"got {got}; needed {needed}, a letter being one size everywhere and none of them empty")
    _check_devices({name: tensor for name, (tensor, _) in wanted.items()})
    return sizes


def _value(term: str, sizes: dict[str, int]) -> int:
    """The size that a number or a sum such as "H+K-1" asks for."""
    parts = re.findall(r"([+-]?)(\w+)", term)
    return sum((-1 if sign == "-" else 1) * (int(name) if name.isdigit() else sizes[name]) for sign, name in parts)


def _check_devices(tensors: dict[str, torch.Tensor]) -> None:
    if len({tensor.device for tensor in tensors.values()}) > 1:
        places = ", ".join(f"{name} on {tensor.device}" for name, tensor in tensors.items())
        raise UsageError(f"got {places}; move all of them to one device")


def under_autocast(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The tensors in the widest of their types where torch casts by itself, as its operations do; else as they are."""
    if not _casts(tensors[0]):
        return tensors
    # Kernels know no bfloat16, which training may cast to: what comes in it is widened.
    wide = any(tensor.dtype in (torch.float32, torch.bfloat16) for tensor in tensors)
    widest = torch.float32 if wide else tensors[0].dtype
    return tuple(tensor.to(widest) for tensor in tensors)


def flow_under_autocast(flow: torch.Tensor) -> torch.Tensor:
    """A flow that a network found in half precision in float32, where torch casts by itself; else as it is."""
    return flow.float() if _casts(flow) else flow


def _casts(tensor: torch.Tensor) -> bool:
    """Whether torch casts what is computed where the tensor lies; there are devices of which that cannot be asked."""
    device = tensor.device.type
    return torch.amp.autocast_mode.is_autocast_available(device) and torch.is_autocast_enabled(device)


def check_types(flow: torch.Tensor | None = None, **tensors: torch.Tensor) -> None:
    """All tensors of one floating type; a flow float32 (or, with float64 tensors, float64).

    Raises:
        UsageError: other types. Half-precision flow is refused: its coordinates are a pixel off beyond column 2048.
    """
    types = {tensor.dtype for tensor in tensors.values()}
    if len(types) != 1 or not types <= set(_TYPES):
        got = ", ".join(f"{name} {tensor.dtype}" for name, tensor in tensors.items())
        raise UsageError(f"got {got}; needed one of float32, float16 and float64 for all of them")
    needed = torch.float64 if types == {torch.float64} else torch.float32
    if flow is not None and flow.dtype != needed:
        raise UsageError(
            f"got flow in {flow.dtype}; needed {needed} (flow.to({needed})), as coordinates lose pixels in less"
        )
