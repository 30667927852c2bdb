"""One picture of a data set, read when it is wanted, as 8-bit display-referred codes.

The networks of papers were trained and scored on 8-bit pictures as they are in files, so those go to a model as they
are: code / 255, no guide curve, no colour management. What has more than 8 bits is rounded first; a movie's frame is
what it would be after a detour through PNG files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from vfi_plugin.errors import InputError, UnreadableImageError
from vfi_plugin.evaluate.codes import Codes, to_codes
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.media.image_file import read_image

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".ppm", ".tga", ".webp", ".dpx", ".exr"})
"""What is taken for a picture in a folder of a data set. EXR is among them so that it is refused, not passed over."""

_SAMPLES = "vfi/sourceFormat"  # what media.foreign_image says of a file: "png uint8"
_MOVIE = "movie/codec"


class Picture(Protocol):
    """A picture that can be read."""

    @property
    def where(self) -> str:
        """Text for people: the file, and the frame's number in it."""

    def read(self) -> Codes:
        """(H, W, 3) uint8 R G B.

        Raises:
            InputError: it is missing, damaged, or not display-referred RGB or grey.
        """


@dataclass(frozen=True)
class PictureFile:
    """A picture that is an image file."""

    path: Path

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    def read(self) -> Codes:
        """See ``Picture.read``."""
        return frame_codes(read_image(self.path), self.where)


def frame_codes(frame: Frame, where: str) -> Codes:
    """(H, W, 3) uint8 over the display window; grey becomes three equal channels, alpha is left out.

    What a movie holds below black or above white is cut off, as by a player.

    Raises:
        UnreadableImageError: no R, G, B and not grey either, or floats, which are taken for scene-linear.
    """
    part = frame.parts[0]
    _refuse_linear(part, where)
    names = [name for name in part.planes if name != "A"]
    if {"R", "G", "B"} <= set(names):
        names = ["R", "G", "B"]
    elif len(names) == 1:
        names = names * 3
    else:
        raise UnreadableImageError(f"{where} has the channels {', '.join(part.planes)}; needed R, G, B, or one of grey")
    return to_codes(np.stack([part.plane_over(name, part.display_window) for name in names], axis=-1))


def _refuse_linear(part: Part, where: str) -> None:
    said = part.attributes.get(_SAMPLES)
    is_whole = said is not None and str(said.value).split()[-1].startswith("uint")
    if not is_whole and _MOVIE not in part.attributes:
        raise UnreadableImageError(
            f"{where} holds floats, which are taken for scene-linear light; published measures compare display-referred"
            " pictures, so convert it to PNG or a movie first"
        )


def required(path: Path, wanted: str) -> PictureFile:
    """The picture at ``path``.

    Raises:
        InputError: it is not there; ``wanted`` says what it would be.
    """
    if not path.is_file():
        raise InputError(f"{path} is not there; it should be {wanted}")
    return PictureFile(path)
