"""Many tensors as several safetensors files, none larger than a limit: repositories and mail refuse large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from vfi_plugin.errors import WeightsError

Tensor = torch.Tensor
Shape = tuple[int, ...]

_CUT = "@"
"""Between a tensor's name and the number of the first value of a piece of it; no network has it in its names."""

_ENTRY_BYTES = 160
"""Room in a file's header for one tensor beside its name: type, shape of some axes, two offsets, and the format."""


_NOT_WORTH_A_CUT = 256
"""A file's size by that of a tensor that is not cut: what is left empty for it is of no matter."""

_LARGEST_VALUE = 16
"""Bytes of a complex number, which can be in no pieces."""


def shapes_of_cut(tensors: Mapping[str, Tensor], limit: int) -> dict[str, Shape]:
    """The tensors that are cut for files of ``limit`` bytes, with the shapes that their pieces lose."""
    pieces = [piece for part in _layout(tensors, limit) for piece in part]
    return {piece.name: tuple(tensors[piece.name].shape) for piece in pieces if piece.start is not None}


def in_parts(tensors: Mapping[str, Tensor], limit: int) -> Iterator[bytes]:
    """The tensors as safetensors files of at most ``limit`` bytes, in their order; they are as few as can be.

    What does not fit into a file goes on in the next as flat pieces. ``limit`` must have room for a header and some
    values: a kilobyte does.
    """
    from safetensors.torch import save  # a machine that only computes may lack it

    for part in _layout(tensors, limit):
        yield save({piece.key: piece.of(tensors[piece.name]) for piece in part})


def joined_parts(parts: Sequence[bytes], cut: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
    """What ``in_parts`` took apart; ``cut`` is what ``shapes_of_cut`` gave.

    Raises:
        WeightsError: a part is damaged, or pieces are missing.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    found: dict[str, Tensor] = {}
    pieces: dict[str, list[tuple[int, Tensor]]] = {name: [] for name in cut}
    try:
        for part in parts:
            for key, tensor in load(part).items():
                name, _, start = key.partition(_CUT)
                if start:
                    pieces[name].append((int(start), tensor))
                else:
                    found[name] = tensor
        for name, shape in cut.items():
            found[name] = torch.cat([piece for _, piece in sorted(pieces[name], key=lambda pair: pair[0])]).view(*shape)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"a part of the checkpoint is damaged or missing ({reason}); get all its files again"
        ) from error
    return found


@dataclass(frozen=True)
class _Piece:
    """Values of a tensor from ``start`` to before ``stop``, flat; all of it in its shape where ``start`` is None."""

    name: str
    start: int | None = None
    stop: int = 0

    @property
    def key(self) -> str:
        return self.name if self.start is None else f"{self.name}{_CUT}{self.start}"

    def of(self, tensor: Tensor) -> Tensor:
        kept = tensor.detach().cpu().contiguous()
        return kept if self.start is None else kept.flatten()[self.start : self.stop].clone()


def _layout(tensors: Mapping[str, Tensor], limit: int) -> list[list[_Piece]]:
    """Which pieces each file has."""
    parts: list[list[_Piece]] = []
    free = 0
    for name, tensor in tensors.items():
        size, done = _size(name, tensor), 0
        if free < size <= max(limit // _NOT_WORTH_A_CUT, _entry(name) + _LARGEST_VALUE):
            parts, free = [*parts, []], limit
        if size <= free:
            parts[-1].append(_Piece(name))
            free -= size
            continue
        while done < tensor.numel():
            taken = min(tensor.numel() - done, (free - _entry(name)) // tensor.element_size())
            if taken < 1:
                parts, free = [*parts, []], limit
                continue
            parts[-1].append(_Piece(name, done, done + taken))
            free -= _entry(name) + taken * tensor.element_size()
            done += taken
    return parts


def _entry(name: str) -> int:
    return len(name.encode()) + _ENTRY_BYTES


def _size(name: str, tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size() + _entry(name)
