"""What replaces what: exact positions, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.repair.bad_frames import BadFrames, Drop
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.options import RepairPolicy
from vfi_plugin.repair.plan import RepairPlan
from vfi_plugin.repair.planning import Making, build_repair_plan


def duplicates(*numbers: int) -> BadFrames:
    return BadFrames(dict.fromkeys(numbers, Kind.DUPLICATE))


def planned(bad: BadFrames, there: range | list[int], **policy: object) -> RepairPlan:
    return build_repair_plan(bad, list(there), RepairPolicy(**policy))  # type: ignore[arg-type]


def shown(plan: RepairPlan, pictures: dict[int, Fraction | int]) -> list[Fraction]:
    """The moment that each frame of the repaired clip shows, where file n of the source shows ``pictures[n]``."""
    moments = {number: Fraction(pictures[origin]) for number, origin in plan.kept.items()}
    for number, change in plan.changes.items():
        earlier, later = pictures[change.output.earlier], pictures[change.output.later]
        moments[number] = earlier + change.output.t * (later - earlier)
    return [moments[number] for number in sorted(moments)]


def steps(moments: list[Fraction]) -> set[Fraction]:
    return {after - before for before, after in pairwise(moments)}


@given(st.sets(st.integers(1, 40), max_size=25), st.sets(st.integers(2, 40), max_size=3))
def test_every_frame_is_shown_in_its_place_from_good_frames_of_its_shot(bad: set[int], cuts: set[int]) -> None:
    there = range(1, 41)
    shot = [sum(cut <= number for cut in cuts) for number in range(41)]
    if any(all(n in bad for n in there if shot[n] == own) for own in set(shot[1:])):
        return  # a shot without a good frame is refused; see below
    plan = planned(BadFrames(dict.fromkeys(bad, Kind.BLACK), cuts=tuple(sorted(cuts))), there, force=True)
    assert set(plan.changes) == bad
    assert plan.kept == {number: number for number in there if number not in bad}
    for number, change in plan.changes.items():
        used = {change.output.earlier, change.output.later}
        assert not used & bad
        assert {shot[n] for n in used} == {shot[number]}
        if not change.output.is_copy:
            assert change.output.position == number
            assert change.output.earlier + change.output.t * (change.output.later - change.output.earlier) == number
            assert -1 <= change.output.t <= 2


def test_a_copy_in_the_place_of_a_lost_frame_is_filled_from_both_sides() -> None:
    plan = planned(duplicates(1005, 1010), range(1001, 1021))
    pictures = {n: n - (n % 5 == 0) for n in range(1001, 1021)}
    assert sorted(plan.changes) == [1005, 1010]
    assert steps(shown(plan, pictures)[:14]) == {1}


@pytest.mark.parametrize("hold", [2, 3])
def test_both_policies_space_a_hold_evenly_and_lie_half_a_hold_apart(hold: int) -> None:
    there = range(1, 6 * hold + 1)
    repeats = duplicates(*(n for n in there if (n - 1) % hold))
    pictures = {n: (n - 1) // hold for n in there}
    moments = {policy: shown(planned(repeats, there, policy=policy), pictures) for policy in ("first", "centre")}
    assert steps(moments["first"]) == steps(moments["centre"]) == {Fraction(1, hold)}
    assert moments["first"][0] - moments["centre"][0] == Fraction(1, 2)  # of a hold, as each shows one picture


def test_beside_pictures_that_are_shown_once_the_middle_of_an_odd_hold_stays_the_file_it_is() -> None:
    plan = planned(duplicates(2, 3, 5, 6), range(1, 9), policy="centre")
    assert plan.kept == {2: 2, 5: 5, 7: 7, 8: 8}


def test_repeats_that_are_removed_leave_no_gap_in_the_numbers() -> None:
    there = range(1001, 1121)
    plan = planned(duplicates(*range(1005, 1121, 5)), there, duplicates="remove")
    assert plan.numbers == tuple(range(1001, 1097))
    assert not plan.changes
    pictures = {n: n - (n - 1001 + 1) // 5 for n in there}
    assert steps(shown(plan, pictures)) == {1}
    assert plan.removed == tuple(range(1005, 1121, 5))


def test_repeats_that_are_left_stay_and_are_never_made_from() -> None:
    bad = BadFrames({5: Kind.DUPLICATE, 6: Kind.BLACK})
    plan = planned(bad, range(1, 10), duplicates="hold")
    assert plan.kept[5] == 5
    assert (plan.changes[6].output.earlier, plan.changes[6].output.later) == (4, 7)
    assert plan.changes[6].output.t == Fraction(2, 3)


@pytest.mark.parametrize("lost", [1, 2])
def test_lost_frames_are_inserted_and_what_follows_is_renumbered(lost: int) -> None:
    plan = planned(BadFrames(drops=(Drop(1030, lost),)), range(1001, 1061), drops="insert")
    assert plan.numbers == tuple(range(1001, 1061 + lost))
    assert sorted(plan.changes) == list(range(1030, 1030 + lost))
    assert plan.kept[1030 + lost] == 1030
    pictures = {n: n + lost * (n >= 1030) for n in range(1001, 1061)}
    assert steps(shown(plan, pictures)) == {1}


@given(st.integers(3, 58), st.integers(1, 3), st.integers(1, 60))
def test_a_drop_that_is_spread_keeps_length_and_ends_and_has_no_jump(before: int, lost: int, cut: int) -> None:
    """Two stretches of the clip, each at an even speed below twice the old one, but where a shot is too short."""
    there = range(1, 61)
    if before == cut:
        return  # nothing is lost at a cut
    plan = planned(BadFrames(drops=(Drop(before, lost),), cuts=(cut,)), there, force=True)
    moments = shown(plan, {n: n + lost * (n >= before) for n in there})
    assert plan.numbers == tuple(there)
    moved = sorted(plan.changes)
    assert moved == list(range(moved[0], moved[-1] + 1)) if moved else True
    if moved:
        left, right = moved[0] - 2, moved[-1]
        assert len(steps(moments[left : right + 1])) == 1
        assert len(moved) <= 8 * lost
    in_shot = [n for n in there if (n >= cut) == (before >= cut)]
    assert moments[in_shot[0] - 1] == in_shot[0] + lost * (in_shot[0] >= before)
    assert moments[in_shot[-1] - 1] == in_shot[-1] + lost * (in_shot[-1] >= before)


def test_a_spread_drop_is_nine_steps_of_a_ninth_more_and_says_so() -> None:
    plan = planned(BadFrames(drops=(Drop(1030, 1),)), range(1001, 1061))
    moments = shown(plan, {n: n + (n >= 1030) for n in range(1001, 1061)})
    assert steps(moments) == {1, Fraction(10, 9)}
    assert sorted(plan.changes) == list(range(1026, 1034))
    assert "spread over 8 frames" in plan.changes[1026].how


def test_a_drop_where_a_shot_ends_is_left_and_that_is_said() -> None:
    plan = planned(BadFrames(drops=(Drop(1030, 1),), cuts=(1030,)), range(1001, 1061))
    assert not plan.changes
    assert "drop before 1030 is left" in " ".join(plan.notes)


@pytest.mark.parametrize("drops", ["spread", "insert"])
def test_more_lost_frames_than_are_made_are_refused(drops: str) -> None:
    with pytest.raises(UsageError, match="lost before 1030: 9 frames"):
        planned(BadFrames(drops=(Drop(1030, 9),)), range(1001, 1061), drops=drops)


def test_two_drops_side_by_side_are_both_spread() -> None:
    plan = planned(BadFrames(drops=(Drop(20, 1), Drop(22, 1))), range(1, 41))
    moments = shown(plan, {n: n + (n >= 20) + (n >= 22) for n in range(1, 41)})
    assert moments[0] == 1
    assert moments[-1] == 42
    assert max(steps(moments)) < 2


def test_a_run_that_is_too_long_is_named_and_made_only_by_force() -> None:
    bad = BadFrames(dict.fromkeys(range(1015, 1022), None))
    with pytest.raises(UsageError, match=r"1015-1021: 7 frames .*--force"):
        planned(bad, range(1001, 1061))
    assert len(planned(bad, range(1001, 1061), force=True).changes) == 7
    assert len(planned(bad, range(1001, 1061), max_gap=7).changes) == 7


def test_a_long_run_at_an_end_is_refused_as_well() -> None:
    with pytest.raises(UsageError, match="1054-1060: 7 frames"):
        planned(BadFrames(dict.fromkeys(range(1054, 1061), None)), range(1001, 1061))


def test_holes_that_nobody_listed_count_as_frames_without_a_good_one_and_stay_holes() -> None:
    there = [n for n in range(1, 31) if not 10 <= n <= 12]
    plan = planned(BadFrames({13: None}), there)
    assert (plan.changes[13].output.earlier, plan.changes[13].output.later) == (9, 14)
    assert plan.numbers == tuple(there)
    assert "10-12" in " ".join(plan.notes)


def test_the_first_frame_is_carried_back_from_the_two_after_it() -> None:
    change = planned(BadFrames({1001: Kind.TORN}), range(1001, 1011)).changes[1001]
    assert (change.output.earlier, change.output.later, change.output.t) == (1002, 1003, -1)
    assert str(change).startswith("1001 torn: extrapolated from 1002 and 1003, 1 before")


def test_a_run_at_an_end_moves_as_one_by_a_pair_as_far_apart() -> None:
    changes = planned(BadFrames(dict.fromkeys((8, 9, 10), Kind.BLACK)), range(1, 11)).changes
    assert {(c.output.earlier, c.output.later) for c in changes.values()} == {(4, 7)}
    assert [changes[n].output.t for n in (8, 9, 10)] == [Fraction(4, 3), Fraction(5, 3), 2]


def test_what_cannot_be_carried_on_is_held_and_says_so() -> None:
    changes = planned(BadFrames({1: None, 3: None}, cuts=(3, 5)), range(1, 11)).changes
    assert (changes[1].output.earlier, changes[1].output.is_copy) == (2, True)
    assert "cannot, hold: copy of 2; it is the only good frame of its shot" in str(changes[1])
    assert "cannot, hold: copy of 4" in str(changes[3])
    short = planned(BadFrames(dict.fromkeys((3, 4, 5), None)), range(1, 6)).changes
    assert all("cannot, hold: copy of 2; motion is seen over 1 frame" in str(change) for change in short.values())


def test_ends_are_held_on_request_and_where_nothing_is_moved() -> None:
    bad = BadFrames({10: None})
    assert "held: copy of 9" in planned(bad, range(1, 11), ends="hold").changes[10].how
    blend = build_repair_plan(bad, range(1, 11), RepairPolicy(), Making("blend"))
    assert "method blend" in blend.changes[10].how


def test_the_nearest_frame_is_copied_by_the_method_that_takes_one() -> None:
    plan = build_repair_plan(BadFrames(dict.fromkeys((4, 5, 6), None)), range(1, 11), RepairPolicy(), Making("frame"))
    assert [plan.changes[n].output.earlier for n in (4, 5, 6)] == [3, 3, 7]


def test_a_shot_without_a_good_frame_is_refused() -> None:
    with pytest.raises(UsageError, match="5-6 are a shot without a good frame"):
        planned(BadFrames({5: None, 6: None}, cuts=(5, 7)), range(1, 11))


def test_frames_far_outside_the_clip_are_a_slip_and_frames_next_to_it_are_missing() -> None:
    with pytest.raises(UsageError, match="10015"):
        planned(BadFrames({10015: None}), range(1001, 1061))
    assert planned(BadFrames({1061: Kind.MISSING}), range(1001, 1061)).numbers[-1] == 1061
    with pytest.raises(UsageError, match="drop"):
        planned(BadFrames(drops=(Drop(2000, 1),)), range(1001, 1061))


def test_blurred_frames_alone_are_mixed_with_what_they_were() -> None:
    bad = BadFrames({5: Kind.BLURRED, 8: Kind.BLACK, 11: None, 14: Kind.MISSING})
    there = [n for n in range(1, 21) if n != 14]
    plan = build_repair_plan(bad, there, RepairPolicy(), Making(strength=0.4))
    assert {n for n, change in plan.changes.items() if change.mixes} == {5, 11}
    assert "40%" in plan.changes[5].how
