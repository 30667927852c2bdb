"""What every kind of motion can do.

A model looks at two guides and a time; what it hands over is a motion. Kinds differ in what they store, one file each:
flows with weights (``flow``), and as networks need them separable kernels, full kernels, flow with small filters, or
painted pixels. All move any number of channels of any range, because none of them was computed from those channels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from vfi_plugin.motion.bend import Bend
    from vfi_plugin.motion.flow import FlowMotion


class Motion(ABC):
    """Where the content of a frame at time ``t`` comes from in the pair around it.

    Payloads are (N, C, H, W) float32 over the same pixels as the guides the motion was estimated from, premultiplied
    where there is alpha, scene-linear or anything else, unbounded.
    """

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where payloads have to be."""

    @property
    def runs_network(self) -> bool:
        """Whether each ``apply`` runs a network, so that one for all channels is worth the memory they take at once."""
        return False

    def with_taps(self, taps: str) -> Motion:  # noqa: ARG002
        """The motion that samples payloads as ``kernels.warp`` tells of these taps; itself where kernels sample."""
        return self

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> Motion:  # noqa: ARG002
        """The motion along a curved way; itself where there are no flows to lead along one.

        Args:
            bend: of the frame.
            top: the row of the frame that the motion begins at.
            left: the column.
        """
        return self

    def for_exposure(self) -> Motion:
        """The motion for one of the many moments that an open shutter sees; itself, where no plainer one will do.

        The mean over all of them hides what a network mends in one, and would cost as many runs of it.
        """
        return self

    @abstractmethod
    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        """The payload at ``t``: both sources moved and blended; (N, C, H, W), any number of channels."""

    @abstractmethod
    def flow_form(self) -> FlowMotion:
        """The same motion as one flow to each source and their weights.

        What must be picked, not averaged (ids, depth, cryptomatte), goes by this form, for all such channels alike.
        """

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:
        """The frame that the published network shows: the guides moved, plus its residual where it has one."""
        return self.apply(guide_0, guide_1)
