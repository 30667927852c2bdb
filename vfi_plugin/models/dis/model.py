"""The classic model: no weights, any time, works everywhere, the same bits in every run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.detail import reduction
from vfi_plugin.models.dis.flow import Image, flows_between
from vfi_plugin.models.dis.info import INFO
from vfi_plugin.models.dis.lost import find_lost
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.resizing import averaged
from vfi_plugin.motion.both_ways import BothWays
from vfi_plugin.motion.continued import continued
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.processors import usable_cores

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class DisPair(Pair):
    """Both flows of a pair, ready for any ``t``.

    Attributes:
        things: (N, 1, h, w) of each guide, of large frames at the reduced size: 1 where it shows something that flies
            in front of all else, as ``lost`` found it; None where there is none such.
    """

    things: tuple[torch.Tensor, torch.Tensor] | None = None
    _both: BothWays

    def __init__(self, before: torch.Tensor, after: torch.Tensor, factor: int | None = None) -> None:
        height, width = before.shape[2:]
        factor = factor or reduction(height, width)
        self._look((averaged(before, factor), averaged(after, factor)), factor, (height, width))

    @classmethod
    def of_reduced(cls, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> DisPair:
        """The pair whose frames of ``size`` (height, width) are divided by ``factor`` already, as ``averaged`` does."""
        pair = cls.__new__(cls)
        pair._look(guides, factor, size)
        return pair

    def _look(self, guides: tuple[torch.Tensor, torch.Tensor], factor: int, size: tuple[int, int]) -> None:
        self._reduction, self._size = factor, size
        first, second = guides
        pairs = _all_flows(list(map(_rows, first)), list(map(_rows, second)))
        forward, backward = (_stacked([found.flows[way] for found in pairs], first.device) for way in (0, 1))
        things = [_stacked([found.things[way] for found in pairs], first.device) for way in (0, 1)]
        self.things = (things[0], things[1]) if bool(things[0].any()) else None
        self._both = BothWays.between(guides, forward, backward, in_front=self.things)

    def motion(self, t: float) -> EnlargedMotion | FlowMotion:
        """Both flows projected to ``t``."""
        motion = self.enlarged(t)
        return motion.reduced if motion.factor == 1 else motion

    def at_times(self, times: torch.Tensor) -> FlowMotion:
        """The motion of each pair at a time of its own, (N, 1, 1, 1)."""
        return self._at_size(self._ways.motion(times)).flow_form()

    def velocity(self, t: float) -> torch.Tensor:
        """See ``Pair.velocity``; at 0 and 1 exactly what the search found from that frame to the other."""
        velocity = self._ways.velocity(t)
        if self._reduction == 1:
            return velocity
        height, width = self._size
        enlarged = F.interpolate(velocity, scale_factor=self._reduction, mode="bilinear", align_corners=False)
        return enlarged[..., :height, :width].contiguous() * self._reduction

    def enlarged(self, t: float) -> EnlargedMotion:
        """The motion at ``t``, with the flows as they were found: of large frames at a reduced size."""
        return self._at_size(self._moved(t))

    def continued(self, t: float) -> EnlargedMotion:
        """The motion past the pair, at ``t`` outside [0, 1], as ``motion.continued`` tells."""
        return self._at_size(continued(self._moved(0.5), t))

    @property
    def _ways(self) -> BothWays:
        """The flows, judged."""
        return self._both

    def _moved(self, t: float) -> FlowMotion:
        """The motion at ``t`` as it was found, of large frames at a reduced size."""
        return self._ways.motion(t)

    def _at_size(self, motion: FlowMotion) -> EnlargedMotion:
        return EnlargedMotion(motion, self._reduction, *self._size)


class DisModel(Model):
    """Bidirectional dense inverse search on the CPU; projection and weights on any device.

    Args:
        device: where frames are.
        detail: the size at which motion is looked for, one of ``DETAILS``; None: by the frame's own size.
    """

    info = INFO
    pair: type[DisPair] = DisPair

    def __init__(self, device: torch.device, detail: float | None = None) -> None:
        self.device = device
        self._detail = detail

    def with_detail(self, detail: float) -> DisModel:
        """The same at a size that was asked for."""
        self.info.at_detail(detail)  # raises where there is none such
        return type(self)(self.device, detail)

    def factor(self, height: int, width: int) -> int:
        """By how much a side of such frames is divided before motion is looked for."""
        return reduction(height, width, self._detail)

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> DisPair:
        """Flow in both directions; guides are (N, 3, H, W) float32 in [0, 1]."""
        return self.pair(before, after, self.factor(before.shape[2], before.shape[3]))


class _Found(NamedTuple):
    """What a search found in a pair.

    Attributes:
        flows: from each guide to the other, (H, W, 2) float32 px.
        things: (H, W, 1) float32, 1 where each guide shows something that the search alone had lost.
    """

    flows: tuple[Image, Image]
    things: tuple[Image, Image]


def _all_flows(before: list[Image], after: list[Image]) -> list[_Found]:
    if len(before) == 1:
        return [_flows(before[0], after[0])]
    # A batch is a training's, to whom a core each is worth more than what torch would do with them meanwhile.
    with ThreadPoolExecutor(min(len(before), usable_cores())) as several:
        return list(several.map(partial(_flows, threads=1), before, after))


def _flows(before: Image, after: Image, threads: int | None = None) -> _Found:
    threads = threads or torch.get_num_threads()
    forward, backward = (np.ascontiguousarray(flow) for flow in flows_between(before, after, threads))
    first, second = find_lost((before, after), (forward, backward))
    return _Found((forward, backward), (first[..., np.newaxis], second[..., np.newaxis]))


def _rows(guide: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return guide.detach().permute(1, 2, 0).cpu().numpy()


def _stacked(flows: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(flows).transpose(0, 3, 1, 2))).to(device)


def load(weights: Weights | None, device: torch.device) -> DisModel:
    """The classic on ``device``; it has no weights."""
    assert weights is None
    return DisModel(device)
