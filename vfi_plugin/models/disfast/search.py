"""Motion of cells of 4 x 4 px by compiled patch search (``host_bindings/patch_search.cpp``)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.compiled import native_module
from vfi_plugin.motion.flow import FlowMotion

CELL_PX = 4


class Cells(NamedTuple):
    """What is known of the cells of a pair.

    Attributes:
        guides: mean luma of both guides over cells, (N, 1, h, w) float32 in [0, 1] each; edges are repeated up to whole
            cells. Judged by all three channels, made frames would gain 0.01 dB.
        forward: flow from the earlier guide to the later, (N, 2, h, w) float32 in cells, x then y.
        backward: the same from the later to the earlier.
    """

    guides: tuple[torch.Tensor, torch.Tensor]
    forward: torch.Tensor
    backward: torch.Tensor


def searched_cells(before: torch.Tensor, after: torch.Tensor) -> Cells:
    """Flow from each guide to the other.

    Args:
        before: (N, 3, H, W) float32 in [0, 1], each side 16 px at least.
        after: the same.

    Returns:
        Cells, h and w a quarter of H and W, rounded up. The same bits on any processor and any number of cores.
    """
    first, second = _array(before), _array(after)
    n, down, across = len(first), *(-(-side // CELL_PX) for side in first.shape[2:])
    guides, flows = (tuple(torch.empty(n, channels, down, across) for _ in range(2)) for channels in (1, 2))
    for at in range(n):
        cells = [each[at : at + 1].numpy() for each in (*guides, *flows)]
        native_module().patch_search(first[at : at + 1], second[at : at + 1], *cells, torch.get_num_threads())
    before_cells, after_cells, forward, backward = (each.to(before.device) for each in (*guides, *flows))
    return Cells((before_cells, after_cells), forward, backward)


def motion_of_cells(cells: Cells, t: float) -> FlowMotion:
    """What ``BothWays.motion`` gives without small things, compiled; ``cells`` are on the CPU.

    The same bits on any processor and any number of cores.
    """
    known = (*cells.guides, cells.forward, cells.backward)
    n, _, height, width = cells.forward.shape
    found = [torch.empty(n, channels, height, width) for channels in (2, 2, 1)]
    for at in range(n):
        given, out = ([each[at : at + 1].numpy() for each in tensors] for tensors in (known, found))
        native_module().both_ways(*given, t, *out, torch.get_num_threads())
    return FlowMotion(found[0], found[1], found[2])


def _array(guide: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = guide.detach().cpu().numpy()
    return array
