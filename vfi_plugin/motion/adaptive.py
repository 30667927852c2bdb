"""Motion as one kernel over both frames for each pixel, made band by band whenever it is applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from vfi_plugin.kernels.adaptive_conv import adaptive_conv
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor


class _Seen(NamedTuple):
    """What one pass over the bands tells beside the payload."""

    guide: Tensor
    flows: FlowMotion


@dataclass(frozen=True)
class AdaptiveMotion(Motion):
    """Each pixel is a mean over K x K pixels of both sources around it.

    The kernels of a whole frame are never in memory: with K = 41 those of an HD frame take 28 GB. Whoever iterates over
    ``bands`` runs the network, which is nearly all that a frame costs; what the first pass can tell beside its payload
    is therefore kept, and ``guide_frame`` and ``flow_form`` cost nothing after an ``apply``.

    Attributes:
        bands: the kernels' logits, anew each time it is iterated over: (N, 2 K K, rows, W) float32, from the top row
            of the frame to the last, in the order of ``kernels.adaptive_conv``.
        guide_0: (N, 3, H, W) float32, what the network saw of the earlier frame.
        guide_1: the same of the later one.
    """

    bands: Iterable[Tensor]
    guide_0: Tensor
    guide_1: Tensor
    _seen: list[_Seen] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.guide_0.device

    @property
    def runs_network(self) -> bool:
        """Yes."""
        return True

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Means of source pixels, (N, C, H, W) float32, any C and range; frames repeat their edges.

        The weights are a softmax over both frames: none is negative and their sum is 1. So exposure stays, and no value
        comes out that lies beyond those under the kernel. Inf and NaN of a source reach as far as its kernels do.
        """
        if self._seen:
            return self._convolved(payload_0, payload_1)
        channels = payload_0.shape[1]
        own_0, own_1 = self._own_channels()
        moved = self._convolved(torch.cat([payload_0, own_0], 1), torch.cat([payload_1, own_1], 1))
        self._keep(moved[:, channels:])
        return moved[:, :channels]

    def guide_frame(self, guide_0: Tensor, guide_1: Tensor) -> Tensor:
        """The frame as published."""
        if torch.equal(guide_0, self.guide_0) and torch.equal(guide_1, self.guide_1):
            return self._found().guide
        return self.apply(guide_0, guide_1)

    def flow_form(self) -> FlowMotion:
        """Each frame's flow is the centroid of its kernel, and its share that kernel's part of the whole."""
        return self._found().flows

    def _found(self) -> _Seen:
        if not self._seen:
            self._keep(self._convolved(*self._own_channels()))
        return self._seen[0]

    def _convolved(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        out, row = torch.empty_like(payload_0), 0
        for logits in self.bands:
            end = row + logits.shape[2]
            out[:, :, row:end] = adaptive_conv(payload_0, payload_1, logits, origin=(row, 0))
            row = end
        return out

    def _own_channels(self) -> tuple[Tensor, Tensor]:
        """What goes along with the payload, (N, 9, H, W) a frame: its guide, then ones and coordinates.

        Those of the earlier frame are 0 in the later one and the other way round, so that each sum is over one kernel.
        """
        ones = torch.ones_like(self.guide_0[:, :1])
        of_frame = torch.cat([ones, _coordinates(self.guide_0)], 1)
        none = torch.zeros_like(of_frame)
        return torch.cat([self.guide_0, of_frame, none], 1), torch.cat([self.guide_1, none, of_frame], 1)

    def _keep(self, moved: Tensor) -> None:
        """Takes ``_own_channels`` as the kernels have moved them."""
        guide, earlier, later = moved[:, :3], moved[:, 3:6], moved[:, 6:]
        here = _coordinates(guide)
        weight_0 = earlier[:, :1] / (earlier[:, :1] + later[:, :1])  # by the sum, as 1 is only nearly reached
        flows = FlowMotion(_centroid(earlier) - here, _centroid(later) - here, weight_0)
        # A copy: of a frame with many channels the rest would be held too.
        self._seen.append(_Seen(guide.clone(), flows))


def _coordinates(like: Tensor) -> Tensor:
    """x and y of each pixel, (N, 2, H, W) px from the middle of the frame: half the size is half the rounding."""
    n, _, height, width = like.shape
    x = torch.arange(width, device=like.device, dtype=like.dtype) - width // 2
    y = torch.arange(height, device=like.device, dtype=like.dtype) - height // 2
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)]).expand(n, 2, height, width)


def _centroid(moments: Tensor) -> Tensor:
    """The mean place under one frame's kernel, (N, 2, H, W), from its sum and its sums of places (N, 3, H, W).

    Rounding leaves a thousandth of a pixel at HD. A sum so small that the moments' digits fall below float32's range is
    taken as larger; such a kernel has no share in the frame, and its place does not matter.
    """
    least = torch.finfo(moments.dtype).tiny / torch.finfo(moments.dtype).eps
    return moments[:, 1:] / moments[:, :1].clamp(min=least)
