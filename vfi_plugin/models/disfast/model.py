"""The fast classic: the classic's projection and weights, on the motion of cells."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch

from vfi_plugin.kernels.backend import choose_backend
from vfi_plugin.models.dis.model import DisModel, DisPair
from vfi_plugin.models.disfast.info import INFO
from vfi_plugin.models.disfast.search import CELL_PX, Cells, motion_of_cells, searched_cells
from vfi_plugin.motion.both_ways import BothWays
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class FastPair(DisPair):
    """Both flows of a pair, of cells, ready for any ``t``."""

    _cells: Cells

    def _look(self, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> None:
        self._reduction, self._size = factor * CELL_PX, size
        self._cells = searched_cells(*guides)

    @property
    def _ways(self) -> BothWays:
        return self._judged

    @cached_property
    def _judged(self) -> BothWays:
        # Small things are not looked for: of cells of 4 px, what seems to be one is most often an error of the search,
        # which costs 0.03 to 0.06 dB on dropped frames of real clips.
        return BothWays.between(self._cells.guides, self._cells.forward, self._cells.backward, small_things=False)

    def _moved(self, t: float) -> FlowMotion:
        compiled = choose_backend(None, *self._cells.guides) == "native"
        return motion_of_cells(self._cells, t) if compiled else self._ways.motion(t)


class FastModel(DisModel):
    """Patch search on the CPU; projection and weights on any device."""

    info = INFO
    pair = FastPair


def load(weights: Weights | None, device: torch.device) -> FastModel:
    """The fast classic on ``device``; it has no weights."""
    assert weights is None
    return FastModel(device)
