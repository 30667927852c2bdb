"""Motion of cells of 4 x 4 px by compiled patch search (``host_bindings/patch_search.cpp``)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.compiled import native_module

CELL_PX = 4

# Rec. 709 luma in codes: the search weighs differences as of 8-bit pictures, without rounding them to whole ones.
_LUMA_CODES = torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1) * 255.0


def cell_flows(before: torch.Tensor, after: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Flow from each guide to the other.

    Args:
        before: (N, 3, H, W) float32 in [0, 1], each side 16 px at least.
        after: the same.

    Returns:
        (N, 2, h, w) float32 pixels of the guides, x then y, with h and w a quarter of H and W, rounded up. The same
        bits on any processor and any number of cores.
    """
    grey = [_grey(guide) for guide in (before, after)]
    flows = [_searched(first, second) for first, second in zip(*grey, strict=True)]
    forward, backward = (torch.from_numpy(np.stack([flow[way] for flow in flows])) for way in (0, 1))
    return forward.to(before.device), backward.to(before.device)


def _grey(guide: torch.Tensor) -> npt.NDArray[np.float32]:
    """(N, H, W)."""
    codes = (guide.detach().cpu() * _LUMA_CODES).sum(1)
    return np.ascontiguousarray(codes.numpy())


def _searched(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(2, 2, h, w): there and back."""
    rows, columns = (-(-side // CELL_PX) for side in first.shape)
    flows = np.empty((2, 2, rows, columns), np.float32)
    native_module().patch_search(first[None, None], second[None, None], flows, torch.get_num_threads())
    return flows
