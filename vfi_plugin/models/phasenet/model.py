"""PhaseNet as a model: it paints the frame in the middle; what is not colour goes by the classic's motion."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from vfi_plugin.models.model import NOT_PUBLISHED, ModelInfo
from vfi_plugin.models.painting import PaintingModel
from vfi_plugin.models.periodic_padding import mirrored
from vfi_plugin.models.phasenet.checkpoint import IMPROVED, build
from vfi_plugin.models.phasenet.net import PhaseNet
from vfi_plugin.models.phasenet.planes import planes_from_rgb, rgb_from_planes

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

INFO = ModelInfo(
    name="phasenet",
    title="PhaseNet",
    paper="Meyer, Djelouah, McWilliams and others: PhaseNet for Video Frame Interpolation, CVPR 2018",
    year=2018,
    any_time=False,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,  # half a wave of the coarsest level, which is about an eighth of the frame's shorter side
    parameters=462_457,
    # Three channels, each 88,064 at full size; each level has half the pixels of the one before it.
    multiply_adds=3 * 2 * (88 * 64 * 9 + 64 * 64 * 9 + 64 * 8),
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    paints=True,
    overlap_px=64,
)

_DETAIL_PARAMETERS, _DETAIL_MULTIPLY_ADDS = 65, 3 * 64  # one head more, at full size alone


def info_of(variant: str) -> ModelInfo:
    """The facts about one of the two forms."""
    if variant != IMPROVED:
        return INFO
    return replace(
        INFO,
        parameters=INFO.parameters + _DETAIL_PARAMETERS,
        multiply_adds=INFO.multiply_adds + _DETAIL_MULTIPLY_ADDS,
    )


class PhaseNetModel(PaintingModel):
    """The network behind the interface of all models.

    It has no form for export: the masks of its transforms belong to one size of frame, and a traced file would hold for
    that size alone.
    """

    net: PhaseNet

    def paint(self, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """The frame in the middle, (N, 1, 3, H, W) float32 RGB, not clamped.

        Frames are mirrored over their edges by 16 px at least. The channels of L*a*b* are looked at one after another:
        each takes the memory of all features at full size.
        """
        padding = mirrored(*before.shape[2:])
        pairs = [planes_from_rgb(padding.add(guide, "reflect")) for guide in (before, after)]
        made = [self.net(*channels).plane for channels in zip(*(planes.unbind(1) for planes in pairs), strict=True)]
        return rgb_from_planes(padding.remove(torch.stack(made, 1))).unsqueeze(1)


def load(weights: Weights | None, device: torch.device) -> PhaseNetModel:
    """The network with its weights on ``device``, in the form that they are for."""
    assert weights is not None
    return PhaseNetModel(info_of(weights.variant), build, weights, device)
