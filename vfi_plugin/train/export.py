"""Trained weights in the form that ``--weights`` and ``vfi models import`` take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from vfi_plugin.errors import UsageError, WriteError

Tensor = torch.Tensor


@dataclass(frozen=True)
class Origin:
    """What weights are of and how they came about; it travels in their file.

    Attributes:
        network: its name here, such as "figan".
        variant: which of its architectures; "" where there is one.
        width: the factor on the published numbers of channels.
        licence: under which the weights may be used.
        training_data: what they were trained on, for people.
        follows: whether they are for frames that have met.
    """

    network: str
    variant: str
    width: float
    licence: str
    training_data: str
    follows: bool = False


def export_weights(path: Path, state: Mapping[str, Tensor], origin: Origin, *, half: bool = False) -> None:
    """Writes a network's state as a file of weights, whole or not at all.

    Args:
        path: the file to be, ``.safetensors``.
        state: by the network's own names.
        origin: what they are.
        half: whether to store float16, half the size: what is loaded is float32 again, with 11 bits of each number.

    Raises:
        UsageError: a weight is too large for float16.
        WriteError: it cannot be written.
    """
    from vfi_plugin.models.weights import Weights, save_weights  # loads safetensors

    kept = narrowed(state) if half else {name: tensor.cpu() for name, tensor in state.items()}
    told = origin.licence, origin.training_data, origin.follows
    weights = Weights(kept, origin.variant, "", path.name, origin.width, *told)
    try:
        save_weights(path, origin.network, weights, None)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror or error}") from None


def narrowed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same as float16, on the CPU; whole numbers stay what they are.

    Raises:
        UsageError: a value is too large for float16.
    """
    return {name: _narrowed(name, tensor) for name, tensor in state.items()}


def _narrowed(name: str, tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor.cpu()
    narrow = tensor.half().cpu()
    if not bool(torch.isfinite(narrow).all()):
        raise UsageError(f"{name} has values beyond 65504, the largest of float16; store float32")
    return narrow
