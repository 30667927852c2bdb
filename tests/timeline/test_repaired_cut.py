"""One cut whose media have faults, repaired once; what its clips show is looked up file by file."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenEXR
import opentimelineio as otio
import pytest
import small_pans as pans

from vfi_plugin.cli.main import main

from .cutting import clip, external, named, read, record_times, span, time, timeline, video, warp

FIRST, COUNT = 1001, 26
REPEATED, LOST = 1010, 1015
"""1010 shows 1009 once more; there is no file 1015."""


def moments() -> list[float]:
    return [number - (number == REPEATED) for number in range(FIRST, FIRST + COUNT)]


def pan_clip(name: str, first: int, length: int, *effects: Any, url: str = "in/pan.%04d.exr") -> Any:
    return clip(name, external(url, FIRST, COUNT), span(first, length), *effects)


def sound() -> Any:
    return otio.schema.Track("A1", [pan_clip("sound", 1001, 20)], kind=otio.schema.TrackKind.Audio)


def off(item: Any) -> Any:
    item.enabled = False
    return item


def the_cut(folder: Path) -> Path:
    pans.write_moments(folder / "in", moments())
    (folder / "in" / f"pan.{LOST}.exr").unlink()
    kept = pan_clip("repeat", 1006, 8)
    kept.markers.append(otio.schema.Marker("by hand", span(1007, 1), "GREEN"))
    main_track = video(
        kept,
        otio.schema.Gap(duration=time(5)),
        pan_clip("lost", 1012, 6),
        pan_clip("clean", 1018, 6),
        pan_clip("fast", 1004, 5, warp(2)),
        pan_clip("reverse", 1006, 8, warp(-1)),
        clip("gone", external("gone.mov", 0, 100), span(10, 4)),
        off(pan_clip("off", 1006, 8)),
    )
    inner = video(pan_clip("inner", 1014, 3), name="inner")
    nested = video(otio.schema.Stack("nested", [inner], source_range=span(0, 3)), name="Video 2")
    return timeline(folder / "cut.otio", main_track, nested, sound(), start=time(86400))


def repair(source: Path, out: Path, *more: object) -> tuple[int, dict[str, Any]]:
    """The exit code and the report."""
    told = StringIO()
    with redirect_stdout(told):
        words = ["timeline", "repair", source, "--out", out, "--device", "cpu", "--progress", "json", *more]
        code = main([str(word) for word in words])
    return code, json.loads(told.getvalue().splitlines()[-1])


@dataclass(frozen=True)
class Repaired:
    folder: Path
    before: Any
    after: Any
    code: int
    report: dict[str, Any]

    def outcome(self, name: str) -> dict[str, Any]:
        (found,) = (each for each in self.report["repairs"] if each["clip"].startswith(f"{name} "))
        return found

    def file(self, number: int) -> Path:
        return self.folder / "in" / "pan_repaired" / f"pan.{number}.exr"


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Repaired:
    folder = tmp_path_factory.mktemp("Schnitt 東京")
    source = the_cut(folder)
    out = folder / "out" / "cut_repaired.otio"
    code, report = repair(source, out, "--edl", folder / "out" / "cut.edl")
    return Repaired(folder, read(source), read(out), code, report)


def shown_number(of: Any, record: int) -> int:
    """The frame that a clip shows at one of its own frames, by its range and its speed; files are numbered as times."""
    speed = of.effects[0].time_scalar if of.effects else 1
    start, length = of.source_range.start_time.value, of.source_range.duration.value
    return int(start + record * speed if speed > 0 else start - (length - 1) * speed + record * speed)


def test_bad_frames_are_made_anew_and_all_others_are_the_same_files(cut: Repaired) -> None:
    for number in range(FIRST, FIRST + COUNT):
        original = cut.folder / "in" / f"pan.{number}.exr"
        if number in (REPEATED, LOST):
            assert pans.moment_of(pans.read(cut.file(number)), number) == pytest.approx(number, abs=0.1)
        else:
            assert cut.file(number).samefile(original)
    assert pans.moment_of(pans.read(cut.folder / "in" / f"pan.{REPEATED}.exr"), REPEATED) == pytest.approx(
        1009, abs=0.1
    )


def test_the_cut_is_as_it_was_and_shows_repaired_media_where_something_was_wrong(cut: Repaired) -> None:
    assert record_times(cut.after) == record_times(cut.before)
    path = str(cut.folder / "in" / "pan_repaired" / "pan.[1001-1026].exr")
    for name in ("repeat", "lost", "fast", "reverse", "inner"):
        found = named(cut.after, name)
        assert found.media_reference.target_url == path
        assert found.media_reference.available_range == span(FIRST, COUNT)
        assert found.source_range == named(cut.before, name).source_range
        assert len(found.effects) == len(named(cut.before, name).effects)
        assert cut.outcome(name)["state"] == "made"
    for name in ("clean", "sound", "off"):
        assert "pan_repaired" not in named(cut.after, name).media_reference.target_url
        assert not named(cut.after, name).markers
    assert f"FROM CLIP NAME: {Path(path).name}" in (cut.folder / "out" / "cut.edl").read_text()


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("repeat", "duplicate", REPEATED),
        ("fast", "duplicate", REPEATED),
        ("reverse", "duplicate", REPEATED),
        ("lost", "missing", LOST),
        ("inner", "missing", LOST),
    ],
)
def test_a_marker_lies_on_the_frame_that_was_wrong(cut: Repaired, name: str, kind: str, number: int) -> None:
    found = named(cut.after, name)
    (marker,) = (each for each in found.markers if each.name == kind)
    record = int(marker.marked_range.start_time.value - found.source_range.start_time.value)
    assert shown_number(found, record) == number
    assert marker.marked_range.duration == time(1)
    assert str(number) in marker.comment
    assert marker.metadata["Resolve_OTIO"]["Note"] == marker.comment


def test_markers_of_different_kinds_have_different_colours_and_those_of_people_stay(cut: Repaired) -> None:
    markers = list(named(cut.after, "repeat").markers)
    assert [each.name for each in markers] == ["by hand", "duplicate"]
    assert len({named(cut.after, "lost").markers[0].color, *(each.color for each in markers)}) == 3


def test_what_cannot_be_done_is_told_and_left(cut: Repaired) -> None:
    assert cut.code == 3
    gone = cut.outcome("gone")
    assert (gone["state"], gone["exit_code"]) == ("failed", 3)
    assert "gone.mov is not there" in gone["text"]
    assert cut.outcome("off")["text"] == "it is switched off"
    assert cut.report["notes"][0] == "clips with nothing wrong: 1"


def test_a_second_run_on_what_was_written_finds_nothing_and_makes_nothing(cut: Repaired) -> None:
    made = {number: cut.file(number).stat().st_mtime_ns for number in (REPEATED, LOST)}
    again = cut.folder / "again.otio"
    code, report = repair(cut.folder / "out" / "cut_repaired.otio", again)
    assert code == 3
    assert {each["state"] for each in report["repairs"]} == {"failed", "left"}
    assert {number: cut.file(number).stat().st_mtime_ns for number in made} == made
    assert named(read(again), "repeat").media_reference.is_equivalent_to(named(cut.after, "repeat").media_reference)
    # The same cut once more: all frames are there.
    code, report = repair(cut.folder / "cut.otio", cut.folder / "out" / "cut_repaired.otio")
    assert sum(each["state"] == "made" for each in report["repairs"]) == 5
    assert {number: cut.file(number).stat().st_mtime_ns for number in made} == made


@pytest.mark.parametrize(
    ("words", "writes", "states"),
    [(["--markers-only"], True, {"marked"}), (["--dry-run"], False, {"planned"}), (["--kinds", "torn"], True, set())],
)
def test_nothing_is_made_where_that_is_asked_for(
    tmp_path: Path, words: list[str], writes: bool, states: set[str]
) -> None:
    pans.write_moments(tmp_path / "in", moments())
    source = timeline(tmp_path / "cut.otio", video(pan_clip("repeat", 1006, 8)))
    code, report = repair(source, tmp_path / "out.otio", *words)
    assert code == 0
    assert {each["state"] for each in report["repairs"]} == states
    assert (tmp_path / "out.otio").exists() == writes
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["in"]
    assert not [path for path in (tmp_path / "in").iterdir() if path.is_dir()]
    if writes:
        assert bool(named(read(tmp_path / "out.otio"), "repeat").markers) == bool(states)


def test_media_of_one_name_get_folders_of_their_own_in_the_folder_that_was_named(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        pans.write_moments(tmp_path / folder, moments())
    clips = [pan_clip(name, 1006, 8, url=f"{name}/pan.%04d.exr") for name in ("a", "b")]
    source = timeline(tmp_path / "cut.otio", video(*clips))
    repair(source, tmp_path / "out.otio", "--media", tmp_path / "media", "--keep", "copy", "--method", "blend")
    folders = [Path(named(read(tmp_path / "out.otio"), name).media_reference.target_url).parent for name in ("a", "b")]
    assert folders[0] != folders[1]
    assert {folder.parent for folder in folders} == {tmp_path / "media"}
    assert all(len(list(folder.glob("pan.*.exr"))) == COUNT for folder in folders)


def test_a_movie_is_written_anew_and_its_clip_begins_where_it_did(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "m.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = pans.WIDTH, pans.HEIGHT, "bgr0"
        for moment in moments():
            values = np.clip(pans.picture(moment) * 255, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(values, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    source = timeline(tmp_path / "cut.otio", video(clip("movie", external("m.mkv", 86400, COUNT), span(86405, 8))))
    code, report = repair(source, tmp_path / "out.otio", "--method", "blend")
    assert code == 0
    assert "encoded anew" in " ".join(report["repairs"][0]["notes"])
    found = named(read(tmp_path / "out.otio"), "movie")
    assert found.media_reference.target_url == str(tmp_path / "m_repaired.mkv")
    assert found.source_range == span(0, 8)  # the first frame that is shown is the first of the new movie
    assert found.markers[0].marked_range == span(REPEATED - FIRST - 5, 1)
    with av.open(found.media_reference.target_url) as container:
        pictures = [frame.to_ndarray(format="gbrpf32le") for frame in container.decode(video=0)]
    assert len(pictures) == found.media_reference.available_range.duration.value == 8
    assert np.abs(pictures[0][8:-8, 8:-8] - pans.picture(moments()[5])[8:-8, 8:-8]).max() < 0.02


def test_a_damaged_first_frame_gets_the_timecode_by_which_hosts_find_the_rest(tmp_path: Path) -> None:
    """The files do not say their rate; the timeline does."""
    for number in range(FIRST, FIRST + 8):
        code = OpenEXR.TimeCode(1, 0, 0, number - FIRST, *[False] * 6, *[0] * 8)
        pans.write(tmp_path / "in" / f"pan.{number}.exr", pans.picture(number), {"timeCode": code})
    first = tmp_path / "in" / f"pan.{FIRST}.exr"
    first.write_bytes(first.read_bytes()[:60])
    shown = clip("a", external("in/pan.%04d.exr", 86400, 8), span(86400, 5))
    source = timeline(tmp_path / "cut.otio", video(shown))
    code, _ = repair(source, tmp_path / "out.otio", "--method", "blend")
    assert code == 0
    made = named(read(tmp_path / "out.otio"), "a")
    assert made.markers[0].marked_range == span(86400, 1)
    header = pans.header_of(tmp_path / "in" / "pan_repaired" / first.name)
    assert (header["timeCode"].hours, header["timeCode"].frame) == (1, 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--drops", "insert"], "how long a clip is"),
        (["--duplicates", "remove"], "how long a clip is"),
        (["--kinds", "blurry"], "blurry"),
        (["--strength", "0"], "strength"),
        (["--model", "nothing"], "nothing"),
    ],
)
def test_what_would_spoil_the_cut_or_means_nothing_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    pans.write_moments(tmp_path / "in", moments()[:12])
    source = timeline(tmp_path / "cut.otio", video(pan_clip("repeat", 1006, 5)))
    assert main(["timeline", "repair", str(source), "--out", str(tmp_path / "out.otio"), *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.otio").exists()
