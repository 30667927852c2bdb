"""The guide of pictures that are display-encoded already: themselves, with a soft end on either side.

Networks are trained on such pictures, so nothing is bent: ``g = v`` from 1/255 to 254/255. A float picture may leave
[0, 1]; there, with ``d = 1/255`` and ``t`` the distance from the end of the straight part,
``g = 1 - d / (1 + log(1 + t/d))``, and the same mirrored at 0. Slope 1 at the joint; order is kept, and every half
float up to 3 keeps its own guide value.
The last 8-bit step is the room for it: black and white move by 0.6 of that step, which no network notices.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

STRAIGHT_END = 254.0 / 255.0
_ROOM = 1.0 - STRAIGHT_END
_LARGEST = 65504.0


def roll_off(display: FloatArray) -> FloatArray:
    """Display-encoded float32 of any shape, unbounded, to the guide: float32 in [0, 1]."""
    if not display.size or (display.min() >= _ROOM and display.max() <= STRAIGHT_END):
        return np.array(display, np.float32)
    over = np.maximum(np.abs(display - np.float32(0.5)) - np.float32(STRAIGHT_END - 0.5), np.float32(0))
    end = np.float32(_ROOM) / (np.float32(1) + np.log1p(over / np.float32(_ROOM)))
    bent = np.where(display > 0.5, np.float32(1) - end, end)
    return np.where(over > 0, bent, display)


def unroll(guide: FloatArray) -> FloatArray:
    """The inverse of :func:`roll_off`; guide values beyond what 65504 gives are taken as that."""
    distance = np.minimum(guide, np.float32(1) - guide)
    if not guide.size or distance.min() >= _ROOM:
        return np.array(guide, np.float32)
    least = _ROOM / (1 + np.log1p(_LARGEST / _ROOM))
    end = np.clip(distance, np.float32(least), np.float32(_ROOM))
    over = np.expm1(np.float32(_ROOM) / end - np.float32(1)) * np.float32(_ROOM)
    away = np.where(guide > 0.5, np.float32(STRAIGHT_END) + over, np.float32(_ROOM) - over)
    return np.where(distance < _ROOM, away, guide)
