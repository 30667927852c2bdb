"""Networks that find flow, shown smaller frames: they reach further, in less time, and see less."""

from __future__ import annotations

import torch

from vfi_plugin.models.detail import factor_at
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.part import Part
from vfi_plugin.models.resizing import averaged
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion

Size = tuple[int, int]
"""Height and width."""


class CoarserPair(Pair):
    """A pair whose guides were looked at in a smaller size."""

    def __init__(self, pair: Pair, factor: int, size: Size) -> None:
        self._pair, self._factor, self._size = pair, factor, size

    def motion(self, t: float) -> FlowMotion:
        """What was found, enlarged: flows in pixels of the frame."""
        found = self._pair.motion(t).flow_form()
        return EnlargedMotion(found, self._factor, *self._size).flow_form()


class CoarserModel(Model):
    """A model that is shown frames averaged over blocks, 2 x 2 px at half detail.

    Args:
        model: one that finds flow (``info.finds_flow``) and looks at no frame as a whole first.
        detail: one of ``DETAILS``.
    """

    def __init__(self, model: Model, detail: float) -> None:
        self._model, self._detail = model, detail
        self.info, self.device = model.info.at_detail(detail), model.device

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> CoarserPair:
        """Looks at both guides, (N, 3, H, W) float32 in [0, 1], made smaller."""
        size: Size = (before.shape[2], before.shape[3])
        factor = factor_at(self._detail, *size)
        return CoarserPair(self._model.prepare(averaged(before, factor), averaged(after, factor)), factor, size)

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> CoarserPair:
        """The same for guides that are a part of larger ones; it begins at whole blocks of them."""
        factor = factor_at(self._detail, part.height, part.width)
        smaller = Part(part.top // factor, part.left // factor, -(-part.height // factor), -(-part.width // factor))
        pair = self._model.prepare_part(averaged(before, factor), averaged(after, factor), smaller)
        return CoarserPair(pair, factor, (before.shape[2], before.shape[3]))

    def check(self, before: torch.Tensor, after: torch.Tensor, t: float) -> None:
        """As the model does."""
        self._model.check(before, after, t)
