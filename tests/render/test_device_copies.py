"""Planes come to a device and back with the bits that numpy gives them; nothing of the host is kept or changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vfi_plugin.render.device_copies import floats_on_device, on_device, planes_of

HALF, FLOAT, UINT = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.uint32)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> torch.device:
    if request.param == "cuda":
        request.getfixturevalue("gpu")
    return torch.device(request.param)


def every_half() -> np.ndarray:
    """(256, 256) float16: all of them but NaN, whose bits no standard holds still."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    values[np.isnan(values)] = 0
    return values.reshape(256, 256)


def test_every_half_float_is_widened_and_rounded_back_to_itself(device: torch.device) -> None:
    plane = every_half()
    before = plane.copy()
    floats = floats_on_device([plane], device)
    assert floats.device.type == device.type
    np.testing.assert_array_equal(floats.cpu().numpy()[0, 0], before.astype(np.float32))
    [back] = planes_of(floats[0], [HALF])
    np.testing.assert_array_equal(back.view(np.uint16), before.view(np.uint16))
    floats.add_(1.0)
    np.testing.assert_array_equal(plane, before)


def test_values_between_two_half_floats_go_to_the_nearest_and_halfway_to_the_even_one(device: torch.device) -> None:
    rng = np.random.default_rng(2)
    values = (rng.standard_normal((1, 40, 50)) * 10.0 ** rng.integers(-9, 6, (1, 40, 50))).astype(np.float32)
    values[0, 0, :3] = 1 + 2.0**-11, 1 + 3 * 2.0**-11, 2.0**-25  # halfway
    [made] = planes_of(torch.from_numpy(values).to(device), [HALF])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(made.view(np.uint16), values[0].astype(np.float16).view(np.uint16))


def test_planes_of_any_type_and_layout_come_through(device: torch.device) -> None:
    rng = np.random.default_rng(3)
    floats = rng.standard_normal((9, 7)).astype(np.float32)
    read_only = rng.standard_normal((9, 7)).astype(np.float16)
    read_only.flags.writeable = False
    planes = [floats[::-1], rng.integers(0, 999, (9, 7)).astype(np.uint32), read_only, floats.T.copy().T]
    back = planes_of(floats_on_device(planes, device)[0], [FLOAT, UINT, HALF, FLOAT])
    for plane, made in zip(planes, back, strict=True):
        assert made.dtype == plane.dtype
        np.testing.assert_array_equal(made, plane)


def test_memory_that_is_used_again_at_once_does_not_reach_what_was_copied_before(device: torch.device) -> None:
    values = torch.empty(64, 1 << 16)
    copies = []
    for number in range(8):
        values = torch.full_like(values, float(number))
        copies.append(on_device(values, device))
    assert [float(copy.min()) for copy in copies] == [float(copy.max()) for copy in copies] == list(range(8))
