"""Deep Voxel Flow as a model: one run of the network for all times of a pair."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.model import Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part
from vfi_plugin.models.voxelflow.info import INFO
from vfi_plugin.models.voxelflow.net import SIZE_MULTIPLE, VoxelFlow, VoxelFlowNet
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class VoxelFlowPair(Pair):
    """Two guides; the network runs when a motion is first asked for."""

    def __init__(self, net: VoxelFlowNet, before: torch.Tensor, after: torch.Tensor, part: Part | None = None) -> None:
        self._net = net
        self._part = None if part is None else part.padded(SIZE_MULTIPLE)
        self._before = before
        height, width = before.shape[2:]
        padding = Padding.to_multiple(height, width, SIZE_MULTIPLE)
        self._frames = tuple(as_seen(padding.add(guide)) for guide in (before, after))

    def motion(self, t: float) -> FlowMotion:
        """The motion at ``t`` in [-1, 2], see ``VoxelFlowModel``.

        Raises:
            UsageError: further away: the motion is known for one frame past the pair.
        """
        if not -1.0 <= t <= 2.0:
            raise UsageError(f"got t={t}; voxelflow carries motion on by one frame at most, so t must lie in [-1, 2]")
        if t in (0.0, 1.0):
            return FlowMotion.still(self._before, t)
        if t > 1.0:
            padded = beyond(self._onward, t)
        elif t > 0.0:
            padded = between(self._onward, t)
        else:
            swapped = beyond(self._backward, 1.0 - t)
            padded = FlowMotion(swapped.flow_t_to_1, swapped.flow_t_to_0, 1.0 - swapped.weight_0)
        return padded.cropped(*self._before.shape[2:])

    @cached_property
    def _onward(self) -> VoxelFlow:
        before, after = self._frames
        found: VoxelFlow = self._net(before, after, self._part)
        return found

    @cached_property
    def _backward(self) -> VoxelFlow:
        before, after = self._frames
        found: VoxelFlow = self._net(after, before, self._part)
        return found


def as_seen(guide: torch.Tensor) -> torch.Tensor:
    """RGB in [0, 1] -> BGR in [-1, 1]."""
    return 2.0 * guide.flip(1) - 1.0


def between(voxel: VoxelFlow, t: float | torch.Tensor) -> FlowMotion:
    """The motion at ``t``, 0 < t < 1: the middle's flow shortened or lengthened; the published frame at 1/2.

    The mask says how well each frame shows the content of a pixel; at other times than the middle the nearer frame
    counts for more, as in Super SloMo, up to all of it at the ends.
    """
    share_0 = (1.0 - t) * voxel.mask
    weight_0 = share_0 / (share_0 + t * (1.0 - voxel.mask))
    return FlowMotion(-2.0 * t * voxel.flow, 2.0 * (1.0 - t) * voxel.flow, weight_0)


def beyond(voxel: VoxelFlow, t: float | torch.Tensor) -> FlowMotion:
    """The motion at ``t``, 1 < t <= 2: the flow carried on; the published frame at 2, the later frame towards 1."""
    return FlowMotion(-t * voxel.flow, (1.0 - t) * voxel.flow, (t - 1.0) * voxel.mask)


class VoxelFlowFrame(nn.Module):
    """The network with the warp by what it finds: two frames in, a frame out."""

    def __init__(self, net: VoxelFlowNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, before: torch.Tensor, after: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """The frame at ``t``, (N, 3, H, W) float32 RGB: the published one at 1/2, or at 2 with weights for that.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]; H and W are multiples of 8.
            after: the later one, the same size.
            t: (N, 1, 1, 1), 0 < t <= 2; past 1 the motion is carried on.
        """
        voxel: VoxelFlow = self.net(as_seen(before), as_seen(after))
        return torch.where(t < 1.0, between(voxel, t).apply(before, after), beyond(voxel, t).apply(before, after))


class VoxelFlowModel(NetworkModel):
    """Times between two frames, and up to one frame before or after them, from one flow.

    The network is trained for a single time: 1/2 where its weights are for interpolation, 2 where they are for
    extrapolation; there, frames are exactly the published ones. Its motion is straight and even by definition, so other
    times need neither another run nor a frame made of a made frame: at ``t`` between the frames the flow is scaled by
    2t towards the earlier and 2(1 - t) towards the later one, past them by t and t - 1. Before the earlier frame the
    pair is looked at in reverse. At 0 and 1 the frames come back unchanged.

    Both modes are there for any weights. With weights for interpolation the flow spans half the distance of the frames,
    so that extrapolation moves content half as far as it should; use weights that were trained for it.
    """

    net: VoxelFlowNet

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> VoxelFlowPair:
        """Guides are (N, 3, H, W) float32 RGB in [0, 1]; padded to multiples of 8 with their edge pixels."""
        return VoxelFlowPair(self.net, before, after)

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> VoxelFlowPair:
        """The same for guides that are a part of larger ones."""
        return VoxelFlowPair(self.net, before, after, part)

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """A frame at any time as one module, and inputs by their names that it can be traced with."""
        frame = torch.zeros(1, 3, 8 * SIZE_MULTIPLE, 12 * SIZE_MULTIPLE, device=self.device)
        time = torch.full((1, 1, 1, 1), 0.5, device=self.device)
        return VoxelFlowFrame(self.net), {"before": frame, "after": frame.clone(), "t": time}


def load(weights: Weights | None, device: torch.device) -> VoxelFlowModel:
    """The network with its weights on ``device``."""
    assert weights is not None
    return VoxelFlowModel(INFO, lambda variant, width: VoxelFlowNet(width, variant), weights, device)
