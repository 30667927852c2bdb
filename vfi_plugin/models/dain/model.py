"""DAIN as a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from vfi_plugin.models.dain.info import INFO
from vfi_plugin.models.dain.net import Dain, build
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part
from vfi_plugin.motion.filtered import FilteredFlowMotion, Margins

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

_MULTIPLE_PX = 128
_AROUND_PX = 32


def published_padding(height: int, width: int) -> Padding:
    """How the authors pad, edges repeated: a side that is no multiple of 128 px up to the next one, centred.

    A side that is one gets 32 px at both ends. The rule has to be kept: which flows count as too long or as leading
    outside is decided on the padded frame.
    """
    (left, right), (top, bottom) = _ends(width), _ends(height)
    return Padding(left, top, right, bottom)


def part_padding(part: Part, height: int, width: int) -> Padding:
    """How a part of a frame is padded: at the frame's ends as the frame, elsewhere so that it lies on its multiples."""
    whole = published_padding(part.height, part.width)
    top, bottom = _part_ends((part.top, height, part.height), (whole.top, whole.bottom))
    left, right = _part_ends((part.left, width, part.width), (whole.left, whole.right))
    return Padding(left, top, right, bottom)


def _part_ends(place: tuple[int, int, int], ends: tuple[int, int]) -> tuple[int, int]:
    start, side, whole = place
    before = ends[0] if start == 0 else (ends[0] + start) % INFO.size_multiple
    after = ends[1] if start + side == whole else 0
    return before, after + -(before + side + after) % INFO.size_multiple


def _ends(side: int) -> tuple[int, int]:
    missing = -side % _MULTIPLE_PX or 2 * _AROUND_PX
    return missing // 2, missing - missing // 2


class DainPair(Pair):
    """Two guides, padded, and all that DAIN sees in them before it knows the time."""

    def __init__(self, net: Dain, before: torch.Tensor, after: torch.Tensor, padding: Padding) -> None:
        self._net = net
        self._padding = padding
        with torch.no_grad():
            self._seen = net.look(self._padding.add(before), self._padding.add(after))

    @torch.no_grad()
    def motion(self, t: float) -> FilteredFlowMotion:
        """Projects the flows to ``t`` and runs the synthesis network."""
        between = self._net.at(self._seen, t)
        pad = self._padding
        margins = Margins(pad.left, pad.right, pad.top, pad.bottom)
        return FilteredFlowMotion(*between.flows, *self._seen.kernels, t, between.residual, margins)


class DainModel(NetworkModel):
    """DAIN with weights in it.

    Args:
        weights: of the one variant.
        device: where it runs.

    Raises:
        WeightsError: they do not fit.
    """

    def __init__(self, weights: Weights, device: torch.device) -> None:
        super().__init__(INFO, build, weights, device)

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> DainPair:
        """Depth, flow both ways, kernels and contexts; guides are (N, 3, H, W) float32 RGB in [0, 1]."""
        return DainPair(cast(Dain, self.net), before, after, published_padding(before.shape[2], before.shape[3]))

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> DainPair:
        """The same for guides that are a part of larger ones."""
        padding = part_padding(part, before.shape[2], before.shape[3])
        return DainPair(cast(Dain, self.net), before, after, padding)

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The network, and inputs by their names that it can be traced with: frames and t as in ``Dain.forward``.

        Padding stays outside: ``published_padding`` tells how much the authors add.
        """
        side = self.info.size_multiple
        frame = torch.zeros(1, 3, 2 * side, 3 * side, device=self.device)
        return self.net, {
            "before": frame,
            "after": frame.clone(),
            "t": torch.full((1, 1, 1, 1), 0.5, device=self.device),
        }


def load(weights: Weights | None, device: torch.device) -> DainModel:
    """DAIN with its weights on ``device``."""
    assert weights is not None
    return DainModel(weights, device)
