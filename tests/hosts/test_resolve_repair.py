"""A repair in Resolve Studio: from the menu to the timeline, with the real worker and real frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_pans as pans
from vfi_resolve.bad_frames import Corrections, Media, frames_text, parse_frames
from vfi_resolve.errors import WrongInputError
from vfi_resolve.finding_markers import mark_findings
from vfi_resolve.timeline_clip import read_clip

import vfi_plugin as vfi

from .fake_resolve_menu import Installed, install
from .fake_resolve_stage import Cut, Stage
from .fake_resolve_timeline import FakeItem
from .fake_resolve_ui import FakeWindow

SCRIPT = "VFI Repair.py"
REPEATED, LOST = 1008, 1013

needs_a_shell = pytest.mark.skipif(sys.platform == "win32", reason="the core under test is started by a shell script")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, warm_core: Path) -> Installed:
    return install(tmp_path_factory.mktemp("resolve"), warm_core)


@pytest.fixture
def plate(tmp_path: Path) -> str:
    """Frames 1001 to 1020, as Resolve lists them: 1008 shows 1007 once more, and there is no file 1013."""
    folder = tmp_path / "shot größe 東京"
    pans.write_moments(folder, [number - (number == REPEATED) for number in range(1001, 1021)])
    (folder / f"pan.{LOST}.exr").unlink()
    return str(folder / "pan.[1001-1020].exr")


def choose(button: str, **fields: Any) -> Callable[[FakeWindow], None]:
    """Fill in the window and click."""

    def act(window: FakeWindow) -> None:
        for name, value in fields.items():
            kinds = {str: "Text", bool: "Checked", int: "CurrentIndex"}
            setattr(window.elements[name], kinds[type(value)], value)
        window.click(button)

    return act


def outcome(stage: Stage, installed: Installed) -> str:
    """Choose the script, read its last window."""
    stage.person["VfiMessage"] = [lambda window: window.click("ok")]
    installed.choose(SCRIPT, stage.names)
    assert not any(window.visible for window in stage.bmd.windows)
    return stage.shown("VfiMessage")[0]


def repaired(plate: str, number: int) -> Path:
    return Path(plate).parent / "pan_repaired" / f"pan_repaired.{number}.exr"


@needs_a_shell
def test_two_clips_of_one_plate_are_repaired_on_one_track_above(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 20, (2, 10), 8, tracks=2))
    stage.media.properties["Input Color Space"] = "Linear"
    later = stage.timeline.put(1, FakeItem(stage.app, stage.media, 86500, (10, 16), 6))
    clean = stage.timeline.put(1, FakeItem(stage.app, stage.media, 86600, (15, 19), 4))
    title = stage.timeline.put(2, FakeItem(stage.app, None, 86400, (0, 0), 8))
    slow = stage.timeline.put(1, FakeItem(stage.app, stage.media, 86700, (5, 10), 10))
    stage.timeline.selected = [stage.item, later, clean, slow, title]
    stage.person["VfiRepair"] = [choose("repair")]
    said = outcome(stage, installed)
    assert any("duplicate 1008: " in text and "missing 1013: " in text for text in stage.shown("VfiRepair"))

    placed = stage.timeline.tracks[1]
    assert [(item.start, item.duration, item.span) for item in placed] == [(86400, 8, (0, 8)), (86500, 6, (0, 6))]
    assert [item.media.properties["File Path"][-15:] for item in placed if item.media] == [
        "[1003-1010].exr",
        "[1011-1016].exr",
    ]
    assert stage.timeline.tracks[0] == [stage.item, later, clean, slow]
    assert stage.timeline.tracks[2] == [title]
    assert stage.timeline.names[1] == "VFI Repair"
    assert all(item.media and item.media.properties["Input Color Space"] == "Linear" for item in placed)
    assert "2 repaired, 0 already there, 15 untouched (link)" in said
    assert "is retimed" in said
    assert "titles, generators and compound clips" in said
    assert "Findings marked on the clips: 3." in said
    marks = [{marker["name"] for marker in item.markers.values()} for item in stage.timeline.tracks[0]]
    assert marks == [{"VFI duplicate"}, {"VFI missing"}, set(), {"VFI duplicate"}]

    for number in (REPEATED, LOST):
        assert pans.moment_of(pans.read(repaired(plate, number)), number) == pytest.approx(number, abs=0.1)
    assert repaired(plate, 1007).samefile(Path(plate).parent / "pan.1007.exr")
    (job,) = (json.loads(marker["customData"]) for marker in placed[0].markers.values())
    assert (job["source"], job["repaired"], job["model"]) == (plate, str(REPEATED), vfi.default_model())


@needs_a_shell
def test_what_a_person_corrects_counts_and_a_take_can_be_made(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 20, (2, 18), 16))
    wrong = choose("repair", leave="10O5")
    right = choose("repair", kind_missing=True, leave="1008", add="1011", placement=1, marks=False)
    stage.person["VfiRepair"] = [wrong, right]
    said = outcome(stage, installed)
    assert "a take" in said
    assert stage.item.take == 2
    assert stage.timeline.tracks == [[stage.item]]
    assert repaired(plate, REPEATED).samefile(Path(plate).parent / f"pan.{REPEATED}.exr")
    assert not repaired(plate, 1011).samefile(Path(plate).parent / "pan.1011.exr")
    assert {marker["name"] for marker in stage.item.markers.values()} == {"VFI Repair"}


@needs_a_shell
def test_a_clip_without_faults_asks_for_nothing(plate: str, installed: Installed) -> None:
    stage = Stage(Cut(plate, 20, (14, 19), 5))
    assert "Nothing is wrong" in outcome(stage, installed)
    assert stage.timeline.tracks == [[stage.item]]
    assert not stage.item.markers


def test_markers_lie_on_the_bad_frames_of_the_media_and_are_not_put_twice() -> None:
    """Frames of the media count from 0; the clip begins with the tenth, at half speed."""
    stage = Stage(Cut(span=(10, 22), duration=24))
    stage.item.AddMarker(12, "Green", "mine", "", 1, "")
    clip = read_clip(stage.timeline, stage.item)
    media = Media(clip.path, 1001, [clip])
    findings = [
        {"kind": "torn", "frames": [1013, 1014, 1016], "why": "a band"},
        {"kind": "flash", "frames": [1010, 1011], "why": "brighter"},
        {"kind": "black", "frames": [1050], "why": "nothing there"},
    ]
    for _ in range(2):
        assert mark_findings(media, clip, media.in_clip(clip, findings)) == []
    markers = {frame: (marker["name"], marker["duration"]) for frame, marker in stage.item.markers.items()}
    assert markers == {12: ("mine", 1), 13: ("VFI torn", 2), 15: ("VFI torn", 1), 10: ("VFI flash", 1)}
    assert len({marker["color"] for marker in stage.item.markers.values()}) == 3


def test_markers_that_were_not_set_are_said() -> None:
    stage = Stage()
    stage.app.stubborn.add("marker")
    clip = read_clip(stage.timeline, stage.item)
    media = Media(clip.path, 1001, [clip])
    (note,) = mark_findings(media, clip, [{"kind": "torn", "frames": [1012, 1013], "why": "a band"}])
    assert note == 'Resolve did not set markers on "plate.[1001-1100].exr" for torn 1012-1013.'


def test_a_drop_is_left_whole_or_not_at_all_and_kinds_are_chosen() -> None:
    findings = [{"kind": "dropped", "frames": [1004, 1005]}, {"kind": "flash", "frames": [1008, 1009]}]
    both = Corrections(frozenset({"dropped", "flash"}), leave=frozenset({1005, 1008}))
    assert both.applied(findings) == [{"kind": "flash", "frames": [1009]}]
    assert Corrections(frozenset({"dropped"})).applied(findings) == findings[:1]
    (added,) = Corrections(frozenset(), add=frozenset({7, 3})).applied(findings)
    assert added["frames"] == [3, 7]


@pytest.mark.parametrize("text", ["", "1010", "-5--3 0 2-4, 9"])
def test_frames_are_read_as_they_are_written(text: str) -> None:
    assert frames_text(parse_frames(text)) == text.replace(",", "")


@pytest.mark.parametrize("text", ["x", "5-1", "1-999999", "1.5"])
def test_frames_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(WrongInputError, match="write 1010 1015-1017"):
        parse_frames(text)
