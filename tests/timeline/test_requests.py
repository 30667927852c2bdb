"""What is asked for, what is refused, and what the parts make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from vfi_plugin.timeline.clip_speed import speed_of
from vfi_plugin.timeline.media_names import NamesInUse, media_name
from vfi_plugin.timing.time_map import TimeMap

from .cutting import HOUR, clip, external, plate, read, retime, span, time, timeline, video, warp


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    folder = plate(tmp_path / "plates", count=6)
    return timeline(
        tmp_path / "cut.otio", video(clip("slow", external(f"{folder}/plate.####.exr"), span(HOUR + 1, 4), warp(0.5)))
    )


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(cut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(cut.parent.rglob("*"))
    assert retime(cut, cut.parent / "out.otio", "--edl", cut.parent / "out.edl", "--dry-run") == 0
    assert sorted(cut.parent.rglob("*")) == before
    said = capsys.readouterr().out
    assert "planned slow at 00:00:00:00 (50%): " in said
    assert "out_media/slow/slow.[86401-86404].exr" in said


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("missing.otio", "out.otio"), 3, "missing.otio cannot be read: No such file"),
        (("cut.xml", "out.otio"), 2, "cut.xml is no .otio file; export the timeline as OpenTimelineIO"),
        (("cut.otio", "out.xml"), 2, "a timeline is written as .otio"),
        (("cut.otio", "cut.otio"), 2, "is the timeline that is read"),
        (("cut.otio", "plates/../cut.otio"), 2, "is the timeline that is read"),
        (("cut.otio", "foreign.otio"), 2, "was not made by vfi timeline; choose another name or use --overwrite"),
        (("cut.otio", "out.otio", "--edl", "foreign.edl"), 2, "was not made by vfi timeline"),
        (("cut.otio", "out.otio", "--edl", "out.txt"), 2, "an EDL is written as .edl"),
        (("cut.otio", "out.otio", "--drop-frame"), 2, "give --edl as well"),
        (("cut.otio", "out.otio", "--handles", "-1"), 2, "-1 frames of handles are not possible"),
        (("cut.otio", "out.otio", "--fps", "0"), 2, "a frame rate of 0 is not possible"),
        (("cut.otio", "out.otio", "--model", "none"), 2, "none"),
        (("cut.otio", "out.otio", "--colorspace", "none"), 2, "none"),
        (("broken.otio", "out.otio"), 3, "broken.otio: line 1: no OTIO timeline"),
        (("clip.otio", "out.otio"), 3, "clip.otio holds a Clip, not a timeline"),
        (("unknown.otio", "out.otio"), 3, "unknown.otio: no OTIO timeline"),
        (("empty.otio", "out.otio"), 2, "the timeline does not say its frame rate; give it with --fps"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line_and_writes_nothing(
    cut: Path,
    words: tuple[str, ...],
    code: int,
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(cut.parent)
    Path("broken.otio").write_text("{nothing")
    Path("unknown.otio").write_text('{"OTIO_SCHEMA": "Timeline.1", "tracks": 3}')
    Path("cut.xml").write_text("<xml/>")
    Path("foreign.edl").write_text("TITLE: mine\n")
    Path("foreign.otio").write_text(cut.read_text())
    otio.adapters.write_to_file(otio.schema.Clip("c"), "clip.otio")
    timeline(Path("empty.otio"), video())
    before = {path: path.stat().st_mtime_ns for path in cut.parent.rglob("*") if path.is_file()}
    assert retime(Path(words[0]), Path(words[1]), *words[2:]) == code
    captured = capsys.readouterr()
    assert why in captured.err
    assert captured.err.count("\n") == 1
    assert {path: path.stat().st_mtime_ns for path in cut.parent.rglob("*") if path.is_file()} == before


def test_a_clip_without_any_range_is_told_and_stops_no_other(cut: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = read(cut)
    boundless = otio.schema.Clip("boundless", otio.schema.ExternalReference("plates/plate.1001.exr"))
    boundless.effects.append(warp(2))
    root.tracks.append(video(boundless))
    otio.adapters.write_to_file(root, str(cut))
    assert retime(cut, cut.parent / "out.otio") == 3
    said = capsys.readouterr().out
    assert "made    slow" in said
    assert "'boundless' has neither a source_range nor an available_range" in said


def test_moved_media_are_found_in_the_folder_that_is_named(cut: Path) -> None:
    (cut.parent / "plates").rename(cut.parent / "elsewhere")
    assert retime(cut, cut.parent / "out.otio", "--dry-run") == 3
    assert retime(cut, cut.parent / "out.otio", "--sources", cut.parent / "elsewhere") == 0


def speed_through(*effects: Any) -> Any:
    return speed_of(clip("c", None, span(0, 5), *effects))


def test_effects_come_to_one_speed() -> None:
    off = warp(3)
    off.enabled = False
    assert speed_through() is None
    assert speed_through(otio.schema.Effect("glow", "Glow"), off) is None
    assert speed_through(warp(2), warp(0.5)) is None
    assert speed_through(warp(-2), warp(0.25), off).value == -0.5
    assert speed_through(warp(2), otio.schema.FreezeFrame()).value == 0
    assert speed_through(warp(1 / 3)).value * 3 == 1
    assert [str(speed_through(effect)) for effect in (warp(-0.5), otio.schema.FreezeFrame())] == ["-50%", "freeze"]


def test_a_curve_is_no_constant_speed_even_where_an_average_stands_beside_it(tmp_path: Path) -> None:
    ours = tmp_path / "ramp.otio"
    TimeMap.from_keys([(1, 1), (5, 3), (9, 13)]).to_file(ours)
    (curved,) = read(ours).find_clips()
    assert speed_of(curved).value is None
    assert "vfi retime --map" in speed_of(curved).why_not
    assert speed_through(warp(2), otio.schema.TimeEffect("x", "Ramp")).value is None
    assert speed_through(warp(float("nan"))).value is None


@pytest.mark.parametrize(
    ("clip_name", "name"),
    [
        ("sh010", "sh010"),
        ("A001_C003.mov", "A001_C003"),
        ("plate.[1001-1100].exr", "plate"),
        ("a/b\\c:d*e", "a_b_c_d_e"),
        ("50% #1", "50_ _1"),
        ("Straße 7", "Straße 7"),
        ("", "clip"),
        ("...", "clip"),
        ("CON", "_CON"),
        ("v1.2", "v1.2"),
        ("ü" * 200, "ü" * 90),
    ],
)
def test_media_are_named_so_that_every_file_system_takes_them(clip_name: str, name: str) -> None:
    assert media_name(clip_name) == name


def test_a_name_is_given_once_in_any_case_of_letters() -> None:
    names = NamesInUse()
    assert [names.free(name) for name in ("a", "A", "a_2", "a")] == ["a", "A_2", "a_2_2", "a_3"]


def test_a_timeline_without_a_start_gets_the_one_that_it_has(cut: Path) -> None:
    assert retime(cut, cut.parent / "out.otio") == 0
    assert read(cut.parent / "out.otio").global_start_time == time(0)
