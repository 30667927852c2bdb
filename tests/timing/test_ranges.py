from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.timing import format_range, parse_range


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("3", (3,)),
        ("-3", (-3,)),
        ("1 3 4 8", (1, 3, 4, 8)),
        ("1-10", tuple(range(1, 11))),
        ("-3-4", tuple(range(-3, 5))),
        ("-8--5", (-8, -7, -6, -5)),
        ("1-10x2", (1, 3, 5, 7, 9)),
        ("1-10x3", (1, 4, 7, 10)),
        ("1-4x1 8-10x1 12-14x1", (1, 2, 3, 4, 8, 9, 10, 12, 13, 14)),
        ("1,3, 4-6", (1, 3, 4, 5, 6)),
        ("1-100:25", (1, 26, 51, 76)),
        ("8 1-3 2", (1, 2, 3, 8)),
    ],
)
def test_the_forms_that_nuke_and_openjd_know(text: str, frames: tuple[int, ...]) -> None:
    assert parse_range(text) == frames


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (range(1001, 1020), "1001-1019"),
        ((1, 4, 7, 10), "1-10x3"),
        ((1, 3), "1 3"),
        ((5, 6), "5-6"),
        ((-8, -7, -6, 2), "-8--6 2"),
        ((3, 1, 2, 2), "1-3"),
        ((), ""),
    ],
)
def test_frames_are_written_shortly(numbers: range | tuple[int, ...], text: str) -> None:
    assert format_range(numbers) == text


@given(st.sets(st.integers(-3000, 3000), min_size=1))
def test_written_frames_are_read_back(numbers: set[int]) -> None:
    assert parse_range(format_range(numbers)) == tuple(sorted(numbers))


@pytest.mark.parametrize(
    "text",
    ["", "  ,", "a", "1-", "1-5x", "1-5x0", "10-1", "1.5", "1-5x-1", "1--", "1x2", "٣", "1-99999999999", "1 - 5"],
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected ranges such as|write|shorter") as caught:
        parse_range(text)
    assert "\n" not in str(caught.value)
