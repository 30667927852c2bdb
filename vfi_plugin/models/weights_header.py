"""What the header of a file of weights in this package's own form tells. Nothing here loads torch, nor any tensor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from safetensors import SafetensorError, safe_open

from vfi_plugin.errors import WeightsError

# Entries of the safetensors header that this package writes and looks at.
NETWORK, VARIANT, WIDTH = "vfi.network", "vfi.variant", "vfi.width"
LICENCE, DATA, SOURCE = "vfi.licence", "vfi.training_data", "vfi.source_sha256"
SHOWN, MET = "vfi.shown", "met"
"""How frames are to be shown in a retime: ``MET`` where the fast classic is to move them onto each other first."""


@dataclass(frozen=True)
class Told:
    """What a file says of its weights.

    Attributes:
        variant: which architecture of the network they are for.
        width: the factor on the published numbers of channels; 1 is the published size.
        licence, training_data: as the file tells, or None where it does not.
        follows: whether they are for frames that have met.
    """

    variant: str
    width: float
    licence: str | None
    training_data: str | None
    follows: bool


@dataclass(frozen=True)
class FileFacts:
    """``info.WeightsFacts`` of a file whose tensors were not read."""

    variant: str
    parameters: int
    sha256: str
    licence: str | None
    training_data: str | None
    follows: bool


def told_by(metadata: Mapping[str, str], path: Path, name: str, variants: Sequence[str]) -> Told:
    """What the text entries of a header tell.

    Args:
        metadata: the entries, ``NETWORK`` among them.
        path: the file, for messages.
        name: of the network that is asked for.
        variants: the names of its architectures.

    Raises:
        WeightsError: they are of another network, or of a variant or width that it does not have.
    """
    if metadata[NETWORK] != name:
        raise WeightsError(f"{path.name} holds weights of {metadata[NETWORK]}, not of {name}")
    variant = metadata.get(VARIANT, "")
    if variant not in variants:
        known = f"weights must be of {' or '.join(variants)}" if any(variants) else "it has one, without a name"
        raise WeightsError(f"{path.name}: {name} has no variant {variant!r} here; {known}")
    width, follows = _width(path, metadata.get(WIDTH, "1")), metadata.get(SHOWN) == MET
    return Told(variant, width, metadata.get(LICENCE), metadata.get(DATA), follows)


def facts_in(path: Path, name: str, variants: Sequence[str]) -> FileFacts | None:
    """The facts about a file of weights, or None where it is damaged or in another form: reading it tells more.

    Raises:
        WeightsError: as ``told_by``.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
        digest = digest_of(path)
    except (SafetensorError, OSError):
        return None
    if NETWORK not in metadata:
        return None
    told = told_by(metadata, path, name, variants)
    return FileFacts(told.variant, trained(shapes), digest, told.licence, told.training_data, told.follows)


def trained(shapes: Mapping[str, Sequence[int]]) -> int:
    """How many numbers were trained; the statistics that batch normalisation keeps were not."""
    kept = ("running_mean", "running_var", "num_batches_tracked")
    return sum(math.prod(shape) for name, shape in shapes.items() if not name.endswith(kept))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _width(path: Path, text: str) -> float:
    """A network is built as wide as its file says, so what it says must be a width that somebody trains."""
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 0.0 < width <= 4.0:
        raise WeightsError(f"{path.name} says its network's width is {text!r}; it must lie between 0 and 4")
    return width
