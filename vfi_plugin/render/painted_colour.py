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

# Over this much of the guide beyond black and white painted colour gives way to moved colour: wide enough that grain at
# the limit makes no speckle, and down to where the curve begins to compress negatives (guide_curve: 1/32 below black).
_GIVE_WAY = 1.0 / 32.0
# Under this alpha nothing is painted, at 1 all is: an edge has its own colour, and rounding of alpha near 1 has none.
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
        painted_guide = np.clip(self.guide, np.float32(0), np.float32(1))
        # What a NaN says of its pixel is nothing; the network saw black there.
        moved_share = np.where(
            np.isnan(moved).any(axis=-1), np.float32(1), self._visible(self.transform.to_guide(moved, self.gain))
        )
        share = np.minimum(self._visible(painted_guide), moved_share)
        if alpha is not None:
            share = np.minimum(share, _ramp(alpha - np.float32(_OPAQUE), 1 - _OPAQUE))
        painted = self.transform.from_guide(painted_guide, self.gain)
        made: Image = np.where((share > 0)[..., np.newaxis], painted, moved)
        # At a share of 0 or 1 the other side's NaN or Inf has no say.
        mixed = (share > 0) & (share < 1)
        part = share[mixed, np.newaxis]
        made[mixed] = part * painted[mixed] + (1 - part) * moved[mixed]
        return made

    def _visible(self, guide: Image) -> Image:
        """(H, W) from 1 where all three values of a guide in [0, 1] are of a picture, to 0 a little outside."""
        black, white = self.transform.picture_range
        share = np.ones(guide.shape[:2], np.float32)
        for room, inside in ((black, guide.min(axis=-1) - np.float32(black)), (1 - white, white - guide.max(axis=-1))):
            if room > 0:
                share = np.minimum(share, _ramp(inside + np.float32(min(room, _GIVE_WAY)), min(room, _GIVE_WAY)))
        return share


def _ramp(values: Image, width: float) -> Image:
    """0 up to 0, 1 from ``width`` on."""
    share: Image = np.clip(values / np.float32(width), np.float32(0), np.float32(1))
    return share
