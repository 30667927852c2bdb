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
        guides: means of both guides over cells, (N, 3, h, w) float32 each; edges are repeated up to whole cells.
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
    found = [_searched(first, second) for first, second in zip(_arrays(before), _arrays(after), strict=True)]
    cells, flows = (torch.from_numpy(np.stack(arrays)).to(before.device) for arrays in zip(*found, strict=True))
    return Cells((cells[:, 0], cells[:, 1]), flows[:, 0], flows[:, 1])


def motion_of_cells(cells: Cells, t: float) -> FlowMotion:
    """What ``BothWays.motion`` gives without small things, compiled; ``cells`` are on the CPU.

    The same bits on any processor and any number of cores.
    """
    guides, flows = torch.stack(cells.guides, 1), torch.stack([cells.forward, cells.backward], 1)
    n, _, _, height, width = guides.shape
    found = [torch.empty(n, channels, height, width) for channels in (2, 2, 1)]
    for at in range(n):
        out = [each[at : at + 1].numpy() for each in found]
        native_module().both_ways(guides[at].numpy(), flows[at].numpy(), t, *out, torch.get_num_threads())
    return FlowMotion(found[0], found[1], found[2])


def _arrays(guide: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = guide.detach().cpu().numpy()
    return array


def _searched(
    first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(3, H, W) of both to their means (2, 3, h, w) and flows (2, 2, h, w), there and back."""
    down, across = (-(-side // CELL_PX) for side in first.shape[1:])
    cells, flows = np.empty((2, 3, down, across), np.float32), np.empty((2, 2, down, across), np.float32)
    native_module().patch_search(first[None], second[None], cells, flows, torch.get_num_threads())
    flows /= CELL_PX
    return cells, flows
