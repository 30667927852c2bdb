"""New frames in the media pool and on the timeline: beside what is there, and looked at afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from vfi_resolve import media_path
from vfi_resolve.choices import NEW_TRACK, Choices
from vfi_resolve.errors import HostRefusedError, NothingToRetimeError
from vfi_resolve.host import current_timeline
from vfi_resolve.job import Job, make_job
from vfi_resolve.marker import add_marker
from vfi_resolve.media_path import Frames, first_number, frames_beside, same_path
from vfi_resolve.media_pool import copy_colour, import_frames, set_rate
from vfi_resolve.placement import Arrival, on_new_track, place_as_take, place_on_new_track
from vfi_resolve.timeline_clip import read_clip

from .fake_resolve_media import FakeMedia
from .fake_resolve_stage import Cut, Stage
from .fake_resolve_timeline import FakeItem


def rendered(folder: Path, count: int = 24) -> Frames:
    """Files with the names of rendered frames."""
    frames = frames_beside(str(folder / "plate.[1001-1100].exr"), "24f", 1001, count)
    Path(frames.folder).mkdir(parents=True)
    for number in range(frames.first, frames.last + 1):
        Path(frames.printf % number).touch()
    return frames


def arrival_of(stage: Stage, length: int = 24, rate: str = "24") -> Arrival:
    """New frames that came into the media pool."""
    media = FakeMedia(stage.app, "/shots/new.[1001-1024].exr", length, FPS=rate)
    stage.pool.root.clips.append(media)
    clip = read_clip(stage.timeline, stage.item)
    stage.app.page = "edit"
    return Arrival(stage.pool, stage.timeline, clip, media, length)


def spread(stage: Stage) -> list[list[tuple[int, int]]]:
    """Start and duration of the clips of each track."""
    return [[(item.start, item.duration) for item in track] for track in stage.timeline.tracks]


def job_of(stage: Stage) -> Job:
    clip = read_clip(stage.timeline, stage.item)
    return make_job(clip, Choices(clip.span, Fraction(1, 2), 48, "dis", NEW_TRACK, overwrite=False), 1001)


@pytest.mark.parametrize(
    ("path", "number"),
    [("/s/plate.[1001-1100].exr", 1001), ("/s [1-5]/a.mov", None), ("/s/a.[-5-20].dpx", -5), ("/s/still.exr", None)],
)
def test_the_first_file_of_a_sequence_is_told_by_its_name(path: str, number: int | None) -> None:
    assert first_number(path) == number


@pytest.mark.parametrize(
    ("media", "stem"),
    [
        ("/s/plate.[1001-1100].exr", "plate_x"),
        ("/s/größe v01_[0001-0100].dpx", "größe v01_x"),
        ("/s/A001.C002.mov", "A001.C002_x"),
        ("/s/100% #3.mov", "100_ _3_x"),
    ],
)
def test_new_frames_go_into_a_folder_of_their_own_beside_the_media(media: str, stem: str) -> None:
    frames = frames_beside(media, "x", 1001, 8)
    assert frames.pattern == f"/s/{stem}/{stem}.####.exr"
    assert frames.printf == f"/s/{stem}/{stem}.%04d.exr"
    assert frames.as_listed == f"/s/{stem}/{stem}.[1001-1008].exr"


@pytest.mark.parametrize(
    "folder", ["C:\\shots", "C:/shots", "\\\\nas\\share\\Zoë's shots [1-5]", "\\\\nas\\share", "//nas/share/a b"]
)
def test_drives_and_shares_of_windows_keep_their_place(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_path, "Path", PureWindowsPath)
    media = f"{folder}\\plate.[1001-1100].exr"
    assert first_number(media) == 1001
    assert first_number(f"{folder}\\A001.mov") is None
    frames = frames_beside(media, "x", 990, 20)
    place = folder.replace("/", "\\") + "\\plate_x"
    assert (frames.folder, frames.pattern) == (place, f"{place}\\plate_x.####.exr")
    assert frames.printf == f"{place}\\plate_x.%04d.exr"
    assert same_path(frames.as_listed, f"{folder}/plate_x/plate_x.[0990-1009].exr")


def test_both_kinds_of_slash_name_one_path() -> None:
    assert same_path("C:\\s\\a.mov", "C:/s\\a.mov")
    assert not same_path("/s/a.mov", "/s/b.mov")


def test_frames_are_imported_into_our_folder_and_the_open_one_is_open_again(tmp_path: Path) -> None:
    stage = Stage()
    frames = rendered(tmp_path)
    clip: Any
    clip, notes = import_frames(stage.pool, frames)
    assert notes == []
    assert [folder.name for folder in stage.pool.root.folders] == ["VFI Retime"]
    assert stage.pool.root.folders[0].clips == [clip]
    assert clip.properties["Frames"] == "24"
    assert stage.pool.current is stage.pool.root


def test_frames_that_were_imported_before_are_not_imported_twice(tmp_path: Path) -> None:
    stage = Stage()
    frames = rendered(tmp_path)
    first, _ = import_frames(stage.pool, frames)
    assert import_frames(stage.pool, frames) == (first, [])
    assert len(stage.pool.root.folders) == 1
    assert len(stage.pool.root.folders[0].clips) == 1


def test_an_import_that_does_not_come_off_is_seen(tmp_path: Path) -> None:
    stage = Stage()
    with pytest.raises(HostRefusedError, match="import these frames by hand"):
        import_frames(stage.pool, frames_beside(str(tmp_path / "a.mov"), "x", 1, 5))
    assert stage.pool.current is stage.pool.root

    stage.app.individual_frames = True
    with pytest.raises(HostRefusedError, match="Show Individual Frames"):
        import_frames(stage.pool, rendered(tmp_path))


def test_a_folder_that_does_not_open_gets_nothing(tmp_path: Path) -> None:
    stage = Stage()
    stage.app.stubborn.add("folder")
    with pytest.raises(HostRefusedError, match="does not open the folder"):
        import_frames(stage.pool, rendered(tmp_path))
    assert stage.pool.root.clips == [stage.media]


def test_a_folder_that_does_not_open_again_is_said(tmp_path: Path) -> None:
    stage = Stage()
    stage.app.stubborn.add("root folder")
    clip, notes = import_frames(stage.pool, rendered(tmp_path))
    assert stage.pool.root.folders[0].clips == [clip]
    assert notes == ['Open the folder "Master" of the media pool again: Resolve did not.']


def test_a_sequence_with_other_frames_than_were_rendered_is_refused(tmp_path: Path) -> None:
    stage = Stage()
    frames = rendered(tmp_path)
    Path(frames.printf % 1010).unlink()
    with pytest.raises(HostRefusedError, match="counts 23 frames"):
        import_frames(stage.pool, frames)


def test_colour_is_carried_over_and_what_did_not_take_is_said() -> None:
    stage = Stage()
    colour = {"Input Color Space": "ARRI LogC3", "Data Level": "Full", "Input LUT": "show.cube", "IDT": ""}
    stage.media.properties.update(colour)
    new = FakeMedia(stage.app, "/new.exr", 24)
    stage.app.stubborn.add("Data Level")
    notes = copy_colour(stage.media, new)
    assert new.properties["Input Color Space"] == "ARRI LogC3"
    assert [note.split('"')[1] for note in notes] == ["Input LUT", "Data Level"]
    assert 'to "show.cube" by hand' in notes[0]


@pytest.mark.parametrize(("timeline", "exact"), [("25", Fraction(25)), ("23.976", Fraction(24000, 1001))])
def test_new_frames_run_at_the_rate_of_the_timeline(timeline: str, exact: Fraction) -> None:
    stage = Stage()
    new = FakeMedia(stage.app, "/new.exr", 24, FPS="24")
    set_rate(new, exact, timeline)
    assert new.properties["FPS"] == timeline


def test_a_rate_that_does_not_take_stops_before_anything_is_placed() -> None:
    stage = Stage()
    stage.app.stubborn.add("FPS")
    with pytest.raises(HostRefusedError, match="plays the new clip at 24"):
        set_rate(FakeMedia(stage.app, "/new.exr", 24), Fraction(25), "25")


@pytest.mark.parametrize("inserts", [True, False])
def test_a_new_clip_gets_a_track_of_its_own_above_the_old_one(inserts: bool) -> None:
    stage = Stage(Cut(tracks=2))
    title = stage.timeline.put(2, FakeItem(stage.app, None, 86400, (0, 0), 24))
    stage.app.inserts_tracks = inserts
    placed, track = place_on_new_track(arrival_of(stage, 48))
    assert track == (2 if inserts else 3)
    assert stage.timeline.tracks[track - 1] == [placed]
    assert stage.timeline.names[track - 1] == "VFI Retime"
    assert (title in stage.timeline.tracks[2]) == inserts  # titles stay above, where this Resolve can
    assert [(86400, 48)] in spread(stage)
    assert [(86400, 24)] in spread(stage)


def test_a_clip_that_was_dropped_without_a_word_is_noticed_and_its_track_removed() -> None:
    stage = Stage()
    arrival = arrival_of(stage)
    stage.app.drops_appends = True
    with pytest.raises(HostRefusedError, match="put nothing there"):
        place_on_new_track(arrival)
    assert spread(stage) == [[(86400, 24)]]


def test_a_clip_of_another_length_is_noticed_and_removed() -> None:
    stage = Stage()
    with pytest.raises(HostRefusedError, match=r"24 frames at 86400 were to be put .* 12 frames at 86400"):
        place_on_new_track(arrival_of(stage, rate="48"))
    assert spread(stage) == [[(86400, 24)]]


@pytest.mark.parametrize(("idle", "left"), [(1, ""), (2, "is left on video track 2: delete it")])
def test_a_wrong_clip_that_stays_is_deleted_once_more_and_then_said(idle: int, left: str) -> None:
    stage = Stage()
    arrival = arrival_of(stage, rate="48")
    stage.app.idle_deletions = idle
    with pytest.raises(HostRefusedError, match=f"place them by hand.*{left}$"):
        place_on_new_track(arrival)
    assert len(spread(stage)) == (2 if left else 1)


def test_a_track_that_stays_and_one_without_its_name_are_said() -> None:
    stage = Stage()
    stage.app.stubborn = {"track deletion", "track name"}
    with pytest.raises(HostRefusedError, match="video track 2 is left, and empty: delete it"):
        place_on_new_track(arrival_of(stage, rate="48"))
    arrival = arrival_of(stage)
    _, track = place_on_new_track(arrival)
    assert on_new_track(arrival, track).startswith('on video track 2 (name it "VFI Retime" by hand: Resolve did not);')


def test_a_track_that_was_not_added_is_noticed() -> None:
    stage = Stage()
    stage.app.stubborn.add("track")
    with pytest.raises(HostRefusedError, match="adds no video track"):
        place_on_new_track(arrival_of(stage))


def test_a_take_is_added_and_shown_and_the_old_one_is_kept() -> None:
    stage = Stage()
    arrival = arrival_of(stage)
    item: Any = place_as_take(arrival)
    assert item is stage.item
    assert [media for media, _ in item.takes] == [stage.media, arrival.media]
    assert (item.take, item.span, spread(stage)) == (2, (0, 24), [[(86400, 24)]])


def test_a_take_on_which_the_speed_of_the_clip_works_is_taken_back() -> None:
    stage = Stage(Cut(span=(10, 22), duration=24))
    stage.app.takes_keep_speed = True
    arrival = replace(arrival_of(stage), length=24)
    with pytest.raises(HostRefusedError, match="12 of its 24 frames"):
        place_as_take(arrival)
    assert (stage.item.take, stage.item.media, stage.item.span) == (1, stage.media, (10, 22))
    assert len(stage.item.takes) == 1


def test_a_take_that_stays_is_said() -> None:
    stage = Stage(Cut(span=(10, 22), duration=24))
    stage.app.takes_keep_speed, stage.app.stubborn = True, {"take"}
    with pytest.raises(HostRefusedError, match="does not take it away again: delete it in the clip's take selector"):
        place_as_take(arrival_of(stage))
    assert stage.item.take == 1


def test_the_clip_is_marked_with_its_job_beside_the_markers_that_it_has() -> None:
    stage = Stage()
    stage.item.AddMarker(0, "Red", "mine", "", 1, "")
    assert add_marker(stage.item, job_of(stage)) == []
    assert stage.item.markers[0.0]["name"] == "mine"
    job = json.loads(stage.item.markers[1.0]["customData"])
    assert (job["vfi"], job["first"], job["last"]) == (1, "1011", "2069/2")
    assert (job["count"], job["speed"]) == (48, "50")


def test_a_marker_that_was_not_set_is_said() -> None:
    stage = Stage()
    stage.app.stubborn.add("marker")
    (note,) = add_marker(stage.item, job_of(stage))
    assert "has no marker" in note


def test_the_edit_page_is_opened_and_a_page_that_does_not_open_is_noticed() -> None:
    stage = Stage()
    _, timeline = current_timeline(stage.host.resolve)
    assert (timeline, stage.app.page) == (stage.timeline, "edit")

    stage = Stage()
    stage.app.stubborn.add("page")
    with pytest.raises(HostRefusedError, match="does not open its Edit page"):
        current_timeline(stage.host.resolve)


def test_without_a_timeline_it_is_said_what_to_open() -> None:
    stage = Stage()
    stage.app.timeline = None
    with pytest.raises(NothingToRetimeError, match="no timeline is open"):
        current_timeline(stage.host.resolve)
