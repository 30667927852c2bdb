"""Super SloMo as a model: one run of the flow network for a pair, one of the interpolation network for each time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part
from vfi_plugin.models.superslomo.info import INFO
from vfi_plugin.models.superslomo.net import MEAN, SIZE_MULTIPLE, SuperSlomo, pixel_flow
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


@dataclass(frozen=True)
class SuperSlomoMotion(FlowMotion):
    """Flows and weights for any payload, and the published frame, which shows the mean colour outside the picture.

    Attributes:
        padded: the same motion over the pixels that the network saw, padding at the right and bottom included.
    """

    padded: FlowMotion | None = None

    @classmethod
    def of(cls, padded: FlowMotion, height: int, width: int) -> SuperSlomoMotion:
        """The motion of the top left ``height`` x ``width`` pixels."""
        seen = padded.cropped(height, width)
        return cls(seen.flow_t_to_0, seen.flow_t_to_1, seen.weight_0, padded=padded)

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:
        """The frame that the published network shows, (N, 3, H, W) RGB, not clamped.

        It takes zeros for what lies outside the padded frame after the mean is subtracted; a payload gets its nearest
        edge pixel instead, because there is no colour that is right for all payloads.
        """
        if self.padded is None:
            return super().guide_frame(guide_0, guide_1)
        height, width = guide_0.shape[2:]
        padding = Padding.to_multiple(height, width, SIZE_MULTIPLE)
        mean = guide_0.new_tensor(MEAN).view(1, 3, 1, 1)
        moved_0 = warp(padding.add(guide_0) - mean, self.padded.flow_t_to_0, border="zero")
        moved_1 = warp(padding.add(guide_1) - mean, self.padded.flow_t_to_1, border="zero")
        return padding.remove(self.padded.mix(moved_0, moved_1) + mean)


class SuperSlomoPair(Pair):
    """Two guides that have been looked at.

    Attributes:
        flows: from the earlier to the later one and back, (N, 2, H, W) over the padded frame, as the network means
            them.
    """

    def __init__(self, net: SuperSlomo, before: torch.Tensor, after: torch.Tensor, part: Part | None = None) -> None:
        self._net = net
        self._part = None if part is None else part.padded(SIZE_MULTIPLE)
        self._before = before
        height, width = before.shape[2:]
        padding = Padding.to_multiple(height, width, SIZE_MULTIPLE)
        mean = before.new_tensor(MEAN).view(1, 3, 1, 1)
        self._frames = padding.add(before) - mean, padding.add(after) - mean
        self.flows = net.flows(*self._frames)

    def motion(self, t: float) -> FlowMotion:
        """The motion at ``t``; at 0 and 1, for which the network was not trained, it is none at all."""
        if t in (0.0, 1.0):
            return FlowMotion.still(self._before, t)
        found = self._net.at_time(self._frames, self.flows, t, self._part)
        # (1 - t) V0 / ((1 - t) V0 + t V1), in a form that stays defined where a visibility is 0 in float32.
        weight_0 = torch.sigmoid(found.log_odds + math.log((1.0 - t) / t))
        first, second = (pixel_flow(flow, self._part) for flow in (found.flow_t_to_0, found.flow_t_to_1))
        padded = FlowMotion(first, second, weight_0)
        return SuperSlomoMotion.of(padded, *self._before.shape[2:])


class SuperSlomoModel(NetworkModel):
    """Any time between two frames.

    Guides are padded to multiples of 32 at the right and bottom with their edge pixels. The published video tool
    resizes all frames instead, which blurs even those that are only copied.
    """

    net: SuperSlomo

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> SuperSlomoPair:
        """Flow in both directions; guides are (N, 3, H, W) float32 RGB in [0, 1]."""
        return SuperSlomoPair(self.net, before, after)

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> SuperSlomoPair:
        """The same for guides that are a part of larger ones."""
        return SuperSlomoPair(self.net, before, after, part)

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The network, and inputs by their names that it can be traced with: as in ``SuperSlomo.forward``."""
        frame = torch.zeros(1, 3, 2 * SIZE_MULTIPLE, 3 * SIZE_MULTIPLE, device=self.device)
        time = torch.full((1, 1, 1, 1), 0.5, device=self.device)
        return self.net, {"before": frame, "after": frame.clone(), "t": time}


def load(weights: Weights | None, device: torch.device) -> SuperSlomoModel:
    """The network with its weights on ``device``."""
    assert weights is not None
    return SuperSlomoModel(INFO, lambda _, width: SuperSlomo(width), weights, device)
