"""The classic model: no weights, any time, works everywhere, the same bits in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.dis.flow import Image, flows_between
from vfi_plugin.models.dis.info import INFO
from vfi_plugin.models.dis.lost import find_lost
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.motion.both_ways import BothWays
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

# Motion is looked for on at most this many pixels: it is smooth enough at UHD to be found at half size (users of other
# tools set their flow scale so too), and every step takes a quarter of the time.
_LARGEST_PIXELS = 2048 * 1152


class DisPair(Pair):
    """Both flows of a pair, ready for any ``t``."""

    def __init__(self, before: torch.Tensor, after: torch.Tensor) -> None:
        self._size = before.shape[2], before.shape[3]
        self._reduction = reduction(*self._size)
        first, second = (_reduced(guide, self._reduction) for guide in (before, after))
        pairs = [_flows(_rows(a), _rows(b)) for a, b in zip(first, second, strict=True)]
        forward, backward = (_stacked([flows[way] for flows in pairs], before.device) for way in (0, 1))
        self._both = BothWays.between((first, second), forward, backward)

    def motion(self, t: float) -> FlowMotion:
        """Both flows projected to ``t``."""
        reduced = self._both.motion(t)
        if self._reduction == 1:
            return reduced
        return FlowMotion(
            self._enlarged(reduced.flow_t_to_0) * self._reduction,
            self._enlarged(reduced.flow_t_to_1) * self._reduction,
            self._enlarged(reduced.weight_0),
        )

    def velocity(self, t: float) -> torch.Tensor:
        """See ``Pair.velocity``; at 0 and 1 exactly what the search found from that frame to the other."""
        velocity = self._both.velocity(t)
        return velocity if self._reduction == 1 else self._enlarged(velocity) * self._reduction

    def _enlarged(self, values: torch.Tensor) -> torch.Tensor:
        height, width = self._size
        enlarged = F.interpolate(values, scale_factor=self._reduction, mode="bilinear", align_corners=False)
        return enlarged[..., :height, :width].contiguous()


def reduction(height: int, width: int) -> int:
    """By how much a side is divided before motion is looked for: 1 up to HD, 2 for UHD, 4 for 8K."""
    factor = 1
    while (height // factor) * (width // factor) > _LARGEST_PIXELS:
        factor *= 2
    return factor


def _reduced(guide: torch.Tensor, factor: int) -> torch.Tensor:
    """(N, 3, H, W) averaged over blocks; edges are repeated up to whole blocks first."""
    if factor == 1:
        return guide
    missing = [-side % factor for side in guide.shape[2:]]
    return F.avg_pool2d(F.pad(guide, (0, missing[1], 0, missing[0]), mode="replicate"), factor)


class DisModel(Model):
    """Bidirectional dense inverse search on the CPU; projection and weights on any device."""

    info = INFO

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> DisPair:
        """Flow in both directions; guides are (N, 3, H, W) float32 in [0, 1]."""
        return DisPair(before, after)


def _flows(before: Image, after: Image) -> tuple[Image, Image]:
    forward, backward = (np.ascontiguousarray(flow) for flow in flows_between(before, after))
    find_lost((before, after), (forward, backward))
    return forward, backward


def _rows(guide: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return guide.detach().permute(1, 2, 0).cpu().numpy()


def _stacked(flows: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(flows).transpose(0, 3, 1, 2))).to(device)


def load(weights: Weights | None, device: torch.device) -> DisModel:
    """The classic on ``device``; it has no weights."""
    assert weights is None
    return DisModel(device)
