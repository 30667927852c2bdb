"""Many tensors as several safetensors files, none larger than a limit: repositories and mail refuse large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from vfi_plugin.errors import WeightsError

Tensor = torch.Tensor
Shape = tuple[int, ...]

_CUT = "@"
"""Between a tensor's name and the number of the first value of a piece of it; no network has it in its names."""

_ENTRY_BYTES = 160
"""Room in a file's header for one tensor beside its name: type, shape of some axes, two offsets, and the format."""


def shapes_of_cut(tensors: Mapping[str, Tensor], limit: int) -> dict[str, Shape]:
    """The tensors that are too large for one file of ``limit`` bytes, with the shapes that their pieces lose."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items() if _size(name, tensor) > limit}


def in_parts(tensors: Mapping[str, Tensor], limit: int) -> Iterator[bytes]:
    """The tensors as safetensors files of at most ``limit`` bytes, in their order; large ones as flat pieces.

    ``limit`` must have room for a header and some values: a kilobyte does.
    """
    from safetensors.torch import save  # a machine that only computes may lack it

    part: dict[str, Tensor] = {}
    filled = 0
    for name, tensor in _pieces(tensors, limit):
        size = _size(name, tensor)
        if part and filled + size > limit:
            yield save(part)
            part, filled = {}, 0
        part[name] = tensor
        filled += size
    if part:
        yield save(part)


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


def _pieces(tensors: Mapping[str, Tensor], limit: int) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors.items():
        kept = tensor.detach().cpu().contiguous()
        if _size(name, tensor) <= limit:
            yield name, kept
            continue
        room = max(1, (limit - _entry(name)) // kept.element_size())
        for start in range(0, kept.numel(), room):
            yield f"{name}{_CUT}{start}", kept.flatten()[start : start + room].clone()


def _entry(name: str) -> int:
    return len(name.encode()) + _ENTRY_BYTES


def _size(name: str, tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size() + _entry(name)
