"""Two successive looks laid over each other: what moved where, and what motion does not explain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.look import Look

LONGER_SIDE_PX = 192
"""Of the pictures that are aligned: flow takes 2.5 ms, and grain of 0.004 in a frame of 960 px is below 0.001."""

_SMALLEST_SIDE_PX = 64
"""OpenCV's search wants several 8 px patches a side at its coarsest level; smaller pictures are padded to this."""

_FINEST_SCALE = 1
"""Half size: a vector for every 2 x 2 px. Full size takes 3.5 times as long."""

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Alignment:
    """A pair of frames in very small.

    Attributes:
        before: (h, w) float32 luma of the earlier frame, its longer side at most ``LONGER_SIDE_PX``.
        after: of the later one.
        flow: (h, w, 2) float32, px of these pictures, x then y: where in ``before`` the content of ``after`` is.
        scale: px of the frame a px of these pictures.
    """

    before: Plane
    after: Plane
    flow: Plane
    scale: float

    @cached_property
    def difference(self) -> Plane:
        """(h, w) float32 absolute difference of the pictures as they are."""
        change: Plane = np.abs(self.after - self.before)
        return change

    @cached_property
    def residual(self) -> Plane:
        """(h, w) float32 absolute difference once ``before`` is moved onto ``after``; 0 where it has no counterpart."""
        cv2 = single_threaded_opencv()
        height, width = self.after.shape
        x = self.flow[..., 0] + np.arange(width, dtype=np.float32)
        y = self.flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
        moved = cv2.remap(self.before, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        left: Plane = np.abs(self.after - moved) * inside
        return left


def comparable(before: Look, after: Look) -> bool:
    """Whether both could be read and are of one size."""
    return not before.fault and not after.fault and before.rgb.shape == after.rgb.shape


def align(before: Look, after: Look) -> Alignment:
    """Lays two comparable looks over each other (dense inverse search, see ``models.dis.flow``)."""
    cv2 = single_threaded_opencv()
    small_before, small_after = _tiny(before.luma), _tiny(after.luma)
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(_FINEST_SCALE)
    height, width = small_after.shape
    flow = search.calc(_padded8(small_after), _padded8(small_before), None)[:height, :width]
    return Alignment(small_before, small_after, flow, before.rgb.shape[1] * before.factor / width)


def _tiny(grey: Plane) -> Plane:
    cv2 = single_threaded_opencv()
    height, width = grey.shape
    scale = min(1.0, LONGER_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # The mean of 3 x 3 px takes grain from pictures that were not brought down.
    tiny: Plane = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 0.6 else cv2.blur(grey, (3, 3))
    return tiny if max(tiny.shape) <= LONGER_SIDE_PX else cv2.resize(tiny, size, interpolation=cv2.INTER_AREA)


def _padded8(grey: Plane) -> npt.NDArray[np.uint8]:
    eight = np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
    missing = [max(_SMALLEST_SIDE_PX - side, 0) for side in eight.shape]
    return np.pad(eight, [(0, missing[0]), (0, missing[1])], mode="edge") if any(missing) else eight
