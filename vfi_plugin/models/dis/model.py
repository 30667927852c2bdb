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
from vfi_plugin.motion.continued import continued
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

# Motion is looked for on at most this many pixels: it is smooth enough at UHD to be found at half size (users of other
# tools set their flow scale so too), and every step takes a quarter of the time.
_LARGEST_PIXELS = 2048 * 1152


class DisPair(Pair):
    """Both flows of a pair, ready for any ``t``."""

    def __init__(self, before: torch.Tensor, after: torch.Tensor) -> None:
        height, width = before.shape[2:]
        factor = reduction(height, width)
        self._look((reduced(before, factor), reduced(after, factor)), factor, (height, width))

    @classmethod
    def of_reduced(cls, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> DisPair:
        """The pair whose frames of ``size`` (height, width) were divided by ``factor`` already, as ``reduced`` does."""
        pair = cls.__new__(cls)
        pair._look(guides, factor, size)
        return pair

    def _look(self, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> None:
        self._reduction, self._size = factor, size
        first, second = guides
        pairs = [_flows(_rows(a), _rows(b)) for a, b in zip(first, second, strict=True)]
        forward, backward = (_stacked([flows[way] for flows in pairs], first.device) for way in (0, 1))
        self._both = BothWays.between(guides, forward, backward)

    def motion(self, t: float) -> FlowMotion:
        """Both flows projected to ``t``."""
        return self.enlarged(t).flow_form()

    def velocity(self, t: float) -> torch.Tensor:
        """See ``Pair.velocity``; at 0 and 1 exactly what the search found from that frame to the other."""
        velocity = self._both.velocity(t)
        if self._reduction == 1:
            return velocity
        height, width = self._size
        enlarged = F.interpolate(velocity, scale_factor=self._reduction, mode="bilinear", align_corners=False)
        return enlarged[..., :height, :width].contiguous() * self._reduction

    def enlarged(self, t: float) -> EnlargedMotion:
        """The motion at ``t``, with the flows as they were found: of large frames at a reduced size."""
        return self._at_size(self._both.motion(t))

    def continued(self, t: float) -> EnlargedMotion:
        """The motion past the pair, at ``t`` outside [0, 1], as ``motion.continued`` tells."""
        return self._at_size(continued(self._both.motion(0.5), t))

    def _at_size(self, motion: FlowMotion) -> EnlargedMotion:
        return EnlargedMotion(motion, self._reduction, *self._size)


def reduction(height: int, width: int) -> int:
    """By how much a side is divided before motion is looked for: 1 up to HD, 2 for UHD, 4 for 8K."""
    factor = 1
    while (height // factor) * (width // factor) > _LARGEST_PIXELS:
        factor *= 2
    return factor


def reduced(guide: torch.Tensor, factor: int) -> torch.Tensor:
    """(N, 3, H, W) averaged over blocks; edges are repeated up to whole blocks first."""
    if factor == 1:
        return guide
    missing = [-side % factor for side in guide.shape[2:]]
    return F.avg_pool2d(F.pad(guide, (0, missing[1], 0, missing[0]), mode="replicate"), factor)


class DisModel(Model):
    """Bidirectional dense inverse search on the CPU; projection and weights on any device."""

    info = INFO
    pair: type[DisPair] = DisPair

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> DisPair:
        """Flow in both directions; guides are (N, 3, H, W) float32 in [0, 1]."""
        return self.pair(before, after)


def _flows(before: Image, after: Image) -> tuple[Image, Image]:
    forward, backward = (np.ascontiguousarray(flow) for flow in flows_between(before, after, torch.get_num_threads()))
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
