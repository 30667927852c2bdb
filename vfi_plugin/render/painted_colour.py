"""Colour that a network painted in guide space, brought back into the file's own colours.

A painted guide is good for what a screen can show. Above white the guide holds sixteen stops in its last few percent,
so that an error no eye would see there is a factor of ten in light; far below black it is the same. And where a picture
is not opaque its colour belongs to an alpha, which nobody painted. Such pixels keep the colour that the motion brought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.colour import GuideTransform

Image = npt.NDArray[np.float32]

# Over this much of the guide, and of alpha, painted colour gives way to moved colour: sharp enough to keep lights and
# edges as they are, wide enough that grain at the limit makes no speckle.
_GIVE_WAY = 0.04
_OPAQUE = 0.98


@dataclass(frozen=True)
class PaintedColour:
    """The painted guide of one view, and the way back from it.

    Attributes:
        guide: (H, W, 3) float32 as the network gave it.
        transform: from the clip's colour to the guide.
        gain: the exposure that the guide was made with.
    """

    guide: Image
    transform: GuideTransform
    gain: float

    def over(self, moved: Image, alpha: Image | None = None) -> Image:
        """The painted colour where it can be trusted, what was moved elsewhere, and a mix at the limits.

        Args:
            moved: (H, W, 3) float32 in the clip's colour space, at the same time; premultiplied where there is alpha.
            alpha: (H, W) float32 at the same time, or None where all is opaque.

        Returns:
            A new (H, W, 3) float32 in the clip's colour space.
        """
        share = np.minimum(self._visible(self.guide), self._visible(self.transform.to_guide(moved, self.gain)))
        if alpha is not None:
            share = np.minimum(share, _ramp(alpha - np.float32(_OPAQUE), 1 - _OPAQUE))
        share = share[..., np.newaxis]
        painted = self.transform.from_guide(self.guide, self.gain)
        mixed = moved + share * (painted - moved)
        # A moved NaN or Inf was never seen by the network; a share of 0 or 1 must not let the other side in.
        chosen: Image = np.where(share >= 1, painted, np.where(share <= 0, moved, mixed))
        return chosen

    def _visible(self, guide: Image) -> Image:
        """(H, W) from 1 where all three values lie where the guide is a picture, to 0 a little outside."""
        low, high = self.transform.picture_range
        above, below = np.float32(high) - guide.max(axis=-1), guide.min(axis=-1) - np.float32(low)
        return np.minimum(_ramp(above + np.float32(_GIVE_WAY), _GIVE_WAY), _ramp(below + np.float32(low / 2), low / 2))


def _ramp(values: Image, width: float) -> Image:
    """0 up to 0, 1 from ``width`` on; a step where the width is 0."""
    if width == 0.0:
        return (values >= 0).astype(np.float32)
    share: Image = np.clip(values / np.float32(width), np.float32(0), np.float32(1))
    return share
