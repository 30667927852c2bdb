"""The labelled clips that scans are measured on: what a label says is so in the pixels, and nothing else is wrong."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import defect_clips
import defect_shots
import material
import numpy as np
import pytest
from defect_clips import DefectClip, Finish, with_defects
from defect_makers import MAKERS
from defect_plan import FIRST, Label
from defect_shots import Shot

from vfi_plugin.repair.finding import Kind

FRAMES = 30
CLEAN = Finish()
VELOCITY = (3.0, -1.5)
MEASURED_PX = 0.25  # what a phase correlation is good for, while content comes in at the edges


@cache
def pan() -> Shot:
    """A texture that moves by VELOCITY a frame; its pictures are kept, as many clips are made of it."""
    random = np.random.default_rng(5)
    moving = defect_shots._plain(random, lambda time: (VELOCITY[0] * time, VELOCITY[1] * time))
    return Shot("pan", cache(moving), FRAMES)


@cache
def clip_with(kind: Kind, seed: int = 1, finish: Finish = CLEAN) -> DefectClip:
    return with_defects(pan(), seed, [kind], finish)


def label_of(clip: DefectClip) -> Label:
    (label,) = clip.plan.labels
    return label


def clip_with_repeats(in_the_place: bool, finish: Finish = CLEAN) -> DefectClip:
    """Of the first seed that draws them so."""
    clips = (clip_with(Kind.DUPLICATE, seed, finish) for seed in range(20))
    return next(clip for clip in clips if ("in the place" in label_of(clip).how) == in_the_place)


def rms(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(first.astype(np.float64) - second))))


def step(clip: DefectClip, number: int) -> tuple[float, float]:
    """How far the picture moves from the frame before, by phase correlation."""
    before, after = (clip.picture(each)[..., 1].astype(np.float64) for each in (number - 1, number))
    window = cv2.createHanningWindow(before.shape[::-1], cv2.CV_64F)
    (x, y), _ = cv2.phaseCorrelate(before - before.mean(), after - after.mean(), window)
    return x, y


@pytest.mark.parametrize("kind", list(MAKERS))
def test_a_defect_of_each_kind_is_made_and_must_be_found(kind: Kind) -> None:
    label = label_of(clip_with(kind))
    assert (label.kind, label.plain) == (kind, True)
    assert label.frames == tuple(range(label.frames[0], label.frames[-1] + 1))
    assert bool(label.lost) == (kind is Kind.DROPPED)


@pytest.mark.parametrize("kind", list(MAKERS))
def test_frames_without_a_label_are_those_of_the_shot(kind: Kind) -> None:
    clip = clip_with(kind)
    wrong = {*label_of(clip).frames, *(number for _, number in clip.plan.allowed)}
    if kind is Kind.DROPPED:
        wrong = set()
    for number in set(clip.numbers) - wrong:
        assert np.array_equal(clip.picture(number), pan().picture(float(clip.plan.slots[number - FIRST].time)))


def test_a_repeat_is_the_frame_before_it_and_grain_of_its_own() -> None:
    grain = 0.006
    clip = clip_with_repeats(True, Finish(grain=grain))
    for number in label_of(clip).frames:
        differ = rms(*(defect_clips.compared(clip.picture(each)) for each in (number - 1, number)))
        assert differ == pytest.approx(grain * 2**0.5, rel=0.02)  # two independent ones
    plain = clip_with_repeats(True)
    for number in label_of(plain).frames:
        assert np.array_equal(plain.picture(number), plain.picture(number - 1))


@pytest.mark.parametrize("in_the_place", [True, False])
def test_after_repeats_the_picture_has_gone_on_where_they_stand_for_lost_frames(in_the_place: bool) -> None:
    clip = clip_with_repeats(in_the_place)
    frames = label_of(clip).frames
    after = step(clip, frames[-1] + 1)
    steps = len(frames) + 1 if in_the_place else 1
    assert after == pytest.approx((VELOCITY[0] * steps, VELOCITY[1] * steps), abs=MEASURED_PX)
    assert len(clip.plan.slots) == FRAMES + (0 if in_the_place else len(frames))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_drop_the_picture_goes_as_many_steps_more_as_frames_are_lost(seed: int) -> None:
    clip = clip_with(Kind.DROPPED, seed)
    label = label_of(clip)
    assert label.frames[1] == label.frames[0] + 1
    over = step(clip, label.frames[1])
    assert over == pytest.approx([(1 + label.lost) * each for each in VELOCITY], abs=MEASURED_PX)
    for number in (label.frames[0], label.frames[1] + 1):
        assert step(clip, number) == pytest.approx(VELOCITY, abs=MEASURED_PX)
    assert len(clip.plan.slots) == FRAMES - label.lost


def detail(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=0)).mean())


def test_a_blurred_frame_has_lost_detail_but_no_light() -> None:
    clip = clip_with(Kind.BLURRED)
    for number in label_of(clip).frames:
        picture, truth = clip.picture(number), clip.truth(number)
        assert detail(picture) < 0.8 * detail(truth)
        assert picture.mean() == pytest.approx(truth.mean(), rel=0.01)


def test_a_slow_blur_reaches_its_height_in_the_middle_and_its_weak_ends_may_be_named_or_not() -> None:
    clips = (clip_with(Kind.BLURRED, seed) for seed in range(30))
    clip = next(clip for clip in clips if "slowly" in label_of(clip).how and clip.plan.allowed)
    frames = sorted({*label_of(clip).frames, *(number for _, number in clip.plan.allowed)})
    kept = [detail(clip.picture(number)) / detail(clip.truth(number)) for number in frames]
    middle = len(frames) // 2
    assert kept == sorted(kept[:middle], reverse=True) + sorted(kept[middle:])
    assert {kind for kind, _ in clip.plan.allowed} == {Kind.BLURRED}


def test_a_flash_is_all_light_times_one_gain() -> None:
    clip = clip_with(Kind.FLASH)
    gains = [clip.picture(number) / clip.truth(number) for number in label_of(clip).frames]
    assert np.ptp(gains) < 1e-3
    assert np.mean(gains) == pytest.approx(float(label_of(clip).how.split()[-1]), abs=0.006)


def test_a_black_frame_shows_one_level() -> None:
    clip = clip_with(Kind.BLACK)
    for number in label_of(clip).frames:
        assert np.ptp(clip.picture(number)) == 0
        assert clip.picture(number).max() < 0.01


def test_every_way_of_tearing_changes_a_part_and_leaves_a_part() -> None:
    seen = set()
    for seed in range(24):
        clip = clip_with(Kind.TORN, seed)
        (number,) = label_of(clip).frames
        same = (clip.picture(number) == clip.truth(number)).all(axis=(1, 2))
        assert 0.1 < same.mean() < 0.9, label_of(clip).how
        seen.add(label_of(clip).how)
    assert seen == {"garbage rows", "half of the frame before", "grey band", "garbage blocks"}


def test_a_frozen_part_stands_as_before_while_the_rest_goes_on() -> None:
    clip = clip_with(Kind.FROZEN)
    frames = label_of(clip).frames
    anchor = clip.picture(frames[0] - 1)
    stands = [(clip.picture(number) == anchor).all(axis=2) for number in frames]
    width, height = map(int, label_of(clip).how.removesuffix(" px").split(" x "))
    for where in stands:
        rows, columns = where.any(axis=1).nonzero()[0], where.any(axis=0).nonzero()[0]
        assert where[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].sum() >= width * height
        assert where.mean() < 0.5
    assert rms(clip.picture(frames[-1] + 1), clip.truth(frames[-1] + 1)) == 0


def test_files_are_there_whole_and_finite_but_for_those_that_labels_name(tmp_path: Path) -> None:
    kinds = [Kind.MISSING, Kind.NOT_FINITE, Kind.UNREADABLE]
    clip = with_defects(pan(), 1, kinds, CLEAN)
    wrong = {label.kind: set(label.frames) for label in clip.plan.labels}
    assert set(wrong) == set(kinds)
    pattern = clip.write(tmp_path)
    numbers = range(FIRST, FIRST + FRAMES)
    for number in numbers:
        path = Path(pattern.replace("####", f"{number:04d}"))
        assert path.exists() == (number not in wrong[Kind.MISSING])
        if not path.exists():
            continue
        if number in wrong[Kind.UNREADABLE]:
            with pytest.raises(Exception, match=r".+"):
                material.read_exr(path)
            continue
        channels = material.read_exr(path)[1]
        finite = all(np.isfinite(plane.astype(np.float32)).all() for plane in channels.values())
        assert finite == (number not in wrong[Kind.NOT_FINITE])
        assert {plane.dtype for plane in channels.values()} == {np.dtype(np.float16)}


def test_the_same_seed_gives_the_same_clip_and_another_one_another() -> None:
    first, again, other = (next(defect_clips.made_up_clips(range(seed, seed + 1))) for seed in (3, 3, 18))
    assert (first.plan.labels, first.finish) == (again.plan.labels, again.finish)
    assert np.array_equal(first.picture(1005), again.picture(1005))
    assert first.name == other.name  # kinds of shots take turns
    assert not np.array_equal(first.picture(1005), other.picture(1005))


def test_defects_keep_four_good_frames_between_them_and_out_of_what_is_rare_in_a_shot() -> None:
    shot = Shot("pan", pan().picture, FRAMES, busy=frozenset({15}))
    found = 0
    for seed in range(12):
        clip = with_defects(shot, seed, [Kind.FLASH, Kind.DUPLICATE, Kind.TORN], CLEAN)
        spans = [label.frames for label in clip.plan.labels]
        assert all(later[0] - earlier[-1] >= 5 for earlier, later in pairwise(spans))
        cut = next(FIRST + at for at, slot in enumerate(clip.plan.slots) if slot.time == 15)
        assert all(cut not in range(span[0] - 4, span[-1] + 5) for span in spans)
        found += len(spans)
    assert found >= 12


def test_in_a_still_picture_no_repeat_can_be_made_and_repeats_that_an_animator_meant_are_neither_right_nor_wrong() -> (
    None
):
    still = Shot("title", lambda time: pan().picture(0.0), FRAMES)
    assert not with_defects(still, 1, [Kind.DUPLICATE, Kind.FROZEN, Kind.DROPPED], CLEAN).plan.labels
    on_twos = Shot("twos", lambda time: pan().picture(float(time // 2 * 2)), FRAMES, held=True)
    clip = with_defects(on_twos, 1, [Kind.DUPLICATE], CLEAN)
    assert not clip.plan.labels
    assert clip.plan.allowed == {(Kind.DUPLICATE, number) for number in range(FIRST + 1, FIRST + FRAMES, 2)}


def test_a_lost_frame_in_a_motion_that_is_not_even_need_not_be_found() -> None:
    def shaken(time: float) -> np.ndarray:
        return pan().picture(float(min(time + 2 * (time % 2), FRAMES)))  # steps of 3 and -1

    labels = [
        with_defects(Shot("shaken", shaken, FRAMES), seed, [Kind.DROPPED], CLEAN).plan.labels for seed in range(4)
    ]
    assert any(labels)
    assert not any(label.plain for found in labels for label in found)


@pytest.mark.parametrize("kind", [Kind.TORN, Kind.FROZEN])
def test_a_part_need_not_be_found_where_next_to_none_of_its_pixels_differ(kind: Kind) -> None:
    def nearly_still(time: float) -> np.ndarray:
        picture = pan().picture(0.0).copy()
        picture[100:108, 150:158] = pan().picture(time)[:8, :8]  # 0.1 % of the frame
        return picture

    shot = Shot("nearly still", cache(nearly_still), FRAMES)
    labels = [label for seed in range(5) for label in with_defects(shot, seed, [kind], CLEAN).plan.labels]
    hidden = [label for label in labels if kind is Kind.FROZEN or label.how == "half of the frame before"]
    assert hidden
    assert not any(label.plain for label in hidden)


@pytest.mark.parametrize("make", defect_shots.MADE_UP, ids=lambda make: make.__name__)
def test_every_made_up_shot_is_light_above_nothing_and_has_the_size_it_says(make: object) -> None:
    shot = make(np.random.default_rng(7), 50)  # type: ignore[operator]
    pictures = [shot.picture(float(time)) for time in (0, 20, 45)]
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((180, 320, 3), "float32")}
    assert min(picture.min() for picture in pictures) >= 0
    assert shot.busy <= set(range(-10, 60))
