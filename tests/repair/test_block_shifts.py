"""What motion is left over in a block, by the pictures themselves."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vfi_plugin.repair.block_shifts import block_shifts

Plane = npt.NDArray[np.float32]


def waves(x: float, y: float, strength: float = 0.1) -> Plane:
    """Waves of 12 to 20 px, moved by x and y."""
    down, along = np.mgrid[0:48, 0:64].astype(np.float32)
    along, down = along - np.float32(x), down - np.float32(y)
    found: Plane = strength * (np.sin(along / 2) + np.sin(down / 2.5) + np.sin((along + down) / 3))
    return found


def halves(plane: Plane) -> Plane:
    means: Plane = cv2.resize(plane, (2, 1), interpolation=cv2.INTER_AREA)
    return means.reshape(-1)


def test_a_fraction_of_a_pixel_is_measured_to_its_fiftieth() -> None:
    shifts = block_shifts(waves(0, 0), waves(0.3, -0.2), halves)
    np.testing.assert_allclose(shifts, [[-0.3, 0.2]] * 2, atol=0.02)


def test_what_is_too_faint_to_see_moves_nothing() -> None:
    assert np.abs(block_shifts(waves(0, 0, 1e-5), waves(0.5, 0.5, 1e-5), halves)).max() < 0.01
