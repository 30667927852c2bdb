"""Which models there are. To add one: a folder beside this file and one line in the table."""

from __future__ import annotations

import difflib
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import torch

from vfi_plugin.errors import DeviceError, UnknownModelError
from vfi_plugin.models.model import Model, ModelInfo

_MODULES = {
    "dis": "vfi_plugin.models.dis",
}
_DEFAULT = "dis"


class ModelModule(Protocol):
    """What each model's package offers."""

    INFO: ModelInfo

    def load(self, weights: str | Path | None, device: torch.device) -> Model:
        """Builds the model; ``weights`` None means the shipped ones."""


def model_names() -> tuple[str, ...]:
    """Every model's name, in alphabetical order."""
    return tuple(sorted(_MODULES))


def default_model() -> str:
    """The name of the model that is used when none is named."""
    return _DEFAULT


def _module(name: str) -> ModelModule:
    if name not in _MODULES:
        close = difflib.get_close_matches(name, _MODULES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UnknownModelError(f"there is no model {name!r}{hint} Available: {', '.join(model_names())}")
    return cast(ModelModule, import_module(_MODULES[name]))


def model_info(name: str) -> ModelInfo:
    """The facts about a model, without loading it. Raises UnknownModelError."""
    return _module(name).INFO


def load_model(name: str | None = None, *, weights: str | Path | None = None, device: str = "auto") -> Model:
    """A model, ready for work.

    Args:
        name: one of ``model_names()``; None for the default.
        weights: a file of weights, or None for the ones that come with the package.
        device: "cpu", "cuda", "cuda:1", or "auto" (a CUDA device where torch sees one).

    Raises:
        UnknownModelError: no such model.
        DeviceError: no such device.
    """
    return _module(name or _DEFAULT).load(weights, resolve_device(device))


def resolve_device(text: str) -> torch.device:
    """The torch device for "auto", "cpu", "cuda" or "cuda:N"; raises DeviceError where it is not there."""
    if text == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = text.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdigit()):
        raise DeviceError(f"device {text!r} is unknown; use auto, cpu, cuda or cuda:N")
    if kind == "cuda" and not torch.cuda.is_available():
        raise DeviceError("no CUDA device can be used by torch here; use --device cpu, or run 'vfi doctor' to see why")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"there is no device {text!r}; torch sees {torch.cuda.device_count()} CUDA device(s)")
    return torch.device(text)
