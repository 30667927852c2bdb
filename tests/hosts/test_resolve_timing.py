"""Which frames a clip shows, and which a retime makes of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from vfi_resolve.choices import BY_LENGTH, BY_SPEED, NEW_TRACK, TAKE, Fields, percent, read_choices
from vfi_resolve.errors import HostRefusedError, NothingToRetimeError, RetimeError, WrongInputError
from vfi_resolve.rates import parse_rate
from vfi_resolve.source_span import SourceSpan
from vfi_resolve.timeline_clip import TimelineClip, find_item, read_clip

from .fake_resolve_stage import Cut, Stage

NTSC = Fraction(24000, 1001)
SPAN = SourceSpan(10, Fraction(24), reverse=False, duration=24, step_at_normal_speed=Fraction(1))


def read(cut: Cut, off_by_one: int = 0) -> TimelineClip:
    stage = Stage(cut)
    stage.app.source_off_by_one = off_by_one
    return read_clip(stage.timeline, stage.item)


def fields(timing: str = BY_SPEED, speed: str = "100", length: str = "24", placement: str = NEW_TRACK) -> Fields:
    return Fields(timing, speed, length, "dis", placement, overwrite=False)


@pytest.mark.parametrize(
    ("written", "rate"),
    [("24", 24), (23.976, NTSC), ("23.98", NTSC), ("29.97 DF", Fraction(30000, 1001)), (25.0, 25), ("12.5", 12.5)],
)
def test_rates_are_exact_however_resolve_writes_them(written: object, rate: Fraction) -> None:
    assert parse_rate(written, "it") == rate


@pytest.mark.parametrize("written", ["", "0", "none", "-24"])
def test_what_is_no_rate_is_refused(written: str) -> None:
    with pytest.raises(HostRefusedError, match="frames a second"):
        parse_rate(written, "it")


@pytest.mark.parametrize(
    ("cut", "speed", "ends"),
    [
        (Cut(span=(10, 34), duration=24), 1, (10, 33)),
        (Cut(span=(10, 34), duration=48), Fraction(1, 2), (10, 33)),
        (Cut(span=(10, 58), duration=24), 2, (10, 57)),
        (Cut(span=(10, 34), duration=24, reverse=True), -1, (33, 10)),
        (Cut(span=(10, 34), duration=48, reverse=True), Fraction(-1, 2), (33, 10)),
        (Cut(span=(0, 50), duration=25, media_rate="50", timeline_rate="25"), 1, (0, 49)),
        (Cut(span=(0, 24), duration=24, media_rate="23.976", timeline_rate=23.976), 1, (0, 23)),
        (Cut(span=(0, 24), duration=30, media_rate="23.976", timeline_rate="29.97"), 1, (0, 23)),
    ],
)
def test_speed_and_frames_are_told_by_the_source_span(cut: Cut, speed: Fraction, ends: tuple[int, int]) -> None:
    span = read(cut).span
    assert (span.speed, span.ends) == (speed, ends)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_at_full_speed_a_start_that_is_one_off_is_put_right(off: int) -> None:
    span = read(Cut(span=(10, 34), duration=24), off).span
    assert (span.low, span.frames, span.speed) == (10, 24, 1)


@pytest.mark.parametrize(
    ("span", "said"), [((0, 0), "does not say which frames"), ((40, 40), "stands still"), ((90, 114), "media with 100")]
)
def test_a_span_that_cannot_be_is_refused(span: tuple[int, int], said: str) -> None:
    with pytest.raises(RetimeError, match=said):
        read(Cut(span=span))


def test_half_speed_doubles_the_length_and_keeps_what_is_shown() -> None:
    choices = read_choices(fields(speed="50%"), SPAN)
    assert choices.length == 48
    positions = choices.span.positions(choices.step, choices.length)
    assert positions == [10 + Fraction(n, 2) for n in range(48)]


def test_a_last_frame_of_which_only_a_part_would_be_is_left_out() -> None:
    assert read_choices(fields(speed="70"), SPAN).length == 34  # 34.29
    assert read_choices(fields(speed="10000"), SPAN).length == 1


def test_backwards_begins_with_the_last_frame() -> None:
    choices = read_choices(fields(speed="-100"), SPAN)
    assert choices.speed == -1
    assert choices.span.positions(choices.step, choices.length) == list(range(33, 9, -1))


def test_a_backward_clip_is_turned_by_a_positive_speed_and_kept_by_a_length() -> None:
    span = SourceSpan(10, Fraction(24), reverse=True, duration=24, step_at_normal_speed=Fraction(1))
    assert read_choices(fields(speed="100"), span).speed == 1
    assert read_choices(fields(BY_LENGTH, length="48"), span).speed == Fraction(-1, 2)


def test_a_length_is_filled_evenly_with_what_is_shown() -> None:
    choices = read_choices(fields(BY_LENGTH, length="36"), SPAN)
    assert (choices.length, choices.step, percent(choices.speed)) == (36, Fraction(2, 3), "66.6667")


def test_the_length_that_resolve_retimes_to_shows_the_same_source_frames_as_resolve() -> None:
    span = read(Cut(span=(10, 34), duration=48)).span
    choices = read_choices(fields(BY_LENGTH, length="48"), span)
    assert choices.span.positions(choices.step, 48)[::2] == list(range(10, 34))


@pytest.mark.parametrize("speed", ["", "fast", "0", "0.5", "20000", "1/0"])
def test_what_is_no_speed_is_refused_with_a_way_out(speed: str) -> None:
    with pytest.raises(WrongInputError, match="half speed"):
        read_choices(fields(speed=speed), SPAN)


@pytest.mark.parametrize("length", ["", "0", "-4", "4.5", "long"])
def test_what_is_no_length_is_refused(length: str) -> None:
    with pytest.raises(WrongInputError, match="number of frames"):
        read_choices(fields(BY_LENGTH, length=length), SPAN)


def test_a_take_of_another_length_than_its_clip_is_refused_before_anything_is_rendered() -> None:
    with pytest.raises(WrongInputError, match="24 frames, and this makes 48"):
        read_choices(fields(speed="50", placement=TAKE), SPAN)
    assert read_choices(fields(BY_LENGTH, length="24", placement=TAKE), SPAN).length == 24


def test_a_slip_of_the_pen_does_not_make_a_million_frames() -> None:
    with pytest.raises(WrongInputError, match="higher speed"):
        read_choices(fields(speed="1"), SourceSpan(0, Fraction(10_000), False, 10_000, Fraction(1)))


def test_a_selected_clip_goes_before_the_one_under_the_playhead() -> None:
    stage = Stage()
    other = Stage().item
    stage.timeline.put(1, other)
    stage.timeline.selected = [stage.item]
    assert find_item(stage.timeline) is stage.item


def test_older_versions_without_a_selection_take_the_clip_under_the_playhead() -> None:
    stage = Stage(version=(20, 3, 2))
    stage.timeline.selected = [stage.item]
    assert hasattr(stage.timeline, "GetSelectedClips")
    assert find_item(stage.timeline) is stage.item
    assert "Timeline.GetSelectedClips" not in stage.app.calls


def test_several_selected_clips_or_none_are_refused() -> None:
    stage = Stage()
    stage.timeline.selected = [stage.item, stage.item]
    with pytest.raises(NothingToRetimeError, match="2 clips are selected"):
        find_item(stage.timeline)
    stage.timeline.selected, stage.timeline.under_playhead = [], None
    with pytest.raises(NothingToRetimeError, match="select one"):
        find_item(stage.timeline)


def test_titles_and_compound_clips_are_refused() -> None:
    stage = Stage()
    stage.media.properties["File Path"] = ""
    with pytest.raises(NothingToRetimeError, match="has no file"):
        read_clip(stage.timeline, stage.item)
    stage.item.media = None
    with pytest.raises(NothingToRetimeError, match='"Title" has no file'):
        read_clip(stage.timeline, stage.item)
