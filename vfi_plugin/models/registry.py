"""Which models there are. To add one: a folder beside this file and one line in the table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import torch

from vfi_plugin.errors import DeviceError, UnknownModelError, UsageError
from vfi_plugin.models.model import Model, ModelInfo
from vfi_plugin.models.precision import in_precision
from vfi_plugin.models.variant import Variant

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

_MODULES = {
    "adaconv": "vfi_plugin.models.adaconv",
    "bipn": "vfi_plugin.models.bipn",
    "dain": "vfi_plugin.models.dain",
    "dis": "vfi_plugin.models.dis",
    "figan": "vfi_plugin.models.figan",
    "phase": "vfi_plugin.models.phase",
    "phasenet": "vfi_plugin.models.phasenet",
    "rife": "vfi_plugin.models.rife",
    "sepconv": "vfi_plugin.models.sepconv",
    "sepconvpp": "vfi_plugin.models.sepconvpp",
    "superslomo": "vfi_plugin.models.superslomo",
    "voxelflow": "vfi_plugin.models.voxelflow",
}
_DEFAULT = "dis"


class ModelModule(Protocol):
    """What each model's package offers."""

    INFO: ModelInfo
    """The facts, with those of the published weights."""

    def load(self, weights: Weights | None, device: torch.device) -> Model:
        """Builds the model; weights are None for a model that has no variants."""


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


def variants_of(name: str) -> Sequence[Variant]:
    """A network's architectures; none for a model that has no weights. Raises UnknownModelError."""
    variants: Sequence[Variant] = getattr(_module(name), "VARIANTS", ())
    return variants


def model_info(name: str, weights: str | Path | None = None) -> ModelInfo:
    """The facts about a model, without loading it.

    Args:
        name: one of ``model_names()``.
        weights: a file; its digest then stands in the facts.

    Raises:
        UnknownModelError: no such model.
        WeightsError: the file is not there, or not of this network.
    """
    info = _module(name).INFO
    if weights is None:
        return info
    found = _weights(name, weights)
    return info if found is None else info_with(name, found)


def info_with(name: str, weights: Weights) -> ModelInfo:
    """The facts about a model with these weights, without building it; some depend on the architecture they are for."""
    module = _module(name)
    of_variant = getattr(module, "info_of", lambda _: module.INFO)
    info: ModelInfo = of_variant(weights.variant)
    return info.with_weights(weights)


def info_in_use(name: str) -> ModelInfo:
    """The facts about a model with the weights that it takes when none are named; where there are none, the published.

    Raises:
        UnknownModelError: no such model.
        WeightsError: the file is damaged or of another network.
    """
    variants = variants_of(name)
    if not variants:
        return model_info(name)
    from vfi_plugin.models.weights import read_weights, weights_file  # loads safetensors, which not all need

    path = weights_file(name, None)
    return model_info(name) if path is None else info_with(name, read_weights(name, variants, path))


def load_model(
    name: str | None = None,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str = "float32",
) -> Model:
    """A model, ready for work.

    Args:
        name: one of ``model_names()``; None for the default.
        weights: a file of weights, as published or as ``vfi models import`` writes it; None for the imported or
            shipped ones.
        device: "cpu", "cuda", "cuda:1", or "auto" (a CUDA device where torch sees one).
        precision: of a network's convolutions: "float32" or "float16", which is for GPUs. Motion is float32 always.

    Raises:
        UnknownModelError: no such model.
        UsageError: no such precision, or float16 for a model that is no network.
        WeightsError: no weights, or a file that is damaged or of another network.
        DeviceError: no such device.
    """
    name = name or _DEFAULT
    module, place = _module(name), resolve_device(device)
    return in_precision(module.load(_weights(name, weights), place), precision)


def model_of(name: str, weights: Weights, device: torch.device) -> Model:
    """A network with weights that are in memory, such as those of a training that goes on; they are copied.

    Raises:
        UnknownModelError: no such model.
        WeightsError: the weights are of another network.
    """
    return _module(name).load(weights, device)


def _weights(name: str, given: str | Path | None) -> Weights | None:
    variants = variants_of(name)
    if variants:
        from vfi_plugin.models.weights import read_weights  # loads safetensors, which a model without weights needs not

        return read_weights(name, variants, given)
    if given is not None:
        raise UsageError(f"the model {name} has no weights, but {given} was given; leave --weights out")
    return None


def resolve_device(text: str) -> torch.device:
    """The torch device for "auto", "cpu", "cuda" or "cuda:N"; raises DeviceError where it is not there."""
    if text == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, number = text.partition(":")
    if re.fullmatch("(cpu|cuda)(:[0-9]+)?", text) is None:
        raise DeviceError(f"device {text!r} is unknown; use auto, cpu, cuda or cuda:N")
    if kind == "cuda" and not torch.cuda.is_available():
        raise DeviceError("no CUDA device can be used by torch here; use --device cpu, or run 'vfi doctor' to see why")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise DeviceError(f"there is no device {text!r}; torch sees {torch.cuda.device_count()} CUDA device(s)")
    return torch.device(text)
