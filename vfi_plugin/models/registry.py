"""Which models there are. To add one: a folder beside this file and one line in the table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from vfi_plugin.errors import DeviceError, UnknownModelError, UsageError
from vfi_plugin.models.info import ModelInfo, WeightsFacts
from vfi_plugin.models.weights_place import needed_file, weights_file

if TYPE_CHECKING:
    import torch

    from vfi_plugin.models.model import Model
    from vfi_plugin.models.variant import Variant
    from vfi_plugin.models.weights import Weights

_MODULES = {
    "adaconv": "vfi_plugin.models.adaconv",
    "bipn": "vfi_plugin.models.bipn",
    "dain": "vfi_plugin.models.dain",
    "dis": "vfi_plugin.models.dis",
    "disfast": "vfi_plugin.models.disfast",
    "figan": "vfi_plugin.models.figan",
    "fused": "vfi_plugin.models.fused",
    "phase": "vfi_plugin.models.phase",
    "phasenet": "vfi_plugin.models.phasenet",
    "rife": "vfi_plugin.models.rife",
    "sepconv": "vfi_plugin.models.sepconv",
    "sepconvpp": "vfi_plugin.models.sepconvpp",
    "superslomo": "vfi_plugin.models.superslomo",
    "voxelflow": "vfi_plugin.models.voxelflow",
}
_DEFAULT = "fused"


class InfoModule(Protocol):
    """What ``info.py`` of each model offers, without loading torch.

    Where there are weights, also ``VARIANT_NAMES``; and ``info_of(variant)`` where facts depend on the variant.
    """

    INFO: ModelInfo
    """The facts, with those of the published weights."""


class ModelModule(Protocol):
    """What ``model.py`` of each model offers."""

    def load(self, weights: Weights | None, device: torch.device) -> Model:
        """Builds the model; weights are None for a model that has no variants."""


def model_names() -> tuple[str, ...]:
    """Every model's name, in alphabetical order."""
    return tuple(sorted(_MODULES))


def default_model() -> str:
    """The name of the model that is used when none is named."""
    return _DEFAULT


def _part(name: str, part: str) -> ModuleType:
    if name not in _MODULES:
        close = difflib.get_close_matches(name, _MODULES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UnknownModelError(f"there is no model {name!r}{hint} Available: {', '.join(model_names())}")
    return import_module(f"{_MODULES[name]}.{part}")


def _info(name: str) -> InfoModule:
    return cast(InfoModule, _part(name, "info"))


def _model(name: str) -> ModelModule:
    return cast(ModelModule, _part(name, "model"))


def variant_names(name: str) -> Sequence[str]:
    """What a network's architectures are called; none for a model that has no weights. Raises UnknownModelError."""
    names: Sequence[str] = getattr(_info(name), "VARIANT_NAMES", ())
    return names


def variants_of(name: str) -> Sequence[Variant]:
    """A network's architectures; none for a model that has no weights. Raises UnknownModelError."""
    if not variant_names(name):
        return ()
    variants: Sequence[Variant] = _part(name, "checkpoint").VARIANTS
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
    return _info(name).INFO if weights is None else info_to_use(name, weights)


def info_with(name: str, weights: WeightsFacts) -> ModelInfo:
    """The facts about a model with these weights, without building it; some depend on the architecture they are for."""
    module = _info(name)
    of_variant = getattr(module, "info_of", lambda _: module.INFO)
    info: ModelInfo = of_variant(weights.variant)
    return info.with_weights(weights)


def info_in_use(name: str) -> ModelInfo:
    """The facts about a model with the weights that it takes when none are named; where there are none, the published.

    Raises:
        UnknownModelError: no such model.
        WeightsError: the file is damaged or of another network.
    """
    ready = not variant_names(name) or weights_file(name, None) is not None
    return info_to_use(name, None) if ready else model_info(name)


def info_to_use(name: str, given: str | Path | None) -> ModelInfo:
    """The facts about a model with the weights that ``load_model`` would read.

    Raises:
        UnknownModelError: no such model.
        UsageError: weights for a model that has none.
        WeightsError: there are none, or the file is not of this network.
    """
    facts = weights_facts(name, given)
    return model_info(name) if facts is None else info_with(name, facts)


def weights_facts(name: str, given: str | Path | None) -> WeightsFacts | None:
    """The facts about the weights that ``load_model`` would read; None for a model without. Raises as it does."""
    variants = variant_names(name)
    if not variants:
        return _weights(name, given)
    from vfi_plugin.models.weights_header import facts_in  # loads safetensors, which a model without weights needs not

    return facts_in(needed_file(name, given), name, variants) or _weights(name, given)


def load_model(
    name: str | None = None,
    *,
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str = "float32",
    detail: float | None = None,
) -> Model:
    """A model, ready for work.

    Args:
        name: one of ``model_names()``; None for the default.
        weights: a file of weights, as published or as ``vfi models import`` writes it; None for the imported or
            shipped ones.
        device: "cpu", "cuda", "cuda:1", or "auto" (a CUDA device where torch sees one).
        precision: of a network's convolutions: "float32" or "float16", which is for GPUs. Motion is float32 always.
        detail: the size at which motion is looked for, one of ``info.DETAILS``; None: as the model chooses.

    Raises:
        UnknownModelError: no such model.
        UsageError: no such precision or detail, or one that means nothing for this model.
        WeightsError: no weights, or a file that is damaged or of another network.
        DeviceError: no such device.
    """
    from vfi_plugin.models.precision import in_precision  # torch, which facts do without

    name = name or _DEFAULT
    module, place = _model(name), resolve_device(device)
    model = in_precision(module.load(_weights(name, weights), place), precision)
    return model if detail is None else model.with_detail(detail)


def model_of(name: str, weights: Weights, device: torch.device) -> Model:
    """A network with weights that are in memory, such as those of a training that goes on; they are copied.

    Raises:
        UnknownModelError: no such model.
        WeightsError: the weights are of another network.
    """
    return _model(name).load(weights, device)


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
    import torch

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
