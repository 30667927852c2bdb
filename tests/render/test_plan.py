"""The list of frames to make: pure arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import MissingFramesError, TimeMapError, UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import RetimePlan, build_plan
from vfi_plugin.timing.time_map import TimeMap


def plan_of(
    speed: object, numbers: tuple[int, ...], *, ends: str = "hold", missing: str = "error", start: int | None = None
) -> RetimePlan:
    time_map = TimeMap.constant(speed, first=numbers[0], last=numbers[-1], start=start)  # type: ignore[arg-type]
    return build_plan(time_map, numbers, wanted=None, ends=ends, missing=missing)


def test_half_speed_of_ten_frames_is_nineteen() -> None:
    plan = plan_of("0.5", tuple(range(1001, 1011)))
    assert plan.summary() == "10 in, 19 out, 1001-1019 (10 copied, 9 in between)"
    assert [frame.number for frame in plan.frames if frame.is_copy] == list(range(1001, 1020, 2))
    assert all(frame.t == Fraction(1, 2) for frame in plan.frames if not frame.is_copy)


@given(
    speed=st.fractions(min_value=Fraction(1, 40), max_value=8).filter(bool),
    first=st.integers(-50, 2000),
    count=st.integers(1, 40),
    backwards=st.booleans(),
)
def test_every_frame_lies_between_its_two_sources(speed: Fraction, first: int, count: int, backwards: bool) -> None:
    numbers = tuple(range(first, first + count))
    for frame in plan_of(-speed if backwards else speed, numbers).frames:
        assert frame.earlier in numbers
        assert frame.later in numbers
        assert 0 <= frame.t < 1
        assert frame.earlier + frame.t * (frame.later - frame.earlier) == frame.position
        assert frame.is_copy == (frame.position.denominator == 1)


def test_motion_goes_across_bad_frames_and_holes_keep_their_policy() -> None:
    numbers, bad = (1, 2, 5, 6, 8), frozenset({3, 4})
    time_map = TimeMap.constant(1, first=1, last=8)
    with pytest.raises(MissingFramesError, match="no frames 7;"):
        build_plan(time_map, numbers, wanted=None, ends="hold", missing="error", bad=bad)
    plan = build_plan(time_map, numbers, wanted=None, ends="hold", missing="hold", bad=bad)
    assert [(frame.earlier, frame.later, frame.t) for frame in plan.frames[2:4]] == [
        (2, 5, Fraction(1, 3)),
        (2, 5, Fraction(2, 3)),
    ]
    assert "made across bad frames: 3-4" in plan.summary()
    assert "held in a hole: 7" in plan.summary()


def test_positions_past_an_end_are_counted_from_the_two_frames_there_when_extrapolated() -> None:
    numbers = tuple(range(1, 5))
    time_map = TimeMap.from_keys([(1, 0), (9, 6)])  # 0, 3/4, ... past either end
    with pytest.raises(TimeMapError, match="more than 1 past 1-4"):
        build_plan(time_map, numbers, wanted=None, ends="extrapolate", missing="error")
    near = TimeMap.from_keys([(1, "0.25"), (9, "4.75")])
    plan = build_plan(near, numbers, wanted=None, ends="extrapolate", missing="error")
    first, last = plan.frames[0], plan.frames[-1]
    assert (first.earlier, first.later, first.t) == (1, 2, Fraction(-3, 4))
    assert (last.earlier, last.later, last.t) == (3, 4, Fraction(7, 4))
    assert "extrapolated past the end: " in plan.summary()


def test_one_frame_cannot_be_extrapolated() -> None:
    with pytest.raises(TimeMapError, match="one frame"):
        build_plan(TimeMap.from_keys([(1, 5), (2, "5.5")]), (5,), wanted=None, ends="extrapolate", missing="error")


def test_positions_past_an_end_are_held_and_the_plan_says_so() -> None:
    numbers = tuple(range(1, 5))
    time_map = TimeMap.from_keys([(1, 1), (9, 9)])
    plan = build_plan(time_map, numbers, wanted=None, ends="hold", missing="error")
    assert [frame.earlier for frame in plan.frames] == [1, 2, 3, 4, 4, 4, 4, 4, 4]
    assert "held at the end: 5-9" in plan.summary()


def test_positions_past_an_end_can_be_an_error() -> None:
    time_map = TimeMap.from_keys([(1, 1), (9, 9)])
    with pytest.raises(TimeMapError, match=r"output frame 5 asks for source frame 5, outside 1-4"):
        build_plan(time_map, (1, 2, 3, 4), wanted=None, ends="error", missing="error")


def test_a_map_that_never_touches_the_source_is_refused() -> None:
    time_map = TimeMap.from_keys([(1, 1), (9, 9)])
    with pytest.raises(TimeMapError, match=r"source frames 1 to 9, but the source has 1001-1004"):
        build_plan(time_map, (1001, 1002, 1003, 1004), wanted=None, ends="hold", missing="error")


def test_holes_are_an_error_that_lists_them() -> None:
    with pytest.raises(MissingFramesError, match="no frames 3-4 7") as raised:
        plan_of(1, (1, 2, 5, 6, 8))
    assert raised.value.frames == (3, 4, 7)


def test_a_hole_is_held_from_the_frame_before() -> None:
    frames = plan_of("0.5", (1, 2, 5, 6), missing="hold").frames
    shown = [(float(frame.position), frame.earlier, frame.later, float(frame.t)) for frame in frames]
    assert shown[2:9] == [
        (2.0, 2, 2, 0.0),
        (2.5, 2, 2, 0.0),
        (3.0, 2, 2, 0.0),
        (3.5, 2, 2, 0.0),
        (4.0, 2, 2, 0.0),
        (4.5, 2, 5, 0.5),
        (5.0, 5, 5, 0.0),
    ]


def test_a_hole_is_interpolated_from_both_sides() -> None:
    frames = plan_of(1, (1, 2, 5, 6), missing="interpolate").frames
    assert [(frame.earlier, frame.later, frame.t) for frame in frames][2:4] == [
        (2, 5, Fraction(1, 3)),
        (2, 5, Fraction(2, 3)),
    ]


def test_frames_outside_the_output_cannot_be_asked_for() -> None:
    time_map = TimeMap.constant(1, first=1, last=10)
    with pytest.raises(UsageError, match=r"output frames 11-12 were asked for, but the output is 1-10"):
        build_plan(time_map, tuple(range(1, 11)), wanted=[9, 11, 12], ends="hold", missing="error")


def test_a_chunk_renders_its_frames_of_the_same_plan() -> None:
    numbers = tuple(range(1, 11))
    time_map = TimeMap.constant("0.5", first=1, last=10)
    whole = build_plan(time_map, numbers, wanted=None, ends="hold", missing="error")
    chunk = build_plan(time_map, numbers, wanted=[4, 5], ends="hold", missing="error")
    assert chunk.frames == whole.frames
    assert [frame.number for frame in chunk.selected] == [4, 5]
    assert "rendering 4-5" in chunk.summary()


def test_the_rate_of_the_output_is_said_once() -> None:
    with pytest.raises(UsageError, match="give fps or rate, not both"):
        RetimeOptions(fps=48, rate=48)
    with pytest.raises(UsageError, match="source fps goes with fps or rate"):
        RetimeOptions(speed=1, source_fps=24)
    assert RetimeOptions(speed=1, source_fps=24, rate=25).rate == 25
