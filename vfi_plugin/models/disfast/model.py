"""The fast classic: the classic's projection and weights, on the motion of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from vfi_plugin.models.dis.model import DisModel, DisPair
from vfi_plugin.models.disfast.info import INFO
from vfi_plugin.models.disfast.search import CELL_PX, searched_cells
from vfi_plugin.motion.both_ways import BothWays

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class FastPair(DisPair):
    """Both flows of a pair, of cells, ready for any ``t``."""

    def _look(self, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> None:
        self._reduction, self._size = factor * CELL_PX, size
        cells = searched_cells(*guides)
        # Small things are not looked for: of cells of 4 px, what seems to be one is most often an error of the search,
        # which costs 0.05 dB in front of everything else.
        flows = cells.forward / CELL_PX, cells.backward / CELL_PX
        self._both = BothWays.between(cells.guides, *flows, small_things=False)


class FastModel(DisModel):
    """Patch search on the CPU; projection and weights on any device."""

    info = INFO
    pair = FastPair


def load(weights: Weights | None, device: torch.device) -> FastModel:
    """The fast classic on ``device``; it has no weights."""
    assert weights is None
    return FastModel(device)
