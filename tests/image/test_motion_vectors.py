"""Vectors of a retimed frame lead to where its neighbours' content is."""

from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.motion_vectors import (
    Direction,
    Speeds,
    VectorConvention,
    convention_of,
    rescale_vectors,
    vectors_to_pixels,
)

from .channel_headers import part

NEXT = VectorConvention(Direction.NEXT)
PREVIOUS = VectorConvention(Direction.PREVIOUS)
BLENDER = VectorConvention(Direction.BOTH)


def vector(*components: float) -> np.ndarray:
    return np.array(components, np.float32).reshape(1, 1, -1)


def rescaled(
    value: np.ndarray, speed: float | Speeds, convention: VectorConvention = NEXT, **more: np.ndarray
) -> list[float]:
    speeds = speed if isinstance(speed, Speeds) else Speeds.constant(speed)
    return rescale_vectors(value, speeds, convention, **more)[0, 0].tolist()


def test_half_speed_halves_vectors() -> None:
    assert rescaled(vector(10, 0), 0.5) == [5, 0]


def test_encoded_vectors_scale_about_their_offset() -> None:
    assert rescaled(vector(0.75, 0.5), 0.5, VectorConvention(offset=0.5)) == [0.625, 0.5]


def test_blender_played_backwards() -> None:
    assert rescaled(vector(-5, -2, -5, -2), -1, BLENDER) == [5, 2, 5, 2]


# Where an object is at a source time. The neighbours of an output frame at source time 0 are at speed and -speed.
def position(source_time: float) -> np.ndarray:
    return np.array([5.0, 2.0]) * source_time


@pytest.mark.parametrize("speed", [1.0, 0.5, 2.0, -1.0, -0.25])
def test_vectors_lead_to_the_neighbours_of_the_output(speed: float) -> None:
    here = position(0)
    to_next, to_previous = position(1) - here, position(-1) - here
    true_next, true_previous = position(speed) - here, position(-speed) - here
    forward, backward = vector(*to_next), vector(*to_previous)
    assert rescaled(forward, speed, NEXT, opposite=backward) == pytest.approx(list(true_next))
    assert rescaled(backward, speed, PREVIOUS, opposite=forward) == pytest.approx(list(true_previous))
    assert rescaled(forward, speed, NEXT) == pytest.approx(list(true_next)), "straight motion needs no other layer"
    blender = rescaled(vector(*(position(-1) - here), *(here - position(1))), speed, BLENDER)
    assert blender == pytest.approx([*(position(-speed) - here), *(here - position(speed))])


def test_backwards_takes_the_opposite_layer_where_motion_is_not_even() -> None:
    speeding_up = {"value": vector(8, 0), "opposite": vector(-3, 0)}
    assert rescaled(speeding_up["value"], -1, NEXT, opposite=speeding_up["opposite"]) == [-3, 0]
    assert rescaled(speeding_up["opposite"], -1, PREVIOUS, opposite=speeding_up["value"]) == [8, 0]
    # X Y = previous - now = -3, Z W = now - next = -8; played backwards previous is at 8 and next at -3.
    assert rescaled(vector(-3, 0, -8, 0), -1, BLENDER) == [8, 0, 3, 0]


def test_at_a_turning_point_both_neighbours_are_the_same_frame() -> None:
    turning = Speeds(forward=-1, backward=1)
    assert rescaled(vector(8, 0), turning, NEXT, opposite=vector(-3, 0)) == [-3, 0]
    assert rescaled(vector(-3, 0), turning, PREVIOUS, opposite=vector(8, 0)) == [-3, 0]
    assert rescaled(vector(-3, 0, -8, 0), turning, BLENDER) == [-3, 0, 3, 0]


def test_a_ramp_scales_each_direction_by_its_own_speed() -> None:
    ramp = Speeds(forward=0.25, backward=0.5)
    assert rescaled(vector(8, 4), ramp, NEXT) == [2, 1]
    assert rescaled(vector(-8, -4), ramp, PREVIOUS) == [-4, -2]
    assert rescaled(vector(-8, -4, -8, -4), ramp, BLENDER) == [-4, -2, -2, -1]


def test_a_freeze_is_zero_even_over_a_background_of_infinity() -> None:
    assert rescaled(vector(np.inf, -3), 0) == [0, 0]
    assert rescaled(vector(0.9, 0.1), 0, VectorConvention(offset=0.5)) == [0.5, 0.5]
    assert rescaled(vector(1, 2, 3, 4), 0, BLENDER) == [0, 0, 0, 0]


def test_premultiplied_encoded_vectors_stay_premultiplied() -> None:
    alpha = np.full((1, 1), 0.5, np.float32)
    premultiplied = VectorConvention(offset=0.5, is_premultiplied=True)
    stored = vector(0.75, 0.5) * 0.5
    assert rescaled(stored, 0.5, premultiplied, alpha=alpha) == pytest.approx([0.625 * 0.5, 0.25])


def test_blender_vectors_need_four_channels() -> None:
    with pytest.raises(ValueError, match="four channels"):
        rescaled(vector(1, 2, 3), 0.5, BLENDER)


@pytest.mark.parametrize(
    ("layer", "direction", "y", "is_assumed"),
    [
        ("forward", Direction.NEXT, "up", False),
        ("backward", Direction.PREVIOUS, "up", False),
        ("motionBack", Direction.PREVIOUS, "down", False),
        ("motionvector", Direction.NEXT, "up", True),
        ("View.Vector", Direction.BOTH, "up", False),
    ],
)
def test_a_layers_name_tells_its_convention(layer: str, direction: Direction, y: str, is_assumed: bool) -> None:
    role = classify([part(f"{layer}.X|{layer}.Y|{layer}.Z|{layer}.W", "float")])[0]
    found = convention_of(role, frozenset("xyzw"))
    assert (found.direction, found.y, found.is_assumed) == (direction, y, is_assumed)


@pytest.mark.parametrize(
    ("stored", "convention"),
    [
        ((6.0, -4.0), VectorConvention()),
        ((6.0, 4.0), VectorConvention(y="down")),
        ((0.06, -0.08), VectorConvention(units="ndc")),
        ((0.53, 0.48), VectorConvention(units="norm01", offset=0.5, largest=100.0)),
        ((0.06, -0.04), VectorConvention(units="norm01", largest=100.0)),
        ((3.0, -2.0), VectorConvention(frames=0.5)),
    ],
)
def test_one_motion_in_every_way_of_writing_it(stored: tuple[float, float], convention: VectorConvention) -> None:
    """6 px to the right and 4 down, in a picture of 200 x 100."""
    found = vectors_to_pixels(vector(*stored), convention, (100, 200))
    assert found[0, 0].tolist() == pytest.approx([6.0, 4.0], rel=1e-5)


def test_premultiplied_vectors_are_divided_and_holes_stand_still() -> None:
    convention = VectorConvention(offset=0.5, is_premultiplied=True, units="norm01", largest=10.0)
    stored = np.array([[[0.25 + 0.05, 0.25], [0.0, 0.0], [np.inf, 0.5]]], np.float32)
    alpha = np.array([[0.5, 0.0, 1.0]], np.float32)
    found = vectors_to_pixels(stored, convention, (1, 3), alpha=alpha)
    assert found[0].tolist() == [pytest.approx([2.0, 0.0]), [0.0, 0.0], [0.0, 0.0]]


def test_fractions_of_an_unknown_motion_are_refused() -> None:
    with pytest.raises(UsageError, match="add it, in pixels, such as max=64"):
        vectors_to_pixels(vector(0.5, 0.5), VectorConvention(units="norm01"), (1, 1))
