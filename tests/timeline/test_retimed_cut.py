"""One cut with everything in it, retimed once; what its clips show is looked up file by file."""

from __future__ import annotations

from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import material
import opentimelineio as otio
import pytest

import vfi_plugin as vfi

from .cutting import (
    HOUR,
    bits,
    clip,
    dissolve,
    external,
    media_files,
    named,
    plate,
    plate_pixels,
    read,
    record_times,
    retime,
    shown,
    source_of,
    span,
    time,
    timeline,
    video,
    warp,
)

PATTERN = "Plätze/plate.%04d.exr"
SEQUENCE = {"name_prefix": "plate.", "name_suffix": ".exr", "start_frame": 1001, "rate": 24, "frame_zero_padding": 4}


def plate_clip(name: str, first: int, length: int, *effects: Any) -> Any:
    """A clip of the plate; ``first`` counts from the plate's first frame."""
    return clip(name, external(PATTERN), span(HOUR + first, length), *effects)


def ramp() -> Any:
    return otio.schema.TimeEffect("ramp", "SpeedRamp", {"points": [1, 2, 3]})


def off(item: Any) -> Any:
    item.enabled = False
    return item


def image_sequence() -> Any:
    return otio.schema.ImageSequenceReference(
        "Plätze", available_range=span(HOUR, 24), metadata={"kept": 1}, **SEQUENCE
    )


def main_track() -> Any:
    return video(
        plate_clip("half", 2, 12, warp(0.5)),
        otio.schema.Gap(duration=time(5)),
        plate_clip("plain", 0, 10),
        dissolve(3, 2),
        plate_clip("reverse", 6, 8, warp(-1)),
        clip("sequence", image_sequence(), span(HOUR + 6, 6), warp(2)),
        dissolve(2, 4),
        plate_clip("freeze", 7, 5, otio.schema.FreezeFrame()),
        plate_clip("both", 3, 6, warp(4), warp(0.5), otio.schema.Effect("glow", "Glow")),
        clip("gone", external("weg/gone.mov", 0, 100), span(10, 4), warp(0.5)),
        plate_clip("ramp", 0, 6, ramp()),
        off(plate_clip("off", 0, 3, warp(0.5))),
        name="Video 1",
    )


def nested_track() -> Any:
    inner = video(plate_clip("inner", 0, 6, warp(-0.5)), name="inner track")
    stack = otio.schema.Stack("nest", children=[inner], source_range=span(1, 4))
    squeezed = otio.schema.Stack("squeezed", children=[video(plate_clip("in squeezed", 0, 4))])
    squeezed.effects.append(warp(2))
    still = clip("untouched sequence", image_sequence(), span(HOUR + 1, 3))
    return video(otio.schema.Gap(duration=time(20)), stack, squeezed, still, name="Video 2")


def sound_track() -> Any:
    sound = clip("sound", external("sound.wav"), span(HOUR, 10), warp(0.5))
    return otio.schema.Track("Audio 1", [sound], kind=otio.schema.TrackKind.Audio)


@dataclass(frozen=True)
class Cut:
    folder: Path
    before: Any
    after: Any
    code: int
    said: str


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Cut:
    folder = tmp_path_factory.mktemp("Ein Schnitt für Ωmega")
    plate(folder / "Plätze")
    source = timeline(folder / "cut.otio", main_track(), nested_track(), sound_track(), start=time(HOUR))
    out = folder / "neu" / "cut retimed.otio"
    said = StringIO()
    with redirect_stdout(said):
        code = retime(source, out)
    return Cut(folder, read(source), read(out), code, said.getvalue())


def source_pixels(cut: Cut, index: int) -> dict[str, bytes]:
    return plate_pixels(cut.folder / "Plätze", 1001 + index)


def test_every_item_is_where_it_was_frame_for_frame(cut: Cut) -> None:
    assert record_times(cut.after) == record_times(cut.before)
    assert cut.after.global_start_time == time(HOUR)
    assert [track.name for track in cut.after.tracks] == ["Video 1", "Video 2", "Audio 1"]
    assert cut.after.duration() == cut.before.duration()


def test_made_clips_have_no_time_effect_and_others_keep_theirs(cut: Cut) -> None:
    for name in ("half", "reverse", "sequence", "freeze", "both", "inner"):
        assert not any(isinstance(fx, otio.schema.TimeEffect) for fx in named(cut.after, name).effects), name
    assert [fx.name for fx in named(cut.after, "both").effects] == ["glow"]
    for name in ("gone", "ramp", "off", "sound"):
        after, before = named(cut.after, name), named(cut.before, name)
        assert all(a.is_equivalent_to(b) for a, b in zip(after.effects, before.effects, strict=True)), name
        assert after.source_range == before.source_range
    assert named(cut.after, "gone").is_equivalent_to(named(cut.before, "gone"))
    (squeezed,) = (each for each in cut.after.find_children() if each.name == "squeezed")
    assert squeezed.effects[0].time_scalar == 2


def test_half_speed_keeps_every_source_frame_at_even_places(cut: Cut) -> None:
    frames = shown(named(cut.after, "half"))
    assert len(frames) == 12
    for i, path in enumerate(frames):
        assert source_of(path) == 1003 + i / 2
        if i % 2 == 0:
            assert bits(path) == source_pixels(cut, 2 + i // 2), i
        else:
            assert bits(path) not in [source_pixels(cut, 2 + (i + side) // 2) for side in (-1, 1)], i


def test_reverse_shows_the_source_frames_backwards(cut: Cut) -> None:
    frames = shown(named(cut.after, "reverse"))
    assert [bits(path) for path in frames] == [source_pixels(cut, index) for index in range(13, 5, -1)]


def test_double_speed_shows_every_second_frame_of_an_image_sequence_reference(cut: Cut) -> None:
    frames = shown(named(cut.after, "sequence"))
    assert [bits(path) for path in frames] == [source_pixels(cut, 6 + 2 * i) for i in range(6)]


def test_a_freeze_is_one_frame(cut: Cut) -> None:
    frames = shown(named(cut.after, "freeze"))
    assert len(frames) == 5
    assert all(bits(path) == source_pixels(cut, 7) for path in frames)


def test_several_effects_multiply(cut: Cut) -> None:
    frames = shown(named(cut.after, "both"))
    assert [bits(path) for path in frames] == [source_pixels(cut, 3 + 2 * i) for i in range(6)]


def test_a_clip_in_a_nested_sequence_is_made_as_long_as_it_is_there(cut: Cut) -> None:
    frames = shown(named(cut.after, "inner"))
    assert [source_of(path) for path in frames] == [1001 + (5 - i) / 2 for i in range(6)]
    assert bits(frames[1]) == source_pixels(cut, 2)


def test_transitions_have_the_frames_they_show(cut: Cut) -> None:
    """The dissolve before "reverse" begins 3 frames early; the one after "sequence" goes on for 4 of its frames."""
    early = shown(named(cut.after, "reverse"), [-3, -2, -1])
    assert [bits(path) for path in early] == [source_pixels(cut, index) for index in (16, 15, 14)]
    late = shown(named(cut.after, "sequence"), [6, 7, 8])
    assert [bits(path) for path in late] == [source_pixels(cut, index) for index in (18, 20, 22)]
    frozen = shown(named(cut.after, "freeze"), [-2, -1])
    assert all(bits(path) == source_pixels(cut, 7) for path in frozen)


def test_media_time_is_the_timecode_in_the_files(cut: Cut) -> None:
    for name in ("half", "reverse", "freeze", "inner"):
        made = named(cut.after, name)
        files = media_files(made)
        available = made.media_reference.available_range
        assert (available.start_time, available.duration) == (time(min(files)), time(len(files))), name
        for number in (min(files), max(files)):
            header, _ = material.read_exr(files[number])
            code = header["timeCode"]
            assert ((code.hours * 60 + code.minutes) * 60 + code.seconds) * 24 + code.frame == number
            assert header["framesPerSecond"] == 24


def test_clips_are_in_the_shape_that_resolve_writes(cut: Cut) -> None:
    text = (cut.folder / "neu" / "cut retimed.otio").read_text(encoding="utf-8")
    assert "Clip.1" not in text
    for name in ("half", "plain", "sequence"):
        made = named(cut.after, name)
        assert isinstance(made.media_reference, otio.schema.ExternalReference)
        assert made.active_media_reference_key == "DEFAULT_MEDIA"
        assert made.media_reference.target_url.startswith(str(cut.folder)), name  # bare and absolute
    for name in ("plain", "untouched sequence"):
        after, before = named(cut.after, name), named(cut.before, name)
        assert isinstance(after.media_reference, otio.schema.ExternalReference)
        assert after.media_reference.target_url == f"{cut.folder}/Plätze/plate.[1001-1024].exr"
        assert after.media_reference.metadata == before.media_reference.metadata
        assert after.source_range == before.source_range


def test_media_are_named_after_their_clips_in_one_folder(cut: Cut) -> None:
    media = cut.folder / "neu" / "cut retimed_media"
    assert {path.name for path in media.iterdir()} == {"half", "reverse", "sequence", "freeze", "both", "inner"}


def test_a_clip_tells_how_its_media_were_made(cut: Cut) -> None:
    told = named(cut.after, "half").metadata["vfi"]
    assert told["source"] == str(cut.folder / PATTERN)
    assert told["speed"] == "1/2"
    assert told["source_range"] == span(HOUR + 2, 12)
    assert told["media_reference"].target_url == PATTERN
    assert told["settings"]["model"] == vfi.default_model()


def test_what_is_left_is_told_and_missing_media_give_exit_code_3(cut: Cut) -> None:
    assert cut.code == 3
    for line in (
        "failed  gone at 01:00:02:04 (50%): left as it is: weg/gone.mov is not there",
        "made    inner at 01:00:00:19 (-50%)",  # the nest at frame 20 shows its track from frame 1 on
        "left    ramp at 01:00:02:08 (varying): 'SpeedRamp' is a curve that OTIO cannot tell",
        "left    off at 01:00:02:14 (50%): it is switched off",
        "left    squeezed at 01:00:01:00 (200%): a nested sequence is not retimed as a whole",
        "left    sound at 01:00:00:00 (50%): sound is left as it is",
        "note: 4 frames are wanted after it, the source has 3",
        "12 clips; retimes: 6 made, 4 left, 1 failed",
    ):
        assert line in cut.said
