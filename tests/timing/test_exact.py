from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.timing.exact import exact, number_from_text, text_from_number

fractions = st.fractions(max_denominator=10**7)


@given(fractions)
def test_decimal_text_gives_back_the_very_fraction(value: Fraction) -> None:
    assert number_from_text(text_from_number(value)) == value


@given(st.fractions(max_denominator=10**30))
def test_large_denominators_come_back_too(value: Fraction) -> None:
    assert number_from_text(text_from_number(value)) == value


@given(fractions)
def test_written_text_is_a_decimal_next_to_the_value(value: Fraction) -> None:
    text = text_from_number(value)
    assert "/" not in text
    assert "e" not in text
    assert abs(Fraction(text) - value) <= Fraction(1, 10**12)


@given(st.integers(1, 300), st.integers(-3000, 3000))
def test_a_float_of_a_ratio_is_that_ratio(denominator: int, numerator: int) -> None:
    assert exact(numerator / denominator) == Fraction(numerator, denominator)


@pytest.mark.parametrize(
    ("given_value", "meant"),
    [
        (0.1, Fraction(1, 10)),
        (1 / 3, Fraction(1, 3)),
        ("1/3", Fraction(1, 3)),
        ("1e-3", Fraction(1, 1000)),
        (1e-20, Fraction(1, 10**20)),
        (" -2.50 ", Fraction(-5, 2)),
        (".5", Fraction(1, 2)),
        (7, Fraction(7)),
        (np.float32(0.5), Fraction(1, 2)),
        (np.int64(3), Fraction(3)),
        ("0.12345678901", Fraction("0.12345678901")),
    ],
)
def test_numbers_are_taken_by_their_text(given_value: object, meant: Fraction) -> None:
    assert exact(given_value) == meant  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1/0", "1/00", "", "abc", "1_000", "1e999999999", "٣", "1" * 500, "1/2/3"]
)
def test_text_that_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        number_from_text(text)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="not a number"):
        exact(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite"):
        exact(float("inf"))
