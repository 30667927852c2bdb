"""How far along a training is, and how fast it learns there."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from vfi_plugin.errors import UsageError
from vfi_plugin.train.schedule import Plan, rate_factor


def test_the_rate_falls_from_one_to_nothing_by_half_a_cosine() -> None:
    shares = [rate_factor(step / 100, 1000, 0) for step in range(101)]
    assert shares[0] == 1.0
    assert shares[50] == pytest.approx(0.5)
    assert shares[25] == pytest.approx(0.5 + 0.25 * math.sqrt(2))
    assert shares[100] == pytest.approx(0.0, abs=1e-12)
    assert all(later < earlier for earlier, later in pairwise(shares))


def test_the_warm_up_is_straight_and_ends_at_the_whole_rate() -> None:
    assert [rate_factor(0.0, step, 4) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_progress_is_the_larger_share_and_never_more_than_all() -> None:
    assert Plan(steps=200).progress(50, 1e6) == 0.25
    assert Plan(minutes=2).progress(10**6, 30.0) == 0.25
    both = Plan(steps=100, minutes=1)
    assert both.progress(10, 30.0) == 0.5
    assert both.progress(80, 30.0) == 0.8
    assert both.progress(80, 90.0) == 1.0


def test_a_larger_plan_puts_what_was_done_where_it_would_have_been_all_along() -> None:
    assert Plan(minutes=20).progress(0, 20 * 60.0) == 1.0
    assert Plan(minutes=40).progress(0, 20 * 60.0) == 0.5


@pytest.mark.parametrize(
    "wrong", [{}, {"steps": 0}, {"minutes": -1.0}, {"minutes": math.inf}, {"steps": 5, "minutes": 0}]
)
def test_a_plan_needs_an_end(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="how long to train; give --steps N or --minutes N"):
        Plan(**wrong)


def test_a_plan_is_told_in_words() -> None:
    assert str(Plan(steps=5)) == "5 steps"
    assert str(Plan(steps=5, minutes=2.5)) == "5 steps or 2.5 minutes"
