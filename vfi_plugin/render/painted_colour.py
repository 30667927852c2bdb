"""Colour that a network painted in guide space, brought back into the file's own colours.

A painted guide is good for what a screen can show. Above white the guide holds sixteen stops in its last few percent,
so that an error no eye would see there is a factor of ten in light; far below black it is the same. And where a picture
is not opaque its colour belongs to an alpha, which nobody painted. Such pixels keep the colour that the motion brought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.colour import Encoding, GuideTransform

Image = npt.NDArray[np.float32]

# Over this much beyond black and white painted colour gives way to moved colour: wide enough that grain at the limit
# makes no speckle, and no further than to where the curve begins to compress negatives (guide_curve: 1/32 below black).
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
        guide, painted_share = self._believed()
        share = np.minimum(painted_share, self._share_of_moved(moved))
        if alpha is not None:
            share = np.minimum(share, np.clip((alpha - _OPAQUE) / (1 - _OPAQUE), 0, 1).astype(np.float32))
        painted = self.transform.from_guide(guide, self.gain)
        made: Image = np.where((share > 0)[..., np.newaxis], painted, moved)
        # At a share of 0 or 1 the other side's NaN or Inf has no say.
        mixed = (share > 0) & (share < 1)
        part = share[mixed, np.newaxis]
        made[mixed] = part * painted[mixed] + (1 - part) * moved[mixed]
        return made

    def _believed(self) -> tuple[Image, Image]:
        """The painted guide without what it cannot mean, and its share (H, W).

        Beyond a screen's black and white there is nothing, so what is painted there means black and white. A guide of
        light goes on there: what is painted as light is not believed.
        """
        black, white = self.transform.picture_range
        if self.transform.encoding is Encoding.SCENE:
            guide = np.clip(self.guide, np.float32(0), np.float32(1))
            return guide, _share_within(guide, black, white)
        guide = np.clip(self.guide, np.float32(black), np.float32(white))
        return guide, np.ones(guide.shape[:2], np.float32)

    def _share_of_moved(self, moved: Image) -> Image:
        """The share (H, W) of painted colour by what was moved to its place."""
        if self.transform.encoding is Encoding.SCENE:
            black, white = self.transform.picture_range
            share = _share_within(self.transform.to_guide(moved, self.gain), black, white)
        else:
            share = _share_within(moved, 0.0, 1.0)
        # What a NaN says of its pixel is nothing; the network saw black there.
        return np.where(np.isnan(moved).any(axis=-1), np.float32(1), share)


def _share_within(values: Image, black: float, white: float) -> Image:
    """(H, W): 1 where all three values of (H, W, 3) are from black to white, falling to 0 a little outside."""
    outside = np.maximum(np.float32(black) - values.min(axis=-1), values.max(axis=-1) - np.float32(white))
    share: Image = 1 - np.clip(outside / np.float32(_GIVE_WAY), np.float32(0), np.float32(1))
    return share
