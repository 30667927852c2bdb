"""Where a network's weights come from: a file that is named, the user's imports, or what the package ships."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.container import Container, read_container
from vfi_plugin.models.variant import Match, Variant

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
"""Weights that come with the package: ``<name>.safetensors``."""

# Entries of the safetensors header that this package writes and looks at.
_NETWORK, _VARIANT, _WIDTH = "vfi.network", "vfi.variant", "vfi.width"
_LICENCE, _DATA, _SOURCE = "vfi.licence", "vfi.training_data", "vfi.source_sha256"


@dataclass(frozen=True)
class Weights:
    """A network's tensors and where they are from.

    Attributes:
        tensors: by the network's own names.
        variant: which architecture of the network they are for.
        width: the factor on the published numbers of channels; 1 is the published size.
        sha256: of the file.
        source: the file, for messages.
        licence, training_data: as the file tells, or None where it does not.
    """

    tensors: Mapping[str, torch.Tensor]
    variant: str
    sha256: str
    source: str
    width: float = 1.0
    licence: str | None = None
    training_data: str | None = None

    @property
    def parameters(self) -> int:
        """How many numbers were trained; the statistics that batch normalisation keeps are not."""
        kept = ("running_mean", "running_var", "num_batches_tracked")
        return sum(tensor.numel() for name, tensor in self.tensors.items() if not name.endswith(kept))


def imports_folder() -> Path | None:
    """Where ``vfi models import`` puts weights: ``$VFI_WEIGHTS``, or a folder of the user's own data.

    None where there is no such user: on a farm, jobs run under numbers that have neither a name nor ``$HOME``.
    """
    if folder := os.environ.get("VFI_WEIGHTS"):
        return Path(folder)
    try:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser())
    except RuntimeError:  # what pathlib raises
        return None
    return data / "vfi" / "weights"


def weights_file(name: str, given: str | Path | None) -> Path | None:
    """The file that a network's weights will be read from, or None where there is none."""
    if given is not None:
        return Path(given)
    places = [folder / f"{name}.safetensors" for folder in (imports_folder(), SHIPPED) if folder is not None]
    # Unlike Path.is_file, this takes a folder that may not be looked into for one without weights.
    return next((place for place in places if os.path.isfile(place)), None)  # noqa: PTH113


def read_weights(name: str, variants: Iterable[Variant], given: str | Path | None) -> Weights:
    """The weights of a network.

    Args:
        name: of the network.
        variants: its architectures.
        given: a file in the published form or in this package's own, or None for the imported or shipped one.

    Raises:
        WeightsError: there are none, or the file is not of this network.
    """
    path = weights_file(name, given)
    if path is None:
        raise WeightsError(
            f"there are no weights for {name} here, and none are shipped; train some, or get its authors' if there are"
            f" any (vfi models show {name} says more), then give --weights FILE or run vfi models import FILE once"
        )
    container = read_container(path)
    if _NETWORK in container.metadata:
        return _own(name, container, [variant.name for variant in variants])
    matches = [variant.match(container) for variant in variants]
    for match in matches:
        if match.fits:
            return Weights(match.state(), match.variant.name, container.sha256, path.name)
    nearest = max(matches, key=lambda match: match.share)
    raise WeightsError(f"{path.name} is not of {nearest.variant.title}: {nearest.difference()}")


def _own(name: str, container: Container, variants: Sequence[str]) -> Weights:
    told = container.metadata
    if told[_NETWORK] != name:
        raise WeightsError(f"{container.path.name} holds weights of {told[_NETWORK]}, not of {name}")
    variant = told.get(_VARIANT, "")
    if variant not in variants:
        known = f"weights must be of {' or '.join(variants)}" if any(variants) else "it has one, without a name"
        raise WeightsError(f"{container.path.name}: {name} has no variant {variant!r} here; {known}")
    tensors = {key: value for key, value in container.values.items() if isinstance(value, torch.Tensor)}
    return Weights(
        tensors,
        variant,
        container.sha256,
        container.path.name,
        _width(container.path, told.get(_WIDTH, "1")),
        told.get(_LICENCE),
        told.get(_DATA),
    )


def _width(path: Path, text: str) -> float:
    """A network is built as wide as its file says, so what it says must be a width that somebody trains."""
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 0.0 < width <= 4.0:
        raise WeightsError(f"{path.name} says its network's width is {text!r}; it must lie between 0 and 4")
    return width


def recognise(container: Container, networks: Mapping[str, Iterable[Variant]]) -> tuple[str, Match]:
    """The network and variant whose published file this is, by its content.

    Raises:
        WeightsError: of none; the message says which came near.
    """
    matches = [(name, variant.match(container)) for name, variants in networks.items() for variant in variants]
    for name, match in matches:
        if match.fits:
            return name, match
    near = sorted((pair for pair in matches if pair[1].share > 0), key=lambda pair: -pair[1].share)[:2]
    if not near:
        keys = ", ".join(list(map(str, container.values))[:3])
        raise WeightsError(
            f"{container.path.name} is of no network known here ({len(container.values)} entries, such as {keys});"
            f" known are {', '.join(networks)}"
        )
    said = "; ".join(f"{match.share:.0%} of {match.variant.title}, but {match.difference()}" for _, match in near)
    raise WeightsError(f"{container.path.name} is of no network known here; it has {said}")


def save_weights(path: Path, name: str, weights: Weights, source_sha256: str | None) -> None:
    """Writes weights in this package's own form, with where they are from; under a temporary name first.

    ``source_sha256`` is of the file that they were imported from, None for those trained here.

    Raises:
        OSError: it cannot be written.
    """
    told = {
        _NETWORK: name,
        _VARIANT: weights.variant,
        _WIDTH: f"{weights.width:g}",
        _SOURCE: source_sha256,
        _LICENCE: weights.licence,
        _DATA: weights.training_data,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    contiguous = {key: tensor.contiguous() for key, tensor in weights.tensors.items()}
    try:
        # Not by save_file: its errors are no OSError, and nobody but the user may read its files.
        temporary.write_bytes(save(contiguous, {key: text for key, text in told.items() if text is not None}))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
