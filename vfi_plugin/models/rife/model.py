"""RIFE 4.x as a model."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part, WholeFrames
from vfi_plugin.models.rife.info import INFO
from vfi_plugin.models.rife.net import IFNet, build, last
from vfi_plugin.models.rife.parts import Coarse
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

SCALES = (0.25, 0.5, 1.0, 2.0)
"""Sizes at which motion can be looked for, as a part of the frame's."""

_PADDED_WITH = "constant"  # zeros, as published; edges repeated would give other frames near the right and the bottom
_NO_PADDING = Padding(0, 0, 0, 0)


@dataclass(frozen=True)
class RifeMotion(FlowMotion):
    """Flow as the network found it on frames padded to its multiple.

    Payloads are moved over their own pixels, with their edges held. The published frame is clamped and reads the zeros
    that it was padded with.

    Attributes:
        padding: what was added to the guides.
    """

    padding: Padding = _NO_PADDING

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:
        """The frame that the published network shows, (N, 3, H, W)."""
        # What flow and weight are in the part that is cut off again does not matter.
        flow_0, flow_1, weight_0, first, second = (
            self.padding.add(part, _PADDED_WITH)
            for part in (self.flow_t_to_0, self.flow_t_to_1, self.weight_0, guide_0.clamp(0, 1), guide_1.clamp(0, 1))
        )
        return self.padding.remove(FlowMotion(flow_0, flow_1, weight_0, taps=self.taps).apply(first, second))


class RifePair(Pair):
    """Two guides, padded and with their features."""

    def __init__(self, net: IFNet, padding: Padding, guides: tuple[torch.Tensor, torch.Tensor], scale: float) -> None:
        self._net, self._padding, self._scale = net, padding, scale
        with torch.no_grad():
            self._seen = [net.look(padding.add(guide, _PADDED_WITH)) for guide in guides]

    @torch.no_grad()
    def motion(self, t: float) -> RifeMotion:
        """Runs the blocks for this ``t``."""
        before, after = self._seen
        time = before.new_full((before.shape[0], 1, 1, 1), t)
        state = last(self._net.states(before, after, time, 1 / self._scale))
        flow = self._padding.remove(state.flow)
        share = torch.sigmoid(self._padding.remove(state.mask))
        return RifeMotion(flow[:, :2].contiguous(), flow[:, 2:].contiguous(), share, padding=self._padding)


class RifePart(Pair):
    """A part of two guides whose coarse motion is known from the whole of them."""

    def __init__(self, coarse: Coarse, box: tuple[int, int, int, int]) -> None:
        self._coarse, self._box = coarse, box

    @torch.no_grad()
    def motion(self, t: float) -> FlowMotion:
        """Runs the fine blocks; ``t`` is the one that the coarse ones were run for."""
        assert t == self._coarse.t
        top, left, height, width = self._box
        rows, columns = (
            side if start + side < real else whole - start
            for start, side, real, whole in (
                (top, height, self._coarse.frames.height, self._coarse.size[0]),
                (left, width, self._coarse.frames.width, self._coarse.size[1]),
            )
        )
        state = self._coarse.refined((top, left, rows, columns))
        share = torch.sigmoid(state.mask)
        whole = FlowMotion(state.flow[:, :2].contiguous(), state.flow[:, 2:].contiguous(), share)
        return whole.cropped(height, width)


class RifeModel(NetworkModel):
    """IFNet with weights in it.

    Args:
        weights: of variant 4.25 (which 4.26 is, too) or 4.6.
        device: where it runs.
        scale: the size at which motion is looked for, as a part of the frame's: 0.5 reaches twice as far in a quarter
            of the time, which its authors advise for UHD.

    Raises:
        WeightsError: they do not fit. UsageError: a scale that is not in ``SCALES``.
    """

    channels_last = False
    follows_in_whole = True

    def __init__(self, weights: Weights, device: torch.device, scale: float = 1.0) -> None:
        if scale not in SCALES:
            raise UsageError(f"got scale {scale} for RIFE; use one of {', '.join(map(str, SCALES))}")
        super().__init__(INFO, build, weights, device)
        net = self.network
        multiple = round(net.layout.size_multiple * max(1.0, 1 / scale))
        self.info = replace(self.info, size_multiple=multiple, multiply_adds=net.multiply_adds())
        self._scale = scale

    @property
    def network(self) -> IFNet:
        """The network by its type."""
        return cast(IFNet, self.net)

    def with_detail(self, detail: float) -> RifeModel:
        """The same network at another of its own scales: all it reads is the frame at its full size."""
        coarser = copy(self)
        coarser.info, coarser._scale = self.info.at_detail(detail), detail
        return coarser

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> RifePair:
        """Pads both guides and makes their features; guides are (N, 3, H, W) float32 in [0, 1]."""
        height, width = before.shape[2:]
        padding = Padding.to_multiple(height, width, self.info.size_multiple)
        return RifePair(self.network, padding, (before, after), self._scale)

    @torch.no_grad()
    def look_at_whole(self, frames: WholeFrames, t: float) -> Coarse:
        """Runs the coarse blocks over the whole frame."""
        return Coarse.of(self.network, frames, t, 1 / self._scale, self.info.size_multiple)

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> RifePart:  # noqa: ARG002
        """Looks where the coarse motion leads, wherever that is, and not at the guides that are given."""
        return RifePart(part.known, (part.top, part.left, before.shape[2], before.shape[3]))

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The network, and inputs by their names that it can be traced with: frames and t as in ``IFNet.forward``."""
        side = self.info.size_multiple
        frame = torch.zeros(1, 3, 2 * side, 3 * side, device=self.device)
        return self.net, {
            "before": frame,
            "after": frame.clone(),
            "t": torch.full((1, 1, 1, 1), 0.5, device=self.device),
        }


def load(weights: Weights | None, device: torch.device) -> RifeModel:
    """RIFE on ``device``."""
    assert weights is not None
    return RifeModel(weights, device)
