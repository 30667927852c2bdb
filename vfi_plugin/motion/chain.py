"""Motion by way of a frame that is made first: how networks that know the middle alone reach other times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch

from vfi_plugin.kernels.warp import warp
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion


@dataclass(frozen=True)
class ChainedMotion(Motion):
    """Two motions in a row: ``first`` makes a frame between the sources, ``second`` one between that and a source.

    Attributes:
        first: from both sources to the frame between them.
        second: from the earlier source and that frame, or from that frame and the later source.
        takes_later_half: whether ``second`` lies between the frame that was made and the later source.
    """

    first: Motion
    second: Motion
    takes_later_half: bool

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.first.device

    @property
    def runs_network(self) -> bool:
        """Whether one of both does."""
        return self.first.runs_network or self.second.runs_network

    def with_taps(self, taps: str) -> ChainedMotion:
        """Both motions, each sampling payloads by these taps."""
        return replace(self, first=self.first.with_taps(taps), second=self.second.with_taps(taps))

    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        """The payload at ``t``: both sources moved and blended, then once more with what that gave."""
        middle = self.first.apply(payload_0, payload_1)
        return self.second.apply(*self._ends(payload_0, middle, payload_1))

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:
        """The same as the published network shows it."""
        middle = self.first.guide_frame(guide_0, guide_1)
        return self.second.guide_frame(*self._ends(guide_0, middle, guide_1))

    def flow_form(self) -> FlowMotion:
        """Both motions as one: a place in the frame that was made is followed on to the sources."""
        return self._flow_form

    @cached_property
    def _flow_form(self) -> FlowMotion:
        first, second = self.first.flow_form(), self.second.flow_form()
        flows = second.flow_t_to_0, second.flow_t_to_1
        to_middle = flows[0] if self.takes_later_half else flows[1]
        on_to_0 = to_middle + warp(first.flow_t_to_0, to_middle)
        on_to_1 = to_middle + warp(first.flow_t_to_1, to_middle)
        share_0 = warp(first.weight_0, to_middle)
        if self.takes_later_half:
            return FlowMotion(on_to_0, flows[1], second.weight_0 * share_0)
        return FlowMotion(flows[0], on_to_1, second.weight_0 + (1.0 - second.weight_0) * share_0)

    def _ends(
        self, earlier: torch.Tensor, middle: torch.Tensor, later: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return (middle, later) if self.takes_later_half else (earlier, middle)
