"""A network's weights, read from a file in its authors' form or in this package's own, and written in the latter."""

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
from vfi_plugin.models.weights_header import (
    DATA,
    LICENCE,
    MET,
    NETWORK,
    SHOWN,
    SOURCE,
    VARIANT,
    WIDTH,
    told_by,
    trained,
)
from vfi_plugin.models.weights_place import needed_file


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
        follows: whether they are for frames that have met; see ``models.following``.
    """

    tensors: Mapping[str, torch.Tensor]
    variant: str
    sha256: str
    source: str
    width: float = 1.0
    licence: str | None = None
    training_data: str | None = None
    follows: bool = False

    @property
    def parameters(self) -> int:
        """How many numbers were trained; the statistics that batch normalisation keeps are not."""
        return trained({name: tensor.shape for name, tensor in self.tensors.items()})


def read_weights(name: str, variants: Iterable[Variant], given: str | Path | None) -> Weights:
    """The weights of a network.

    Args:
        name: of the network.
        variants: its architectures.
        given: a file in the published form or in this package's own, or None for the imported or shipped one.

    Raises:
        WeightsError: there are none, or the file is not of this network.
    """
    path = needed_file(name, given)
    container = read_container(path)
    if NETWORK in container.metadata:
        return _own(name, container, [variant.name for variant in variants])
    matches = [variant.match(container) for variant in variants]
    for match in matches:
        if match.fits:
            return Weights(match.state(), match.variant.name, container.sha256, path.name)
    nearest = max(matches, key=lambda match: match.share)
    raise WeightsError(f"{path.name} is not of {nearest.variant.title}: {nearest.difference()}")


def _own(name: str, container: Container, variants: Sequence[str]) -> Weights:
    told = told_by(container.metadata, container.path, name, variants)
    tensors = {key: value for key, value in container.values.items() if isinstance(value, torch.Tensor)}
    return Weights(
        tensors,
        told.variant,
        container.sha256,
        container.path.name,
        told.width,
        told.licence,
        told.training_data,
        told.follows,
    )


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
        NETWORK: name,
        VARIANT: weights.variant,
        WIDTH: f"{weights.width:g}",
        SOURCE: source_sha256,
        LICENCE: weights.licence,
        DATA: weights.training_data,
        SHOWN: MET if weights.follows else None,
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
