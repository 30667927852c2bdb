"""All kinds at once: one kind a frame, no neighbour drawn in, the same from stored numbers and from chunks."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
from moving_textures import (
    FIRST,
    defocused,
    found,
    grain,
    look_of,
    pan,
    places,
    series_of,
    times,
    unreadable,
    with_changes,
)

from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.frame_faults import judged, measure, measure_pair


def half_random(frame):
    frame[90:] = np.random.default_rng(3).random(frame[90:].shape, np.float32)
    return frame


def ruined_clip():
    """A frame of each kind, four apart."""
    frames = with_changes(
        pan(33, speed=2), {4: defocused(3), 8: times(1.8), 12: half_random, 16: lambda frame: frame * 0}
    )
    frames[20][40:140, 80:200] = frames[19][40:140, 80:200]
    looks = [look_of(FIRST + place, frame + grain(place)) for place, frame in enumerate(frames)]
    looks[24] = look_of(FIRST + 24, np.zeros_like(frames[0]), non_finite=7)
    looks[28] = unreadable(FIRST + 28)
    return looks


@cache
def ruined_series():
    return series_of(ruined_clip())


EXPECTED = {
    Kind.BLURRED: (4,),
    Kind.FLASH: (8,),
    Kind.TORN: (12,),
    Kind.BLACK: (16,),
    Kind.FROZEN: (20,),
    Kind.NOT_FINITE: (24,),
    Kind.UNREADABLE: (28,),
}


def test_each_fault_is_found_under_its_name_and_nothing_beside_it():
    told = judged(*ruined_series()).findings
    assert places(told) == EXPECTED
    assert [finding.frames for finding in told] == sorted(finding.frames for finding in told)
    assert all(finding.score >= 1 for finding in told)


def test_counts_of_bad_values_are_told():
    told = judged(*ruined_series()).findings
    assert next(finding.why for finding in told if finding.kind is Kind.NOT_FINITE).startswith("7 NaN or infinite")


def test_faults_side_by_side_keep_their_kinds():
    frames = with_changes(pan(15), {6: lambda frame: frame * 0, 7: defocused(4)})
    kinds = found(frames)
    assert kinds[Kind.BLACK] == (6,) or kinds == {Kind.BLURRED: (7,)}


def test_numbers_survive_json():
    numbers, measures, pairs, *rest = ruined_series()
    stored = json.loads(json.dumps([measures, pairs], allow_nan=False))
    assert judged(numbers, *stored, *rest).findings == judged(numbers, measures, pairs, *rest).findings


def test_chunks_give_what_the_whole_gives():
    whole = places(judged(*ruined_series()).findings)
    inner = range(12, 17)
    window = slice(0, 33 - 4)
    part = places(judged(*(each[window] for each in ruined_series())).findings)
    assert {kind: at for kind, at in part.items() if at[0] in inner} == {
        kind: at for kind, at in whole.items() if at[0] in inner
    }


def test_scores_are_near_one_only_where_there_is_a_fault():
    told = judged(*series_of(with_changes(pan(), {4: defocused(3), 8: times(1.8)}))).scores
    blurred, flash = told[Kind.BLURRED], told[Kind.FLASH]
    assert blurred[4] >= 1
    assert flash[8] >= 1
    assert blurred[8] is None  # it has another fault
    assert all(score < 0.5 for place, score in enumerate(blurred) if place not in (4, 8))
    assert all(score is None or score < 0.5 for place, score in enumerate(flash) if place != 8)


def test_nothing_is_compared_across_a_cut():
    frames = [*pan(7), *[defocused(4)(frame) for frame in pan(1, seed=1)], *pan(7)]
    assert Kind.BLURRED not in found(frames, [0] * 7 + [1] + [2] * 7)


def test_of_frames_that_cannot_be_compared_little_is_kept():
    bad, good = unreadable(1), look_of(2, pan(1)[0])
    assert measure(bad) == {"unreadable": 1.0, "non_finite": 0.0}
    assert measure_pair(bad, good) == {}
    assert measure_pair(look_of(1, pan(1)[0][:100]), good) == {}


def test_a_clip_of_one_frame_and_of_tiny_frames_has_no_fault():
    assert found(pan(1)) == {}
    assert found([frame[:40, :40] for frame in pan(5)]) == {}
