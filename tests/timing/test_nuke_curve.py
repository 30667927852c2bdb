from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from vfi_plugin.errors import TimeMapError
from vfi_plugin.timing import TimeMap, nuke_curve
from vfi_plugin.timing.curve import RangedCurve


def positions(text: str) -> list[Fraction]:
    curve, first, last = nuke_curve.parse(text)
    return [curve.value(n) for n in range(first, last + 1)]


@pytest.mark.parametrize(
    "wrapped", ["{{curve L x1 1 x5 3}}", "{curve L x1 1 x5 3}", "curve L x1 1 x5 3", " {curve L x1 1 5 x5 3}"]
)
def test_braces_do_not_matter(wrapped: str) -> None:
    if " 5 x5" in wrapped:
        assert positions(wrapped)[:2] == [1, 5]
    else:
        assert positions(wrapped) == [1, Fraction(3, 2), 2, Fraction(5, 2), 3]


def test_a_value_without_x_repeats_the_last_step() -> None:
    assert positions("{curve K x1001 5 6 7 9}") == [5, 6, 7, 9]
    assert positions("{curve L 5 6 7}") == [5, 6, 7]
    assert positions("{curve L x1 1 x3 5 9}") == [1, 3, 5, 7, 9]


def test_a_letter_counts_until_the_next_one() -> None:
    assert positions("{curve L x1 1 x3 3 K x4 9 x6 1 L x7 2 x9 6}") == [1, 2, 3, 9, 9, 1, 2, 4, 6]


def test_keys_without_a_letter_are_smooth() -> None:
    keys = {1: 1, 11: 6, 21: 31, 31: 31}
    made = TimeMap(*nuke_curve.parse("{curve x1 1 x11 6 x21 31 x31 31}"))
    assert made == TimeMap.from_keys(keys, interpolation="smooth")
    assert made != TimeMap.from_keys(keys)
    assert made == TimeMap(*nuke_curve.parse("{curve S x1 1 x11 6 x21 31 x31 31}"))


def test_slopes_by_hand_give_the_hermite_cubic() -> None:
    values = positions("{curve x0 0 s0 x10 10 s0}")
    for n, value in enumerate(values):
        u = Fraction(n, 10)
        assert value == 10 * (3 * u**2 - 2 * u**3)
    # s alone is for both sides; t is for the right one.
    assert positions("{curve L x0 0 x4 4 s0 t1 x8 8}")[4:] == positions("{curve L x4 4 x8 8}")
    assert positions("{curve L x0 0 x4 4 s0 x8 8}")[5] != 5


def test_catmull_rom_keys_are_not_clamped() -> None:
    curve = nuke_curve.parse("{curve R x0 0 x10 1 x20 100 x30 101}").curve
    assert curve.segments[1].slope(Fraction(10)) == 5


def test_handles_of_the_usual_length_change_nothing_and_others_give_a_bezier() -> None:
    plain = positions("{curve x0 0 s0 x10 10 s0}")
    assert positions("{curve x0 0 s0 u1 v1 x10 10 s0 u1 v1}") == plain
    eased = positions("{curve x0 0 s0 v2 x10 10 s0 u2}")
    # By hand: control points x 0, 20/3, 10/3, 10 and y 0, 0, 10, 10 are symmetric, so the middle is the middle.
    assert eased[5] == 5
    u = 0.25
    x = 3 * (20 / 3) * (1 - u) ** 2 * u + 3 * (10 / 3) * (1 - u) * u * u + 10 * u**3
    y = 3 * 10 * (1 - u) * u * u + 10 * u**3
    assert x == pytest.approx(3.4375)
    below, above = eased[3], eased[4]
    assert below < y < above
    assert all(a <= b for a, b in pairwise(eased))
    assert eased == [Fraction(round(value * 10**9), 10**9) for value in eased]


def test_the_letters_k_and_l_say_how_the_ends_go_on() -> None:
    assert nuke_curve.parse("{curve l L x1 1 x3 5}").curve.value(5) == 9
    assert nuke_curve.parse("{curve l L x1 1 x3 5}").curve.value(0) == -1
    assert nuke_curve.parse("{curve k L x1 1 x3 5}").curve.value(5) == 5
    assert nuke_curve.parse("{curve L x1 1 x3 5}").curve.value(0) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{curve}", "has no keys"),
        ("{{curve i}}", "has no keys"),
        ("{frame/2}", "'frame/2' is not a curve of keys.*bake expressions"),
        ("{curve C x1 1 x2 2}", r"key type C \(cubic\) is not read"),
        ("{curve x1 1 foo 2}", "'foo' in a curve is not understood"),
        ("{curve x1 1 s0 xnan 2}", "'xnan' in a curve: 'nan' is not a finite number"),
        ("{curve s1 x1 1}", "'s1' in a curve is not understood"),
        ("{curve x5 1 x1 2}", "must rise: 1 comes after 5"),
        ("{curve x5 1 x5 2}", "output frame 5 has two keys"),
        ("{curve x1 1 v4 x9 2}", "a handle of 4 is outside 0 to 3"),
        ("", "'' is not a curve"),
    ],
)
def test_what_is_not_understood_is_named(text: str, message: str) -> None:
    with pytest.raises(TimeMapError, match=message):
        nuke_curve.parse(text)


def text_of(made: TimeMap) -> str:
    return nuke_curve.text(RangedCurve(made.curve, made.first, made.last))


def test_lines_and_holds_are_written_as_keys_with_letters() -> None:
    assert text_of(TimeMap.constant(0.5, first=1001, last=1010)) == "curve L x1001 1001 x1019 1010"
    held = TimeMap.from_keys([(1, 1), (3, 5, "hold"), (6, 7), (8, 9)])
    assert text_of(held) == "curve L x1 1 K x3 5 L x6 7 x8 9"


def test_smooth_keys_are_written_with_their_slopes() -> None:
    made = TimeMap.from_keys({0: 0, 10: 10, 20: 10}, interpolation="smooth")
    assert text_of(made) == "curve S x0 0 s0 t1.5 x10 10 s0 t0 x20 10 s0 t0"


def test_what_keys_cannot_say_is_written_frame_by_frame() -> None:
    speed = {1: 0, 3: 1, 5: 0}
    made = TimeMap.from_speed_keys(speed, source_first=1, interpolation="smooth")
    assert text_of(made).startswith("curve K x1 1 x2 ")
    assert text_of(made).count("x") == 5
