from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing import TimeMap

speeds = st.fractions(Fraction(1, 12), 50, max_denominator=1000)
signed_speeds = st.builds(lambda speed, sign: speed * sign, speeds, st.sampled_from((1, -1)))
rates = st.sampled_from([Fraction(r) for r in (12, 15, 24, 25, 30, 48, 50, 60, 120)]).flatmap(
    lambda rate: st.sampled_from([rate, rate * 1000 / 1001])
)
firsts = st.integers(-2000, 5000)
lengths = st.integers(1, 100)
RAMP = {1001: 1, 1041: 41, 1081: 51, 1101: 51, 1141: 31}


def ramp_position(n: int) -> Fraction:
    """The piecewise linear map of the acceptance scenario, written down by hand."""
    if n <= 1041:
        return Fraction(n - 1000)
    if n <= 1081:
        return 41 + Fraction(n - 1041, 4)
    if n <= 1101:
        return Fraction(51)
    return 51 - Fraction(n - 1101, 2)


@given(signed_speeds, firsts, lengths)
def test_constant_speed_has_the_documented_length_and_stays_inside(speed: Fraction, first: int, length: int) -> None:
    last = first + length - 1
    made = TimeMap.constant(speed, first=first, last=last)
    assert len(made) == len(made.frames) == floor((length - 1) / abs(speed)) + 1
    assert made.output_range == (first, first + len(made) - 1)
    positions = [made.position(n) for n in made.frames]
    assert positions[0] == (first if speed > 0 else last)
    assert all(first <= position <= last for position in positions)
    assert not first <= positions[-1] + speed <= last
    assert {after - before for before, after in pairwise(positions)} <= {speed}


@given(st.integers(1, 40), firsts, lengths)
def test_slow_motion_by_a_whole_factor_passes_through_every_source_frame(factor: int, first: int, length: int) -> None:
    last = first + length - 1
    made = TimeMap.constant(Fraction(1, factor), first=first, last=last, start=7)
    whole = [made.position(n) for n in made.frames if made.position(n).denominator == 1]
    assert whole == list(range(first, last + 1))
    assert [n for n in made.frames if made.position(n).denominator == 1] == list(range(7, made.last + 1, factor))


@given(firsts, lengths)
def test_half_speed_of_n_frames_gives_2n_minus_1(first: int, length: int) -> None:
    for half in (0.5, "0.5", "50%", Fraction(1, 2), "1/2"):
        assert len(TimeMap.constant(half, first=first, last=first + length - 1)) == 2 * length - 1


@given(speeds, firsts, lengths)
def test_slowing_down_and_speeding_up_again_is_the_identity(speed: Fraction, first: int, length: int) -> None:
    last = first + length - 1
    there = TimeMap.constant(Fraction(1, speed.denominator), first=first, last=last)
    back = TimeMap.constant(speed.denominator, first=there.first, last=there.last, start=first)
    assert len(back) == length
    for n in back.frames:
        between = back.position(n)
        assert between.denominator == 1
        assert there.position(int(between)) == n


@given(speeds, firsts, lengths)
def test_reverse_is_the_mirror_of_forward(speed: Fraction, first: int, length: int) -> None:
    last = first + length - 1
    forward = TimeMap.constant(speed, first=first, last=last)
    reverse = TimeMap.constant(-speed, first=first, last=last)
    assert [reverse.position(n) for n in reverse.frames] == [first + last - forward.position(n) for n in forward.frames]


@given(rates, rates, firsts, lengths)
def test_a_rate_change_keeps_the_duration(source: Fraction, target: Fraction, first: int, length: int) -> None:
    made = TimeMap.from_rates(source, target, first=first, last=first + length - 1)
    assert abs(Fraction(len(made)) / target - length / source) <= max(1 / target / 2, 1 / target - length / source)
    assert made.position(made.first) == first
    for i, n in enumerate(made.frames):
        assert (made.position(n) - first) / source == i / target


@pytest.mark.parametrize(
    ("length", "source", "target", "frames"),
    [(24, 24, 60, 60), (24, 24, "23.976", 24), (25, 24, 30, 31), (10, 24, 48, 20), (1, 60, 24, 1), (3, 50, 25, 2)],
)
def test_rate_conversion_lengths(length: int, source: int, target: int | str, frames: int) -> None:
    assert len(TimeMap.from_rates(source, target, first=1, last=length)) == frames


def test_rounded_rates_mean_the_exact_ones() -> None:
    made = TimeMap.from_rates("23.976", "29.97", first=1, last=24)
    assert made.speed(5) == Fraction(4, 5)
    assert TimeMap.from_rates(23.98, 24, first=1, last=24).speed(5) == Fraction(1000, 1001)


def test_positions_after_the_last_source_frame_are_left_as_they_are() -> None:
    made = TimeMap.from_rates(24, 60, first=1001, last=1024)
    assert made.position(made.last) == Fraction(1001) + 59 * Fraction(24, 60) == Fraction("1024.6")


@given(st.integers(1, 400), firsts, lengths)
def test_fit_to_fill_keeps_both_ends(wanted: int, first: int, length: int) -> None:
    last = first + length - 1
    made = TimeMap.from_length(wanted, first=first, last=last, start=1)
    assert len(made) == wanted
    assert made.position(1) == first
    assert made.position(wanted) == (last if wanted > 1 else first)


@given(signed_speeds, firsts, lengths, st.integers(-5000, 5000))
def test_shifting_changes_only_the_numbering(speed: Fraction, first: int, length: int, start: int) -> None:
    made = TimeMap.constant(speed, first=first, last=first + length - 1)
    moved = made.shifted(start)
    assert moved == TimeMap.constant(speed, first=first, last=first + length - 1, start=start)
    assert [moved.position(n) for n in moved.frames] == [made.position(n) for n in made.frames]


def test_the_acceptance_ramp_has_its_analytic_values() -> None:
    made = TimeMap.from_keys(RAMP)
    assert made.output_range == (1001, 1141)
    assert len(made) == 141
    assert [made.position(n) for n in made.frames] == [ramp_position(n) for n in made.frames]
    assert {made.position(n) for n in range(1081, 1102)} == {51}


def test_smooth_keys_follow_the_clamped_catmull_rom_slopes() -> None:
    made = TimeMap.from_keys(RAMP, interpolation="smooth")
    for out, source in RAMP.items():
        assert made.position(out) == source
    # Slopes by hand: 0.625 at 1041 (chord 1001-1081, within 3 * 0.25), 0 at 1081 and 1101 beside the freeze; at the
    # ends (3 * 1 - 0.625) / 2 = 1.1875 and (3 * -0.5 - 0) / 2 = -0.75. Half way a Hermite span is the mean of its
    # ends plus an eighth of the span times the difference of its slopes.
    assert made.position(1021) == 21 + 5 * (Fraction("1.1875") - Fraction("0.625"))
    assert made.position(1061) == 46 + 5 * Fraction("0.625")
    assert {made.position(n) for n in range(1081, 1102)} == {51}
    assert made.position(1121) == 41 + 5 * Fraction("0.75")


def test_the_smooth_clamp_cuts_at_three_times_the_flatter_chord() -> None:
    made = TimeMap.from_keys([(0, 0), (10, 1), (20, 100), (30, 101)], interpolation="smooth")
    # Catmull-Rom would give 5 at frame 10, which would dip below 0: 3 * 0.1 is kept.
    assert made.curve.segments[1].slope(Fraction(10)) == Fraction(3, 10)


smooth_keys = st.lists(
    st.tuples(st.integers(1, 60), st.integers(-500, 500)), min_size=2, max_size=8
)  # (step to the key, source)


@given(smooth_keys)
def test_a_smooth_curve_never_leaves_the_range_of_its_neighbours(steps: list[tuple[int, int]]) -> None:
    keys, out = [], 0
    for step, source in steps:
        out += step
        keys.append((out, source))
    made = TimeMap.from_keys(keys, interpolation="smooth")
    for (start, low), (end, high) in pairwise(keys):
        values = [made.position(n) for n in range(start, end + 1)]
        assert min(low, high) <= min(values)
        assert max(values) <= max(low, high)
        assert values in (sorted(values), sorted(values, reverse=True))


@given(st.fractions(-5, 5, max_denominator=100), st.lists(st.integers(1, 40), min_size=2, max_size=6))
def test_smooth_keys_on_a_line_give_the_line(slope: Fraction, steps: list[int]) -> None:
    outs = [sum(steps[: i + 1]) for i in range(len(steps))]
    made = TimeMap.from_keys([(out, 3 + slope * out) for out in outs], interpolation="smooth")
    assert all(made.position(n) == 3 + slope * n for n in made.frames)


def test_two_smooth_keys_are_a_straight_line() -> None:
    assert TimeMap.from_keys({1: 1, 9: 41}, interpolation="smooth") == TimeMap.from_keys({1: 1, 9: 41})


def test_held_keys_hold_and_lines_beside_them_stay_lines() -> None:
    made = TimeMap.from_keys([(1, 10, "linear"), (5, 14, "hold"), (8, 30, "linear"), (10, 34)])
    assert [made.position(n) for n in made.frames] == [10, 11, 12, 13, 14, 14, 14, 30, 32, 34]


def test_outside_the_keys_the_end_values_hold_and_constant_speed_goes_on() -> None:
    keyed = TimeMap.from_keys(RAMP)
    assert (keyed.position(900), keyed.position(2000)) == (1, 31)
    steady = TimeMap.constant(0.5, first=1001, last=1010)
    assert (steady.position(999), steady.position(1021)) == (1000, 1011)


def test_animated_speed_is_the_integral_and_not_speed_times_time() -> None:
    made = TimeMap.from_speed_keys({1001: 1, 1041: 0.25}, source_first=1)
    for n in made.frames:
        t = Fraction(n - 1001)
        assert made.position(n) == 1 + t - t * t * Fraction(3, 4) / 80
    assert made.position(1041) == 1 + 40 * Fraction(5, 8)
    assert made.position(1041) != 1 + 40 * Fraction(1, 4)


@given(st.lists(st.fractions(-4, 4, max_denominator=50), min_size=2, max_size=6), st.sampled_from(["linear", "smooth"]))
def test_integrated_speed_agrees_with_a_fine_sum(values: list[Fraction], interpolation: str) -> None:
    keys = [(10 * i, value) for i, value in enumerate(values)]
    made = TimeMap.from_speed_keys(keys, source_first=0, interpolation=interpolation)  # type: ignore[arg-type]
    speed = TimeMap.from_keys(keys, interpolation=interpolation).curve  # type: ignore[arg-type]
    total = Fraction(0)
    for n in made.frames[:-1]:
        assert made.position(n) == total
        # Simpson's rule is exact for the cubics between whole frames.
        ends = speed.segment_at(Fraction(n))
        total += (ends.value(Fraction(n)) + 4 * ends.value(n + Fraction(1, 2)) + ends.value(Fraction(n + 1))) / 6
    assert made.position(made.last) == total


def test_held_speed_steps() -> None:
    made = TimeMap.from_speed_keys([(1, 2), (4, 1), (6, 0)], source_first=10, interpolation="hold")
    assert [made.position(n) for n in made.frames] == [10, 12, 14, 16, 17, 18]


def test_speeds_are_the_differences_of_positions() -> None:
    made = TimeMap.from_keys(RAMP)
    assert (made.speed_before(1041), made.speed_after(1041), made.speed(1041)) == (1, Fraction(1, 4), Fraction(5, 8))
    assert made.speed(1090) == 0
    assert made.speed(1120) == Fraction(-1, 2)
    assert made.speed(1001) == 1
    assert made.speed(1141) == Fraction(-1, 2)
    assert TimeMap.from_keys({5: 9}).speed(5) == 0


def test_maps_are_equal_where_their_positions_are() -> None:
    line = TimeMap.constant(0.5, first=1001, last=1010)
    keyed = TimeMap.from_keys({1001: 1001, 1019: 1010})
    assert line == keyed
    assert hash(line) == hash(keyed)
    assert line != TimeMap.from_keys({1001: 1001, 1018: 1010})
    assert line != TimeMap.from_keys({1001: 1001, 1019: 1011})
    assert line != "a map"
    assert repr(line) == "TimeMap(output 1001-1019 shows source 1001 to 1010, 19 frames)"


@pytest.mark.parametrize("speed", [0, 0.0, "0", "0%", float("nan"), float("inf"), "nan", "fast", "-inf", "%", None])
def test_a_speed_that_is_none_is_refused_with_advice(speed: object) -> None:
    with pytest.raises(TimeMapError, match=r"for a freeze give keys|finite number"):
        TimeMap.constant(speed, first=1, last=10)  # type: ignore[arg-type]


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(TimeMapError, match="from 10 to 1"):
        TimeMap.constant(1, first=10, last=1)
    with pytest.raises(TimeMapError, match="frame rate of 0"):
        TimeMap.from_rates(0, 24, first=1, last=2)
    with pytest.raises(TimeMapError, match="length of 0"):
        TimeMap.from_length(0, first=1, last=2)
    with pytest.raises(TimeMapError, match="at least one key"):
        TimeMap.from_keys({})
    with pytest.raises(TimeMapError, match="output frame 5 has two keys"):
        TimeMap.from_keys([(5, 1), (5, 2)])
    with pytest.raises(TimeMapError, match="must rise: 4 comes after 5"):
        TimeMap.from_keys([(5, 1), (4, 2)])
    with pytest.raises(TimeMapError, match="finite number"):
        TimeMap.from_keys({5: float("nan")})
    with pytest.raises(TimeMapError, match="no whole frame"):
        TimeMap.from_keys([("1/3", 1), ("2/3", 2)])
    with pytest.raises(TimeMapError, match="use linear, smooth or hold"):
        TimeMap.from_keys([(1, 1, "bezier")])  # type: ignore[list-item]
    with pytest.raises(TimeMapError, match="a key is"):
        TimeMap.from_keys([(1,)])  # type: ignore[list-item]


def test_keys_between_frames_and_unsorted_mappings_are_taken() -> None:
    made = TimeMap.from_keys({"7/2": 7, 0.5: 1})
    assert made.output_range == (1, 3)
    assert [made.position(n) for n in made.frames] == [2, 4, 6]


def test_sampled_positions_are_shown_exactly_from_the_frame_that_is_named_first() -> None:
    sampled = ["1001", "1001.5", "3005/3", 0.1, 1003, -2]
    found = TimeMap.from_positions(sampled, start=-2)
    assert found.output_range == (-2, 3)
    assert [found.position(n) for n in found.frames] == [
        1001,
        Fraction("1001.5"),
        Fraction(3005, 3),
        Fraction(1, 10),
        1003,
        -2,
    ]
    assert TimeMap.from_positions([1001], start=7).output_range == (7, 7)
    for wrong in ([], ["one"], [float("nan")]):
        with pytest.raises(TimeMapError):
            TimeMap.from_positions(wrong, start=1)
