"""Rates that differ, media whose time begins anywhere, movies, and what is done again or not."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import opentimelineio as otio
import pytest

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled
from vfi_plugin.timeline import TimelineOptions, retime_timeline

from .cutting import (
    HOUR,
    bits,
    clip,
    external,
    gray_movie,
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


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plate(tmp_path_factory.mktemp("plates"))


def one_clip(folder: Path, of: Any, **more: Any) -> Path:
    return timeline(folder / "cut.otio", video(of), **more)


@pytest.mark.parametrize("rate", [24, 24000 / 1001, 23.976])
def test_media_of_another_rate_are_shown_at_exact_positions(tmp_path: Path, rate: float) -> None:
    """Frame i of a timeline at 24 shows second i/24 * 0.5 of a plate at 25, that is frame i * 25 / 48."""
    folder = plate(tmp_path / "plates", rate=25)
    shows = clip("mixed", external(f"{folder}/plate.####.exr", 90000, 24, 25), span(90004, 10, 25), warp(0.5))
    behind = clip("behind", external(f"{folder}/plate.####.exr", 90000, 24, 25), span(90002, 3, 25))
    source = timeline(tmp_path / "cut.otio", video(shows, behind), start=time(0, rate))
    assert retime(source, tmp_path / "out.otio", "--method", "frame") == 0
    out = read(tmp_path / "out.otio")
    made = named(out, "mixed")
    exact = Fraction(24) if rate == 24 else Fraction(24000, 1001)
    length = -(-10 * exact // 25)  # a tenth frame that is begun has to be there
    files = shown(made, range(int(length)))
    assert [source_of(path) for path in files] == [float(1005 + i * 25 / (2 * exact)) for i in range(int(length))]
    header, _ = material.read_exr(files[0])
    assert header["framesPerSecond"] == exact
    assert made.source_range.start_time.rate == rate
    assert made.media_reference.available_range.duration == time(len(files), rate)
    record = {name: (at.start_time.to_seconds(), at.duration.to_seconds()) for name, at in record_times(out)}
    assert record["mixed"] == pytest.approx((0, 10 / 25), abs=1e-12)
    assert record["behind"] == pytest.approx((10 / 25, 3 / 25), abs=1e-12)


def test_a_movie_is_played_backwards(tmp_path: Path) -> None:
    codes = [10, 60, 110, 160, 210]
    gray_movie(tmp_path / "ein film.mkv", codes)
    reference = otio.schema.ExternalReference((tmp_path / "ein film.mkv").as_uri(), span(0, 5))
    source = one_clip(tmp_path, clip("film", reference, span(1, 4), warp(-1)), start=time(0))
    assert retime(source, tmp_path / "out.otio") == 0
    files = shown(named(read(tmp_path / "out.otio"), "film"))
    values = [float(material.read_exr(path)[1]["G"].mean()) * 255 for path in files]
    assert values == pytest.approx([210, 160, 110, 60], abs=0.01)


HANDLES = {
    "by timecode": (external("plate.####.exr", HOUR + 5, 10), span(HOUR + 6, 4), 1007),
    "by file numbers": (external("plate.####.exr", 1004, 10), span(1006, 4), 1006),
    "from the first file": (external("plate.####.exr", 0, 24), span(3, 4), 1004),
    "named by its first frame": (external("plate.1003.exr", 50, 20), span(52, 4), 1005),
    "in brackets": (external("plate.[1003-1020].exr", 700, 18), span(701, 4), 1004),
    "told by nothing but timecode": (otio.schema.ExternalReference("plate.####.exr"), span(HOUR + 2, 4), 1003),
    "told by nothing but numbers": (otio.schema.ExternalReference("plate.####.exr"), span(1010, 4), 1010),
    "told by nothing at all": (otio.schema.ExternalReference("plate.####.exr"), span(2, 4), 1003),
}


@pytest.mark.parametrize("how", HANDLES)
def test_media_time_leads_to_the_right_file(tmp_path: Path, plates: Path, how: str) -> None:
    reference, shows, first = HANDLES[how]
    made = clip("placed", reference.clone(), shows, warp(2))
    source = timeline(plates / f"{how}.otio", video(made))
    assert retime(source, tmp_path / "out.otio") == 0
    files = shown(named(read(tmp_path / "out.otio"), "placed"))
    assert [bits(path) for path in files] == [plate_pixels(plates, first + 2 * i) for i in range(4)]


def test_an_image_sequence_names_its_first_frame_whatever_the_timecode_is(tmp_path: Path, plates: Path) -> None:
    reference = otio.schema.ImageSequenceReference(
        plates.as_uri(), "plate.", ".exr", 1009, 1, 24, 4, available_range=span(HOUR, 12)
    )
    source = one_clip(tmp_path, clip("late", reference, span(HOUR + 1, 3), warp(-1)))
    assert retime(source, tmp_path / "out.otio") == 0
    files = shown(named(read(tmp_path / "out.otio"), "late"))
    assert [bits(path) for path in files] == [plate_pixels(plates, number) for number in (1012, 1011, 1010)]


def test_media_without_timecode_are_numbered_by_media_time(tmp_path: Path) -> None:
    folder = plate(tmp_path / "plates", timecode=False)
    reference = external(f"{folder}/plate.####.exr", 1001)
    source = one_clip(tmp_path, clip("plain", reference, span(1003, 4), warp(0.5)))
    assert retime(source, tmp_path / "out.otio") == 0
    assert list(media_files(named(read(tmp_path / "out.otio"), "plain"))) == [1003, 1004, 1005, 1006]


def test_a_clip_past_its_media_is_refused_and_one_that_ends_there_holds(
    tmp_path: Path, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shows(name: str, first: int) -> Any:
        return clip(name, external(f"{plates}/plate.####.exr"), span(HOUR + first, 4), warp(2))

    source = timeline(tmp_path / "cut.otio", video(shows("beyond", 30), shows("end", 20)))
    assert retime(source, tmp_path / "out.otio") == 3
    said = capsys.readouterr().out
    assert "it shows frames 1031 to 1037 of" in said
    assert "note: 2 of its 4 frames lie past an end of the source" in said  # they would be 1025 and 1027
    files = shown(named(read(tmp_path / "out.otio"), "end"))
    assert [bits(path) for path in files] == [plate_pixels(plates, n) for n in (1021, 1023, 1024, 1024)]


def test_clips_that_show_the_same_share_media_and_others_of_that_name_do_not(tmp_path: Path, plates: Path) -> None:
    def shows(name: str, first: int) -> Any:
        return clip(name, external(f"{plates}/plate.####.exr"), span(HOUR + first, 3), warp(-1))

    source = timeline(tmp_path / "cut.otio", video(shows("SH/010.exr", 1), shows("sh_010", 1), shows("sh_010", 2)))
    assert retime(source, tmp_path / "out.otio", "--media", tmp_path / "new") == 0
    urls = [each.media_reference.target_url for each in read(tmp_path / "out.otio").find_clips()]
    assert [Path(url).parent.name for url in urls] == ["SH_010", "SH_010", "sh_010_2"]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"SH_010", "sh_010_2"}


def test_handles_can_be_asked_for(tmp_path: Path, plates: Path) -> None:
    shows = clip("wide", external(f"{plates}/plate.####.exr"), span(HOUR + 8, 4), warp(-1))
    assert retime(one_clip(tmp_path, shows), tmp_path / "out.otio", "--handles", 2) == 0
    files = shown(named(read(tmp_path / "out.otio"), "wide"), range(-2, 6))
    assert [bits(path) for path in files] == [plate_pixels(plates, n) for n in range(1014, 1006, -1)]


def test_markers_stay_at_their_place_in_the_clip(tmp_path: Path, plates: Path) -> None:
    shows = clip("marked", external(f"{plates}/plate.####.exr"), span(HOUR + 8, 4), warp(-1))
    shows.markers.append(otio.schema.Marker("here", span(HOUR + 10, 1)))
    assert retime(one_clip(tmp_path, shows), tmp_path / "out.otio", "--handles", 2) == 0
    made = named(read(tmp_path / "out.otio"), "marked")
    assert made.markers[0].marked_range.start_time - made.source_range.start_time == time(2)


def test_a_second_run_makes_only_what_is_missing(
    tmp_path: Path, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shows = clip("again", external(f"{plates}/plate.####.exr"), span(HOUR + 8, 4), warp(-1))
    source, out = one_clip(tmp_path, shows), tmp_path / "out.otio"
    assert retime(source, out) == 0
    files = media_files(named(read(out), "again"))
    first = out.read_text()
    stamps = {path: path.stat().st_mtime_ns for path in files.values()}
    gone = files[min(files) + 1]
    gone.unlink()
    capsys.readouterr()
    assert retime(source, out, "--progress", "json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(e["done"], e["total"], e["file"]) for e in events if e["event"] == "frame"] == [(4, 4, gone.name)]
    assert events[-1]["retimes"][0]["state"] == "made"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items() if path != gone)
    assert gone.is_file()
    assert out.read_text() == first


def test_foreign_media_in_the_way_are_told_and_kept_and_the_rest_is_done(
    tmp_path: Path, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shows(name: str) -> Any:
        return clip(name, external(f"{plates}/plate.####.exr"), span(HOUR + 8, 2), otio.schema.FreezeFrame())

    source, media = timeline(tmp_path / "cut.otio", video(shows("one"), shows("two"))), tmp_path / "out_media"
    # "one" and "two" show the same, so give the second another length.
    root = read(source)
    named(root, "two").source_range = span(HOUR + 8, 3)
    otio.adapters.write_to_file(root, str(source))
    foreign = media / "one" / f"one.{HOUR + 8}.exr"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes((plates / "plate.1001.exr").read_bytes())
    assert retime(source, tmp_path / "out.otio") == 2
    assert "failed  one" in (said := capsys.readouterr().out)
    assert "were not made by vfi retime" in said
    assert foreign.read_bytes() == (plates / "plate.1001.exr").read_bytes()
    root = read(tmp_path / "out.otio")
    assert named(root, "one").effects[0].time_scalar == 0
    assert len(media_files(named(root, "two"))) == 3


def test_a_run_that_is_stopped_writes_no_timeline(tmp_path: Path, plates: Path) -> None:
    shows = clip("stopped", external(f"{plates}/plate.####.exr"), span(HOUR + 8, 4), warp(-1))
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        retime_timeline(one_clip(tmp_path, shows), TimelineOptions(tmp_path / "o.otio"), cancellation=cancellation)
    assert not (tmp_path / "o.otio").exists()


def test_a_rate_that_is_written_in_two_ways_moves_nothing(tmp_path: Path, plates: Path) -> None:
    shows = clip("short", external(f"{plates}/plate.####.exr", 0, 24, 23.976), span(4, 7, 23.976), warp(-1))
    source = one_clip(tmp_path, shows, start=time(0, 24000 / 1001))
    assert retime(source, tmp_path / "out.otio") == 0
    before, after = read(source), read(tmp_path / "out.otio")
    assert record_times(after) == record_times(before)
    assert named(after, "short").source_range.duration == time(7, 23.976)
    assert [bits(path) for path in shown(named(after, "short"))] == [
        plate_pixels(plates, n) for n in range(1011, 1004, -1)
    ]


def test_a_freeze_between_two_frames_is_the_one_that_is_shown_then(tmp_path: Path, plates: Path) -> None:
    shows = clip("still", external(f"{plates}/plate.####.exr", 0), span(7, 3, 48), otio.schema.FreezeFrame())
    assert retime(one_clip(tmp_path, shows), tmp_path / "out.otio", "--fps", 48) == 0
    files = shown(named(read(tmp_path / "out.otio"), "still"))
    assert [bits(path) for path in files] == [plate_pixels(plates, 1004)] * 3  # frame 3.5 of the plate
