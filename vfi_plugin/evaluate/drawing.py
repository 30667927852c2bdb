"""What pages of pictures are drawn with: cells, notes, and the PNG file in the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import WriteError
from vfi_plugin.image.window import Window

Picture = npt.NDArray[np.uint8]
"""``(H, W, 3)``, R G B, sRGB-encoded."""

BACKGROUND = 30
"""Grey of a page: dark enough to let the pictures speak, light enough to show where a black picture ends."""

MARGIN_PX, GAP_PX, LINE_PX = 36, 12, 30


def blank(height: int, width: int) -> Picture:
    """An empty part of a page."""
    return np.full((height, width, 3), BACKGROUND, np.uint8)


def left_of(column: int, cell_px: int) -> int:
    """Where a column of cells begins, in pixels from the left."""
    return MARGIN_PX + column * (cell_px + GAP_PX)


def page_width(columns: int, cell_px: int) -> int:
    """Width in pixels of a page with this many columns."""
    return left_of(columns, cell_px) - GAP_PX + MARGIN_PX


def fit(picture: Picture, detail: Window | None, cell_px: int) -> Picture:
    """``picture``, or the part of it, ``cell_px`` wide; made smaller by averaging, larger by repeating pixels."""
    import cv2  # heavy, and only drawing needs it

    if detail is not None:
        rows, columns = detail.slices_in(Window(0, 0, picture.shape[1], picture.shape[0]))
        picture = np.ascontiguousarray(picture[rows, columns])
    height, width = picture.shape[:2]
    target = (cell_px, max(round(cell_px * height / width), 1))
    fitted: Picture = cv2.resize(
        picture, target, interpolation=cv2.INTER_AREA if cell_px < width else cv2.INTER_NEAREST
    )
    return fitted


def write(band: Picture, text: str, left_baseline: tuple[int, int], *, scale: float, bright: bool) -> None:
    """Draw ``text`` into ``band``, in place."""
    import cv2  # heavy, and only drawing needs it

    colour = (240, 240, 240) if bright else (170, 170, 170)
    cv2.putText(band, text, left_baseline, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


def shortened(text: str, scale: float, width_px: int) -> str:
    """``text``, its front cut off where it would be wider than ``width_px``: the end of a name tells frames apart."""
    import cv2  # heavy, and only drawing needs it

    kept = text
    while len(kept) > 1 and cv2.getTextSize(kept, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)[0][0] > width_px:
        text = text[1:]
        kept = f"...{text}"
    return kept


def write_png(picture: Picture, path: Path) -> None:
    """Write ``picture`` as a PNG file.

    Raises:
        WriteError: the file cannot be written.
    """
    import cv2  # heavy, and only drawing needs it

    written, encoded = cv2.imencode(".png", picture[..., ::-1])  # OpenCV's channel order is B G R
    if not written:
        raise WriteError(f"could not encode a PNG of {picture.shape[1]}x{picture.shape[0]}; use a smaller picture")
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise WriteError(f"could not write {path}: {error.strerror}; choose a folder that can be written") from error
