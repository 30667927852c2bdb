"""From scene-linear to a picture for a screen, for looking only: nothing that is delivered goes through here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.evaluate.drawing import Picture

ROLL_OFF = 0.7
"""Linear value up to which the picture is shown as it is; what lies above is bent so that it reaches white only at
infinity. 0.7 keeps a white card at 0.9 apart from a lamp."""


def to_display(linear: npt.NDArray[Any], exposure_stops: float = 0.0) -> npt.NDArray[np.float32]:
    """Exposure, a smooth roll-off of the highlights, and the sRGB curve of IEC 61966-2-1.

    Args:
        linear: ``(..., 3)`` scene-linear, unbounded, premultiplied (shown over black).
        exposure_stops: each stop doubles the light.

    Returns:
        The same shape, float32 in [0, 1]. Negatives show as black, NaN shows as magenta so that it is seen.
    """
    light = linear.astype(np.float32) * np.float32(2.0**exposure_stops)
    bad = np.isnan(light).any(axis=-1)
    light = np.maximum(np.where(bad[..., None], np.float32(0), light), 0)
    room = np.float32(1 - ROLL_OFF)
    bent = ROLL_OFF + room * -np.expm1(-np.maximum(light - ROLL_OFF, 0) / room)
    shown = np.where(light < ROLL_OFF, light, bent)
    encoded = np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * shown ** (1 / 2.4) - 0.055).astype(np.float32)
    encoded[bad] = (1.0, 0.0, 1.0)
    return encoded


def to_bytes(display: npt.NDArray[Any]) -> Picture:
    """[0, 1] to 8 bits, rounded to the nearest."""
    codes: Picture = (np.clip(display, 0, 1) * 255 + 0.5).astype(np.uint8)
    return codes
