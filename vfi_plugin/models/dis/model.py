"""The classic model: no weights, any time, works everywhere, the same bits in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.reference import pixel_grid
from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.dis.flow import flows_between
from vfi_plugin.models.dis.projection import Direction, choose, project
from vfi_plugin.models.model import Model, ModelInfo, Pair
from vfi_plugin.motion.continued import continued
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

INFO = ModelInfo(
    name="dis",
    title="Classic (dense inverse search)",
    paper="Kroeger, Timofte, Dai, Van Gool: Fast Optical Flow using Dense Inverse Search, ECCV 2016; projection ours",
    year=2016,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,
    parameters=0,
    multiply_adds=0,
    licence="Apache-2.0 (ours; OpenCV's search is Apache-2.0 too)",
    training_data="none",
    weights_sha256=None,
)

# Share that a source keeps where its own flow contradicts the motion. A hidden pixel still counts for a seventh: flows
# also differ on smooth surfaces, where taking both sources is right. 0.5 is 0.02 dB better on dropped-frame tests of
# real clips, but shows ghosts at the edges of fast objects.
_HIDDEN_SHARE = 0.2
# Motion is looked for on at most this many pixels: it is smooth enough at UHD to be found at half size (users of other
# tools set their flow scale so too), and every step takes a quarter of the time.
_LARGEST_PIXELS = 2048 * 1152

_DISAGREEMENT_PX = 1.0  # two good estimates differ by less than this, foreground and background by more


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
        self._guides, self._reduction, self._size = guides, factor, size
        first, second = guides
        pairs = [flows_between(_rows(a), _rows(b)) for a, b in zip(first, second, strict=True)]
        forward, backward = (_stacked([flows[way] for flows in pairs], first.device) for way in (0, 1))
        self._both = Direction.between(first, second, forward), Direction.between(second, first, backward)

    def motion(self, t: float) -> FlowMotion:
        """Projects both flows to ``t``, keeps the better one per pixel, weighs sources by time and visibility."""
        return self.enlarged(t).flow_form()

    def enlarged(self, t: float) -> EnlargedMotion:
        """The same, with the flows as they were found: of large frames at a reduced size."""
        return self._at_size(self._reduced_motion(t))

    def continued(self, t: float) -> EnlargedMotion:
        """The motion past the pair, at ``t`` outside [0, 1], as ``motion.continued`` tells."""
        return self._at_size(continued(self._reduced_motion(0.5), t))

    def _at_size(self, motion: FlowMotion) -> EnlargedMotion:
        return EnlargedMotion(motion, self._reduction, *self._size)

    def _reduced_motion(self, t: float) -> FlowMotion:
        forward, backward = self._both
        candidates = project(forward, t), -project(backward, 1.0 - t)
        motion = choose(self._guides, candidates, t)
        flows = -t * motion, (1.0 - t) * motion
        shares = (
            (1.0 - t) * _visibility(forward.flow, flows[0], motion),
            t * _visibility(backward.flow, flows[1], -motion),
        )
        total = shares[0] + shares[1]
        weight_0 = torch.where(total > 0, shares[0] / total.clamp(min=1e-6), torch.full_like(total, 1.0 - t))
        return FlowMotion(*flows, weight_0)


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


def _visibility(source_flow: torch.Tensor, to_source: torch.Tensor, motion: torch.Tensor) -> torch.Tensor:
    """How far a source shows the content that passes a pixel with ``motion``, (N, 1, H, W); 0 outside its frame.

    Where the source's own flow, found at the place that ``to_source`` leads to, is another motion, something else is
    in front there.
    """
    difference_px = (warp(source_flow, to_source) - motion).norm(dim=1, keepdim=True)
    columns, rows = pixel_grid(to_source)
    height, width = to_source.shape[-2:]
    x, y = columns + to_source[:, 0], rows + to_source[:, 1]
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return (torch.exp(-difference_px / _DISAGREEMENT_PX) + _HIDDEN_SHARE) * inside.unsqueeze(1)


class DisModel(Model):
    """Bidirectional dense inverse search on the CPU; projection and weights on any device."""

    info = INFO

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> DisPair:
        """Flow in both directions; guides are (N, 3, H, W) float32 in [0, 1]."""
        return DisPair(before, after)


def _rows(guide: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return guide.detach().permute(1, 2, 0).cpu().numpy()


def _stacked(flows: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(flows).transpose(0, 3, 1, 2))).to(device)


def load(weights: Weights | None, device: torch.device) -> DisModel:
    """The classic on ``device``; it has no weights."""
    assert weights is None
    return DisModel(device)
