"""EDLs, read back by another project's parser and by a few lines of these tests' own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from otio_cmx3600_adapter import cmx_3600

from .cutting import clip, dissolve, external, plate, read, retime, span, time, timeline, video, warp

EVENT = re.compile(r"(\d{3,})  (\S+) +V     (C|D) +(?:(\d{3}) )?(\S{11}) (\S{11}) (\S{11}) (\S{11})")
M2 = re.compile(r"M2   (\S+) +(-?\d{3}\.\d+) +(\S{11})")

RATES = [
    (24000 / 1001, False),
    (23.976, False),
    (24, False),
    (25, False),
    (30000 / 1001, True),
    (30000 / 1001, False),
    (30, False),
    (50, False),
    (60, False),
    (60000 / 1001, True),
]


def unlinked(name: str, shows: Any, *effects: Any) -> Any:
    return clip(name, otio.schema.MissingReference(), shows, *effects)


def parsed(path: Path, rate: float) -> Any:
    return cmx_3600.read_from_string(path.read_text(encoding="utf-8"), rate=rate)


def events(path: Path) -> list[tuple[str, ...]]:
    return [
        match.groups() for line in path.read_text(encoding="utf-8").splitlines() if (match := EVENT.fullmatch(line))
    ]


def code(frames: float, rate: float, drops: bool) -> str:
    """The timecode by OTIO's reckoning."""
    exact = otio.opentime.RationalTime.nearest_smpte_timecode_rate(rate)
    return str(otio.opentime.to_timecode(time(frames, exact), exact, drops))


@pytest.mark.parametrize(("rate", "drops"), RATES)
def test_every_rate_is_counted_as_others_count_it(tmp_path: Path, rate: float, drops: bool) -> None:
    """Record times cross a minute and ten, where drop-frame leaves labels out."""
    nominal = round(rate)
    lengths = {"a": nominal * 59 + 7, "b": nominal * 70, "c": nominal * 600 + 1}
    start = nominal * 3600
    items = [unlinked(name, span(nominal * 50, length, rate)) for name, length in lengths.items()]
    source = timeline(tmp_path / "cut.otio", video(*items), start=time(start, rate))
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl", *(["--drop-frame"] if drops else [])) == 0
    found = events(tmp_path / "o.edl")
    at = start
    for (_, reel, kind, _, *times), length in zip(found, lengths.values(), strict=True):
        assert (reel, kind) == ("AX", "C")
        source_span = nominal * 50, nominal * 50 + length
        assert times == [code(frames, rate, drops) for frames in (*source_span, at, at + length)]
        at += length
    text = (tmp_path / "o.edl").read_text()
    assert text.startswith(f"TITLE: cut\nFCM: {'' if drops else 'NON-'}DROP FRAME\n")


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60])
def test_another_parser_reads_the_same_cut(tmp_path: Path, rate: int) -> None:
    source = timeline(
        tmp_path / "cut.otio",
        video(
            unlinked("eins.mov", span(10, 40, rate)),
            otio.schema.Gap(duration=time(7, rate)),
            unlinked("zwei größer.mov", span(rate, rate * 3, rate)),
            unlinked("drei", span(5, 11, rate), warp(0.5)),
        ),
        start=time(rate * 3600, rate),
    )
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 3
    found = parsed(tmp_path / "o.edl", rate)
    root = read(source)
    wanted = list(root.find_clips())
    clips = list(found.find_clips())
    assert [each.name for each in clips] == [each.name for each in wanted]
    assert [each.range_in_parent() for each in clips] == [each.range_in_parent() for each in wanted]
    assert [each.source_range for each in clips] == [each.source_range for each in wanted]
    assert found.name == "cut"


def test_a_retime_that_is_left_is_an_m2_line_in_the_shape_that_resolve_writes(tmp_path: Path) -> None:
    """The source span is as long as the record span; the number is the speed in frames a second."""
    speeds = {"half": 0.5, "double": 2, "back": -1, "third": 1 / 3}
    items = [unlinked(name, span(100, 20), warp(speed)) for name, speed in speeds.items()]
    items.append(unlinked("still", span(100, 20), otio.schema.FreezeFrame()))
    source = timeline(tmp_path / "cut.otio", video(unlinked("plain", span(0, 5)), *items))
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 3
    lines = (tmp_path / "o.edl").read_text().splitlines()
    assert [M2.fullmatch(line).groups() for line in lines if line.startswith("M2")] == [  # type: ignore[union-attr]
        ("AX", rate, "00:00:04:04") for rate in ("012.0", "048.0", "-024.0", "008.0", "000.0")
    ]
    for name in (*speeds, "still"):
        place = lines.index(f"* FROM CLIP NAME: {name}")
        assert lines[place - 1].startswith("M2")
        assert lines[place - 2].split()[4:6] == ["00:00:04:04", "00:00:05:00"]


def test_clips_with_new_media_have_no_m2_line_and_are_named_after_their_files(tmp_path: Path) -> None:
    folder = plate(tmp_path / "plates")
    shows = clip("slow", external(f"{folder}/plate.####.exr"), span(86402, 6), warp(0.5))
    source = timeline(tmp_path / "cut.otio", video(shows))
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 0
    text = (tmp_path / "o.edl").read_text()
    assert "M2" not in text
    assert "001  AX       V     C        01:00:00:02 01:00:00:08 00:00:00:00 00:00:00:06\n" in text
    assert "* FROM CLIP NAME: slow.[86402-86407].exr\n" in text


def test_dissolves_begin_with_the_later_clip(tmp_path: Path) -> None:
    """Three frames before the cut to two after it; then a fade to black and one from black, at 24."""
    source = timeline(
        tmp_path / "cut.otio",
        video(
            unlinked("a", span(100, 20)),
            dissolve(3, 2),
            unlinked("b", span(200, 20), warp(0.5)),
            dissolve(4, 0),
            otio.schema.Gap(duration=time(10)),
            dissolve(0, 6),
            unlinked("c", span(300, 20)),
        ),
    )
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 3

    def at(*frames: int) -> tuple[str, ...]:
        return tuple(code(each, 24, False) for each in frames)

    assert events(tmp_path / "o.edl") == [
        ("001", "AX", "C", None, *at(100, 117, 0, 17)),
        ("002", "AX", "C", None, *at(117, 117, 17, 17)),
        ("002", "AX", "D", "005", *at(197, 216, 17, 36)),
        ("003", "AX", "C", None, *at(216, 216, 36, 36)),
        ("003", "BL", "D", "004", *at(0, 14, 36, 50)),
        ("004", "BL", "C", None, *at(14, 14, 50, 50)),
        ("004", "AX", "D", "006", *at(300, 320, 50, 70)),
    ]
    track = parsed(tmp_path / "o.edl", 24).tracks[0]
    names = [each.name for each in track if isinstance(each, otio.schema.Clip)]
    assert [names[0], names[1], names[3]] == ["a", "b", "c"]
    offsets = [each.out_offset.value for each in track if isinstance(each, otio.schema.Transition)]
    assert offsets == [5, 4, 6]


def test_reels_of_an_earlier_edl_are_kept_and_other_rates_keep_their_time_of_day(tmp_path: Path) -> None:
    kept = unlinked("a", span(90000 + 12, 25, 25))
    kept.metadata["cmx_3600"] = {"reel": "A001 C003 LONG"}
    source = timeline(tmp_path / "cut.otio", video(kept), start=time(0))
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 0
    assert events(tmp_path / "o.edl") == [
        ("001", "A001C003", "C", None, "01:00:00:11", "01:00:01:11", "00:00:00:00", "00:00:01:00")
    ]


def test_a_second_video_track_gets_an_edl_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = unlinked("hidden", span(0, 5))
    hidden.enabled = False
    nest = otio.schema.Stack("nest", children=[video(unlinked("inner", span(0, 5)))])
    above = video(otio.schema.Gap(duration=time(4)), unlinked("b", span(0, 5)), hidden, nest, name="Titles")
    source = timeline(tmp_path / "cut.otio", video(unlinked("a", span(0, 10))), above)
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl") == 0
    assert [event[0] for event in events(tmp_path / "o.edl")] == ["001"]
    assert events(tmp_path / "o_V2.edl") == [
        ("001", "AX", "C", None, "00:00:00:00", "00:00:00:05", "00:00:00:04", "00:00:00:09")
    ]
    said = capsys.readouterr().out
    assert "note: the track 'Titles' is in o_V2.edl" in said
    assert "note: 'hidden' is switched off and not in the EDL" in said
    assert "note: 'nest' is a nested sequence and not in the EDL" in said


def test_drop_frame_is_refused_where_there_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = timeline(tmp_path / "cut.otio", video(unlinked("a", span(0, 10, 25))))
    assert retime(source, tmp_path / "o.otio", "--edl", tmp_path / "o.edl", "--drop-frame") == 2
    assert "drop-frame timecode exists at 29.97, 59.94 and 119.88 fps, not at 25" in capsys.readouterr().err
    assert not (tmp_path / "o.otio").exists()
