"""Repairs of tiny clips whose truth is known at every moment."""

from __future__ import annotations

import errno
import json
import os
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np
import OpenEXR
import pytest
import small_pans as pans

import vfi_plugin as vfi
from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled, SettingsMismatchError, UsageError
from vfi_plugin.render.progress import Silent
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.repair_report import RepairReport
from vfi_plugin.repair.scan_report import Cadence, Context, ScanReport

NUMBERS = range(1001, 1013)


def repair(source: str, target: Path | None, **options: Any) -> RepairReport:
    name = None if target is None else target / "pan.####.exr"
    return vfi.repair_clip(source, name, **{"model": "dis", "device": "cpu", **options})


def frame(folder: Path, number: int) -> Path:
    return folder / f"pan.{number}.exr"


def numbers_in(folder: Path) -> list[int]:
    return sorted(int(path.name.split(".")[1]) for path in folder.iterdir())


def told(folder: Path, number: int) -> str:
    return str(pans.header_of(frame(folder, number))["vfi/repair"])


def save_report(path: Path, *findings: Finding, cuts: tuple[int, ...] = ()) -> Path:
    ScanReport("pan", tuple(NUMBERS), findings, Context(cuts=cuts)).save(path)
    return path


@pytest.fixture
def pan(tmp_path: Path) -> str:
    """Twelve good frames."""
    return pans.write_moments(tmp_path / "in", NUMBERS)


def test_a_repeat_is_made_anew_in_its_place_and_all_else_is_the_very_same_file(tmp_path: Path) -> None:
    moments = [number - (number in (1004, 1009)) for number in NUMBERS]
    source = pans.write_moments(tmp_path / "in", moments)
    found = save_report(
        tmp_path / "scan.json", Finding(Kind.DUPLICATE, (1004,), 3, ""), Finding(Kind.DUPLICATE, (1009,), 2, "")
    )
    done = repair(source, tmp_path / "out", report=found)
    assert done.written == (1004, 1009)
    assert numbers_in(tmp_path / "out") == list(NUMBERS)
    for number in NUMBERS:
        ours, theirs = frame(tmp_path / "out", number), frame(tmp_path / "in", number)
        if number not in done.written:
            assert ours.samefile(theirs)
        elif number in done.written:
            assert pans.moment_of(pans.read(ours), number) == pytest.approx(number, abs=0.05)
            assert pans.psnr(pans.read(ours), pans.picture(number)) > 45
    assert told(tmp_path / "out", 1004) == "duplicate: made from 1003 and 1005 at 1/2"


def test_copies_are_the_same_bytes_of_another_file(tmp_path: Path, pan: str) -> None:
    repair(pan, tmp_path / "out", frames="1005", keep="copy")
    before, after = pans.bytes_of(tmp_path / "in"), pans.bytes_of(tmp_path / "out")
    assert {name for name in before if before[name] != after[name]} == {"pan.1005.exr"}
    assert not frame(tmp_path / "out", 1001).samefile(frame(tmp_path / "in", 1001))


def test_where_no_links_can_be_made_files_are_copied_and_that_is_said(
    tmp_path: Path, pan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    done = repair(pan, tmp_path / "out", frames="1005", method="blend")
    assert done.keep == "copy"
    assert "hard links cannot be made" in " ".join(done.notes)
    assert frame(tmp_path / "out", 1001).read_bytes() == frame(tmp_path / "in", 1001).read_bytes()


def test_in_place_only_bad_frames_are_rewritten_and_their_originals_kept(tmp_path: Path, pan: str) -> None:
    before = pans.bytes_of(tmp_path / "in")
    done = repair(pan, None, in_place=True, frames="1005 1008")
    after = pans.bytes_of(tmp_path / "in")
    assert {name for name in before if before[name] != after[name]} == {"pan.1005.exr", "pan.1008.exr"}
    kept = pans.bytes_of(tmp_path / "in" / "pan_originals")
    assert kept == {name: before[name] for name in ("pan.1005.exr", "pan.1008.exr")}
    assert done.backup == str(tmp_path / "in" / "pan_originals")
    again = repair(pan, None, in_place=True, frames="1005 1008")
    assert again.skipped == (1005, 1008)
    assert pans.bytes_of(tmp_path / "in") == after


def test_in_place_frames_are_made_from_originals_though_these_are_rewritten(tmp_path: Path) -> None:
    """A hold's own picture moves to the middle of the hold, so every frame is both a source and rewritten."""
    moments = [1001 + 2 * ((number - 1001) // 2) for number in NUMBERS]
    source = pans.write_moments(tmp_path / "in", moments)
    options = {"frames": "1002-1012x2", "kinds": "duplicate", "policy": "centre"}
    repair(source, tmp_path / "out", **options)
    repair(source, None, in_place=True, **options)
    for number in range(1002, 1012):
        ours = pans.read(frame(tmp_path / "in", number))
        assert np.array_equal(ours, pans.read(frame(tmp_path / "out", number)))
        assert pans.moment_of(ours, number) == pytest.approx(number - 0.5, abs=0.15)
    repair(source, None, in_place=True, overwrite=True, **options)
    assert np.array_equal(pans.read(frame(tmp_path / "in", 1006)), pans.read(frame(tmp_path / "out", 1006)))
    with pytest.raises(UsageError, match="no-backup"):
        repair(source, None, in_place=True, no_backup=True, **options)


def test_a_repair_in_place_that_was_stopped_goes_on_to_the_same_files(tmp_path: Path, pan: str) -> None:
    stop = Cancellation()

    class StopAfterOne(Silent):
        def frame_done(self, done: int, total: int, name: str) -> None:
            stop.request()

    shutil.copytree(tmp_path / "in", tmp_path / "twin")
    with pytest.raises(Cancelled):
        repair(pan, None, in_place=True, frames="1003 1006 1009", progress=StopAfterOne(), cancellation=stop)
    repair(pan, None, in_place=True, frames="1003 1006 1009")
    repair(str(tmp_path / "twin" / "pan.####.exr"), None, in_place=True, frames="1003 1006 1009")
    assert pans.bytes_of(tmp_path / "in") == pans.bytes_of(tmp_path / "twin")
    assert pans.bytes_of(tmp_path / "in" / "pan_originals") == pans.bytes_of(tmp_path / "twin" / "pan_originals")
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_a_backup_of_another_file_is_never_overwritten(tmp_path: Path, pan: str) -> None:
    (tmp_path / "safe").mkdir()
    (tmp_path / "safe" / "pan.1005.exr").write_bytes(b"of yesterday")
    with pytest.raises(SettingsMismatchError, match="1005"):
        repair(pan, None, in_place=True, frames="1005", backup=tmp_path / "safe")
    assert (tmp_path / "safe" / "pan.1005.exr").read_bytes() == b"of yesterday"


def test_removed_repeats_leave_numbered_links_with_a_constant_step(tmp_path: Path) -> None:
    moments = [1001, 1002, 1003, 1004, 1004, 1005, 1006, 1007, 1008, 1008]
    source = pans.write_moments(tmp_path / "in", moments)
    (tmp_path / "dups.txt").write_text("# repeats\n1005,1\n1010,1\n")
    done = repair(source, tmp_path / "out", list=tmp_path / "dups.txt", duplicates="remove")
    assert numbers_in(tmp_path / "out") == list(range(1001, 1009))
    assert done.removed == (1005, 1010)
    for number in range(1001, 1009):
        assert np.array_equal(pans.read(frame(tmp_path / "out", number)), pans.picture(number).astype(np.float16))


def test_lost_frames_are_inserted_or_the_jump_is_spread(tmp_path: Path) -> None:
    moments = [number + (number >= 1007) for number in NUMBERS]
    source = pans.write_moments(tmp_path / "in", moments)
    found = save_report(tmp_path / "scan.json", Finding(Kind.DROPPED, (1006, 1007), 2, "", lost=1))
    repair(source, tmp_path / "more", report=found, drops="insert")
    assert numbers_in(tmp_path / "more") == [*NUMBERS, 1013]
    assert pans.moment_of(pans.read(frame(tmp_path / "more", 1007)), 1007) == pytest.approx(1007, abs=0.05)
    assert frame(tmp_path / "more", 1013).samefile(frame(tmp_path / "in", 1012))
    done = repair(source, tmp_path / "same", report=found)
    assert numbers_in(tmp_path / "same") == list(NUMBERS)
    moments = [pans.moment_of(pans.read(frame(tmp_path / "same", number)), number + 0.5) for number in NUMBERS]
    assert np.diff(moments)[1:10] == pytest.approx(10 / 9, abs=0.15)
    assert {entry.what for entry in done.frames} == {"spread"}


def test_missing_frames_get_the_nearest_header_and_the_timecode_of_their_number(tmp_path: Path) -> None:
    for number in NUMBERS:
        if number not in (1005, 1006):
            header = {"framesPerSecond": Fraction(24), "comment": f"shot as {number}"}
            header["timeCode"] = OpenEXR.TimeCode(1, 2, 3, number - 1000, *[False] * 6, *[0] * 8)
            pans.write(frame(tmp_path / "in", number), pans.picture(number), header)
    repair(str(tmp_path / "in" / "pan.####.exr"), tmp_path / "out", frames="1005-1006")
    for number, near in ((1005, 1004), (1006, 1007)):
        made = pans.header_of(frame(tmp_path / "out", number))
        assert made["comment"] == f"shot as {near}"
        assert made["timeCode"].frame == number - 1000
        assert float(made["vfi/source"]) == number
        assert told(tmp_path / "out", number).startswith("missing: made from 1004 and 1007")
        assert pans.psnr(pans.read(frame(tmp_path / "out", number)), pans.picture(number)) > 34


def test_the_first_frame_goes_back_as_the_next_two_move(tmp_path: Path, pan: str) -> None:
    frame(tmp_path / "in", 1001).write_bytes(b"not a picture at all")
    done = repair(pan, tmp_path / "out", frames="1001")
    ours = pans.read(frame(tmp_path / "out", 1001))
    assert pans.moment_of(ours, 1001) == pytest.approx(1001, abs=0.1)
    assert "extrapolated from 1002 and 1003" in told(tmp_path / "out", 1001)
    assert "extrapolated" in " ".join(done.plan)


@pytest.mark.parametrize("bad", ["unreadable", "nan"])
def test_a_neighbour_that_is_damaged_is_not_used_though_nobody_listed_it(tmp_path: Path, pan: str, bad: str) -> None:
    if bad == "nan":
        pixels = pans.picture(1006)
        pixels[20:22, 30] = np.nan
        pans.write(frame(tmp_path / "in", 1006), pixels)
    else:
        whole = frame(tmp_path / "in", 1006).read_bytes()
        frame(tmp_path / "in", 1006).write_bytes(whole[: len(whole) // 2])
    done = repair(pan, tmp_path / "out", frames="1005")
    assert [entry.sources for entry in done.frames] == [(1004, 1007)]
    assert "1006 cannot be used, so no frame is made from it" in " ".join(done.notes)
    assert frame(tmp_path / "out", 1006).samefile(frame(tmp_path / "in", 1006))


@pytest.mark.parametrize("told_by", ["a report", "a person"])
def test_no_frame_is_made_of_two_shots(tmp_path: Path, told_by: str) -> None:
    for number in NUMBERS:
        pans.write(frame(tmp_path / "in", number), pans.picture(number, other=number >= 1007))
    pans.write(frame(tmp_path / "in", 1006), np.zeros((pans.HEIGHT, pans.WIDTH, 3), np.float32))
    source = str(tmp_path / "in" / "pan.####.exr")
    if told_by == "a report":
        found = save_report(tmp_path / "scan.json", Finding(Kind.BLACK, (1006,), 1, ""), cuts=(1007,))
        done = repair(source, tmp_path / "out", report=found)
    else:
        done = repair(source, tmp_path / "out", frames="1006", cuts="1007")
    assert [entry.sources for entry in done.frames] == [(1004, 1005)]
    ours = pans.read(frame(tmp_path / "out", 1006))
    assert pans.moment_of(ours, 1006) == pytest.approx(1006, abs=0.1)
    assert pans.psnr(ours, pans.picture(1006)) > pans.psnr(ours, pans.picture(1006, other=True)) + 15


def test_a_cut_that_nobody_told_is_found_and_the_bad_frame_is_the_earlier_shots(tmp_path: Path) -> None:
    shots = material.shots(160, 90)
    (tmp_path / "in").mkdir()
    for number in range(1026, 1036):
        planes = {name: plane * (number != 1030) for name, plane in shots.planes(number).items()}
        material.write_exr(frame(tmp_path / "in", number), planes)
    done = repair(str(tmp_path / "in" / "pan.####.exr"), tmp_path / "out", frames="1030")
    assert [entry.sources for entry in done.frames] == [(1028, 1029)]
    assert "shots begin at 1031" in " ".join(done.notes)


def test_a_repeat_in_the_middle_of_a_hold_that_is_damaged_is_no_picture_of_it(tmp_path: Path) -> None:
    source = pans.write_moments(tmp_path / "in", [1001 + 3 * ((number - 1001) // 3) for number in NUMBERS])
    pixels = pans.picture(1004)
    pixels[5, 5] = np.inf
    pans.write(frame(tmp_path / "in", 1005), pixels)
    repeats = "1002-1003 1005-1006 1008-1009 1011-1012"
    done = repair(source, tmp_path / "out", frames=repeats, policy="centre", kinds="duplicate", dry_run=True)
    made = {entry.number: entry for entry in done.frames}
    assert made[1005].what == "nan"
    assert (made[1005].sources, made[1003].sources) == ((1004, 1008), (1002, 1004))


def test_repeats_that_reach_a_rate_are_told_to_be_removed_rather(tmp_path: Path, pan: str) -> None:
    context = Context(cadences=(Cadence((1, 1, 1, 2), 1001, 1010),))
    ScanReport("pan", tuple(NUMBERS), (Finding(Kind.DUPLICATE, (1005,), 2, ""),), context).save(tmp_path / "scan.json")
    done = repair(pan, tmp_path / "out", report=tmp_path / "scan.json", dry_run=True)
    assert "1001-1010 were added to reach a rate; --duplicates remove" in " ".join(done.notes)


def test_why_there_is_no_good_frame_is_said(tmp_path: Path) -> None:
    source = pans.write_moments(tmp_path / "in", range(1001, 1005))
    for number in (1002, 1003):
        pixels = pans.picture(number)
        pixels[0, 0] = np.nan
        pans.write(frame(tmp_path / "in", number), pixels)
    with pytest.raises(UsageError, match=r"without a good one.*2 frames nearby are damaged"):
        repair(source, tmp_path / "out", frames="1004", max_gap=2)


def test_every_channel_of_a_repaired_frame_is_made_as_what_it_is(tmp_path: Path) -> None:
    ids = np.where(np.arange(pans.WIDTH) < 32, 2.0, 4.0).astype(np.float32)
    source = pans.write_moments(tmp_path / "in", NUMBERS, **{"id.r": np.tile(ids, (pans.HEIGHT, 1))})
    repair(source, tmp_path / "out", frames="1005")
    planes = material.read_exr(frame(tmp_path / "out", 1005))[1]
    assert set(np.unique(planes["id.r"])) == {2.0, 4.0}
    assert {name: plane.dtype for name, plane in planes.items()} == {
        **dict.fromkeys("RGB", np.dtype(np.float16)),
        "id.r": np.dtype(np.float32),
    }


def test_strength_mixes_the_new_frame_with_the_old_one(tmp_path: Path, pan: str) -> None:
    flat = np.full((pans.HEIGHT, pans.WIDTH, 3), 0.4, np.float32)
    pans.write(frame(tmp_path / "in", 1005), flat)
    found = save_report(tmp_path / "scan.json", Finding(Kind.BLURRED, (1005,), 2, ""))
    repair(pan, tmp_path / "all", report=found)
    repair(pan, tmp_path / "part", report=found, strength=0.25)
    whole, part = (pans.read(frame(tmp_path / name, 1005)) for name in ("all", "part"))
    assert part == pytest.approx(0.25 * whole + 0.75 * flat, abs=2e-3)
    assert "25% of it over the frame as it was" in told(tmp_path / "part", 1005)


def test_frames_made_with_the_same_settings_are_skipped_and_others_refused(tmp_path: Path, pan: str) -> None:
    repair(pan, tmp_path / "out", frames="1004 1008")
    before = pans.bytes_of(tmp_path / "out")
    grown = repair(pan, tmp_path / "out", frames="1004 1008 1011")
    assert (grown.written, grown.skipped) == ((1011,), (1004, 1008))
    assert before["pan.1004.exr"] == frame(tmp_path / "out", 1004).read_bytes()
    with pytest.raises(SettingsMismatchError, match="method: motion there, blend now"):
        repair(pan, tmp_path / "out", frames="1004 1008 1011", method="blend")
    with pytest.raises(SettingsMismatchError, match="1011"):
        repair(pan, tmp_path / "out", frames="1004 1008")
    back = repair(pan, tmp_path / "out", frames="1004 1008", overwrite=True)
    assert back.kept[1011] == 1011
    assert frame(tmp_path / "out", 1011).samefile(frame(tmp_path / "in", 1011))


def test_parts_of_a_list_repaired_one_after_the_other_give_the_same_frames(tmp_path: Path, pan: str) -> None:
    repair(pan, tmp_path / "whole", frames="1003 1006 1007")
    repair(pan, tmp_path / "parts", frames="1006 1007")
    repair(pan, tmp_path / "parts", frames="1003 1006 1007")
    assert pans.bytes_of(tmp_path / "whole") == pans.bytes_of(tmp_path / "parts")


def test_frames_of_an_earlier_longer_clip_in_the_target_are_told(tmp_path: Path, pan: str) -> None:
    pans.write(frame(tmp_path / "out", 1013), pans.picture(1013))
    done = repair(pan, tmp_path / "out", frames="1005", method="frame")
    assert "1013" in " ".join(done.notes)
    assert done.keep == "link"


def test_a_frame_that_cannot_be_read_is_no_part_of_its_own_repair(tmp_path: Path, pan: str) -> None:
    frame(tmp_path / "in", 1005).write_bytes(b"not a picture at all")
    repair(pan, tmp_path / "out", frames="1005", strength=0.3)
    assert told(tmp_path / "out", 1005) == "unreadable: made from 1004 and 1006 at 1/2"


def test_a_dry_run_tells_the_plan_and_writes_nothing(tmp_path: Path, pan: str) -> None:
    done = repair(pan, tmp_path / "out", frames="1005", dry_run=True)
    assert "1005 listed: made from 1004 and 1006 at 1/2" in done.plan
    assert [entry.done for entry in done.frames] == ["planned"]
    assert not (tmp_path / "out").exists()


def test_what_was_done_to_each_frame_is_written_for_programs(tmp_path: Path, pan: str) -> None:
    repair(pan, tmp_path / "out", frames="1005", report_out=tmp_path / "done.json", method="blend")
    said = json.loads((tmp_path / "done.json").read_text())
    [entry] = said["frames"]
    assert (entry["number"], entry["sources"], entry["t"], entry["done"]) == (1005, [1004, 1006], "1/2", "made")
    assert Path(entry["original"]) == frame(tmp_path / "in", 1005)
    assert Path(entry["repaired"]) == frame(tmp_path / "out", 1005)


def test_the_source_is_never_overwritten_by_mistake(tmp_path: Path, pan: str) -> None:
    with pytest.raises(UsageError, match="in-place"):
        repair(pan, tmp_path / "in", frames="1005")
    with pytest.raises(UsageError, match="numbers"):
        repair(pan, None, in_place=True, frames="1005", kinds="duplicate", duplicates="remove")
    with pytest.raises(UsageError, match="target"):
        repair(pan, None, frames="1005")


def hidden(tmp_path: Path) -> str:
    """A bright square that is in every other place in each frame, so no motion explains it, over the pan."""
    for number in NUMBERS:
        pixels = pans.picture(number)
        left = 8 if number % 2 else 40
        pixels[16:32, left : left + 16] = pans.picture(number * 37 % 101)[16:32, left : left + 16] * 2
        pans.write(frame(tmp_path / "in", number), pixels)
    return str(tmp_path / "in" / "pan.####.exr")


def test_confidence_is_low_where_both_frames_disagree_and_high_elsewhere(tmp_path: Path) -> None:
    repair(hidden(tmp_path), tmp_path / "out", frames="1005 1006", confidence=True)
    planes = material.read_exr(frame(tmp_path / "out", 1005))[1]
    confidence = planes["vfi.confidence"]
    assert confidence.dtype == np.float16
    assert confidence.min() >= 0
    assert confidence.max() <= 1
    assert confidence[20:28, 12:20].mean() < 0.4
    assert confidence[36:44, 16:48].mean() > 0.8


@pytest.mark.parametrize(("fallback", "model"), [("blend", "blend"), ("nearest", "copy")])
def test_a_frame_that_cannot_be_trusted_falls_back_and_says_so(tmp_path: Path, fallback: str, model: str) -> None:
    source = hidden(tmp_path)
    done = repair(source, tmp_path / "out", frames="1005 1006", fallback=fallback, fallback_under=0.9)
    entry = done.frames[0]
    assert entry.confidence is not None
    assert entry.confidence < 0.9
    first, last = (pans.read(frame(tmp_path / "in", number)) for number in (1004, 1007))
    wanted = first if fallback == "nearest" else first * 2 / 3 + last / 3
    assert pans.read(frame(tmp_path / "out", 1005)) == pytest.approx(wanted, abs=2e-3)
    assert f"confidence {entry.confidence:.2f}, so" in told(tmp_path / "out", 1005)
    assert pans.header_of(frame(tmp_path / "out", 1005))["vfi/model"] == model
    assert "motion not trusted: 1005-1006" in done.summary()


def test_a_steady_pan_is_trusted(tmp_path: Path, pan: str) -> None:
    done = repair(pan, tmp_path / "out", frames="1005", fallback="blend")
    assert done.frames[0].confidence == pytest.approx(1.0, abs=0.15)
    assert not done.frames[0].fallback


def test_frames_of_a_movie_are_repaired_into_a_sequence(tmp_path: Path, pan: str) -> None:
    pans.write(frame(tmp_path / "in", 1005), np.zeros((pans.HEIGHT, pans.WIDTH, 3), np.float32))
    vfi.retime(pan, tmp_path / "pan.mov", speed=1, rate=24, source_fps=24, method="frame")
    done = vfi.repair_clip(tmp_path / "pan.mov", tmp_path / "out" / "pan.####.exr", frames="5", model="dis")
    assert (done.keep, done.written) == ("written anew", (5,))
    shown = [pans.read(tmp_path / "out" / f"pan.{number:04d}.exr") for number in range(1, 13)]
    assert shown[3].mean() > 0.2
    assert np.abs(shown[4] - (shown[3] + shown[5]) / 2).mean() < 0.05
    assert "vfi/repair" not in pans.header_of(tmp_path / "out" / "pan.0004.exr")


def test_a_part_is_made_from_good_frames_outside_of_it(tmp_path: Path) -> None:
    source = pans.write_moments(tmp_path / "in", range(1001, 1011))
    target = str(tmp_path / "out" / "pan.####.exr")
    report = vfi.repair_clip(source, target, frames="1002 1006", part="1006-1008", method="blend")
    assert [frame.sources for frame in report.frames] == [(1005, 1007)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"pan.{n}.exr" for n in (1006, 1007, 1008)]
    with pytest.raises(UsageError, match="new numbers"):
        vfi.repair_clip(source, target, frames="1002", kinds="duplicate", duplicates="remove", part="1006-1008")


def test_frames_that_are_not_repaired_need_not_be_written(tmp_path: Path) -> None:
    source = pans.write_moments(tmp_path / "in", range(1001, 1007))
    target = str(tmp_path / "out" / "pan.####.exr")
    for done in ([1003], []):
        report = vfi.repair_clip(source, target, frames="1003", keep="none", method="blend")
        assert list(report.written) == done
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["pan.1003.exr"]
        assert not report.notes
    with pytest.raises(UsageError, match="is a movie"):
        vfi.repair_clip(source, str(tmp_path / "o.mkv"), frames="1003", keep="none")
