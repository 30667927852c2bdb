"""PhaseNet as a model: it paints the frame in the middle; what is not colour goes by the classic's motion."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import torch

from vfi_plugin.models.painting import PaintingModel
from vfi_plugin.models.part import WholeFrames
from vfi_plugin.models.periodic_padding import mirrored
from vfi_plugin.models.phasenet.checkpoint import build
from vfi_plugin.models.phasenet.info import info_of
from vfi_plugin.models.phasenet.net import PhaseNet, pyramid_of
from vfi_plugin.models.phasenet.planes import planes_from_rgb, rgb_from_planes
from vfi_plugin.models.phasenet.whole import painted_plane
from vfi_plugin.models.times import reached_time
from vfi_plugin.models.whole_planes import MadeFrames, channel_pair, converted

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


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

    def paint_whole(self, frames: WholeFrames, t: float) -> torch.Tensor:
        """The frame at the nearest time that is reached, of all of large frames; see ``whole``."""
        time = reached_time(t)
        if time in (0, 1):
            return frames.crop(int(time), 0, 0, frames.height, frames.width)
        while time != Fraction(1, 2):
            is_later = time > Fraction(1, 2)
            frames = MadeFrames(frames, self._middle(frames), is_later)
            time = 2 * time - 1 if is_later else 2 * time
        return self._middle(frames)

    def _middle(self, frames: WholeFrames) -> torch.Tensor:
        channels = []
        for channel in range(3):
            pair = channel_pair(frames, channel, planes_from_rgb)
            padding = mirrored(*pair.shape[1:])
            pair = padding.add(pair.unsqueeze(0), "reflect")[0]
            pyramid = pyramid_of(pair)
            spectrum = pyramid.spectrum(pair)
            del pair
            # A copy: the picture is the real half of complex numbers.
            channels.append(padding.remove(painted_plane(self.net, pyramid, spectrum)).clone())
            del spectrum
        return converted(torch.stack(channels).unsqueeze(0), rgb_from_planes)


def load(weights: Weights | None, device: torch.device) -> PhaseNetModel:
    """The network with its weights on ``device``, in the form that they are for."""
    assert weights is not None
    return PhaseNetModel(info_of(weights.variant), build, weights, device)
