"""A8: missing, dropped, blurred, flashing, torn and damaged frames are named and made anew; nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfi_plugin.demo.texture import Texture
from vfi_plugin.evaluate.metrics import psnr_log

from .mending import (
    HEIGHT,
    VELOCITY,
    WIDTH,
    Picture,
    after,
    changed,
    command,
    digests,
    file_of,
    findings,
    frames_named,
    header,
    moved,
    place_of,
    read,
    steps,
    surface,
    write,
)

NUMBERS = range(1001, 1061)
MISSING = (1015, 1016, 1017)
DROP = (1029, 1030)
BLURRED, FLASH, TORN, NOT_FINITE, UNREADABLE = 1040, 1045, 1050, 1055, 1001
LEAST_PSNR = {1016: 30.0, **dict.fromkeys((BLURRED, FLASH, TORN, NOT_FINITE), 34.0)}
INSERTED = 1030
"""Number of the frame that is put into the drop; those from 1030 on move by one."""


@cache
def texture() -> Texture:
    return surface(41)


def time_of(number: int) -> int:
    """Frames since the first, the lost one counted."""
    return number - 1001 + (number >= DROP[1])


def truth(number: int) -> Picture:
    return moved(texture(), after(time_of(number)))


def broken(number: int) -> Picture:
    picture = truth(number)
    if number == BLURRED:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), 5.0), np.float32)
    if number == FLASH:
        return picture * np.float32(4)
    if number == TORN:
        random = np.random.default_rng(3)
        rows = random.permutation(HEIGHT)[: HEIGHT // 2]
        picture[rows] = random.random((len(rows), WIDTH, 3), np.float32)
    if number == NOT_FINITE:
        picture[60:80, 100:140] = np.nan
    return picture


@dataclass(frozen=True)
class Broken:
    """The clip and its report."""

    source: Path
    pattern: str
    report: Path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    folder = tmp_path_factory.mktemp("a8")
    pattern = write(folder / "in", {number: broken(number) for number in NUMBERS if number not in MISSING})
    whole = file_of(folder / "in", UNREADABLE).read_bytes()
    file_of(folder / "in", UNREADABLE).write_bytes(whole[: len(whole) // 2])
    done = command("scan", pattern, "--report", folder / "report.json")
    assert done.code == 0, done.err
    return Broken(folder / "in", pattern, folder / "report.json")


@dataclass(frozen=True)
class Mended:
    folder: Path
    said: str


@pytest.fixture(scope="module")
def mended(clip: Broken, tmp_path_factory: pytest.TempPathFactory) -> Mended:
    """All defects, the drop filled."""
    folder = tmp_path_factory.mktemp("a8 mended")
    done = command("repair", clip.pattern, folder / "clip.####.exr", "--report", clip.report, "--drops", "insert")
    assert done.code == 0, done.err
    return Mended(folder, done.out)


def test_every_defect_is_named_with_its_kind_and_frame_and_nothing_else(clip: Broken) -> None:
    found = sorted((each["kind"], frame) for each in findings(clip.report) for frame in each["frames"])
    expected = [("missing", number) for number in MISSING] + [("dropped", number) for number in DROP]
    expected += [
        ("blurred", BLURRED),
        ("flash", FLASH),
        ("torn", TORN),
        ("nan", NOT_FINITE),
        ("unreadable", UNREADABLE),
    ]
    assert found == sorted(expected)
    (drop,) = [each for each in findings(clip.report) if each["kind"] == "dropped"]
    assert drop["lost"] == 1
    assert all(each["why"] for each in findings(clip.report))


def test_a_clip_that_is_fast_and_streaked_throughout_has_no_defect(tmp_path: Path) -> None:
    fast = (13.0, -5.0)
    places = {number: (fast[0] * (number - 1001), fast[1] * (number - 1001)) for number in NUMBERS}
    frames = {number: moved(texture(), place, (0.5 * fast[0], 0.5 * fast[1])) for number, place in places.items()}
    pattern = write(tmp_path / "in", frames)
    assert command("scan", pattern, "--report", tmp_path / "r.json").code == 0
    assert findings(tmp_path / "r.json") == []


def test_the_drop_is_filled_and_everything_good_is_the_file_that_it_was(clip: Broken, mended: Mended) -> None:
    before, now = digests(clip.source), digests(mended.folder)
    assert sorted(now) == list(range(1001, 1062))
    bad = {UNREADABLE, BLURRED, FLASH, TORN, NOT_FINITE}
    for number in set(before) - bad:
        moved_to = number + (number >= DROP[1])
        assert now[moved_to] == before[number], number
    made = {number for number in now if "vfi/repair" in header(mended.folder, number)}
    assert made == {UNREADABLE, *MISSING, INSERTED, *(number + 1 for number in bad if number > INSERTED)}


def quality(folder: Path, number: int, shift: int = 0) -> float:
    """PSNR of a frame against what it should show; NaN counts as nothing right."""
    db = psnr_log(read(folder, number + shift * (number >= DROP[1])), truth(number))
    return -np.inf if np.isnan(db) else db


def test_frames_made_anew_are_near_the_truth_and_the_broken_ones_were_not(clip: Broken, mended: Mended) -> None:
    for number, least in LEAST_PSNR.items():
        now = quality(mended.folder, number, shift=1)
        before = -np.inf if number in MISSING else quality(clip.source, number)
        print(f"A8 frame {number}: {before:.2f} dB before, {now:.2f} dB after")
        assert now >= least > before, number
    inserted = psnr_log(read(mended.folder, INSERTED), moved(texture(), after(INSERTED - 1001)))
    print(f"A8 frame put in: {inserted:.2f} dB")
    assert inserted >= 34


def test_the_first_frame_is_continued_backwards_or_said_to_be_held(mended: Mended) -> None:
    number = UNREADABLE
    now, held = quality(mended.folder, number), psnr_log(truth(number + 1), truth(number))
    print(f"A8 first frame: {now:.2f} dB, held {held:.2f} dB")
    told = f"{header(mended.folder, number)['vfi/repair']} {mended.said}"
    assert now >= held + 3 or "hold" in told


def test_the_drop_can_be_spread_so_that_the_length_stays(clip: Broken, tmp_path: Path) -> None:
    told = ("--report", clip.report, "--kinds", "dropped", "--drops", "spread")
    done = command("repair", clip.pattern, tmp_path / "clip.####.exr", *told)
    assert done.code == 0, done.err
    anew = changed(clip.source, tmp_path)
    assert set(digests(tmp_path)) - anew == set(digests(clip.source)) - anew
    assert anew
    assert all(abs(number - DROP[0]) <= 8 for number in anew)
    near = range(min(anew) - 1, max(anew) + 2)
    places = [place_of(read(tmp_path, number), texture(), after(time_of(number))) for number in near]
    paces = steps(places)[:, 0] / VELOCITY[0]
    print(f"A8 spread: frames {sorted(anew)}, steps {np.round(paces, 2)} of the pan's")
    assert paces.sum() == pytest.approx(len(near), abs=0.1)  # one more than there are steps: the lost frame
    assert paces.min() > 0.9
    assert paces.max() < 1.7


def test_a_list_written_by_hand_is_enough(clip: Broken, tmp_path: Path) -> None:
    listed = tmp_path / "bad.txt"
    listed.write_text("1040,1\n1015,3\n# note\n", "utf-8")
    done = command("repair", clip.pattern, tmp_path / "out" / "clip.####.exr", "--list", listed)
    assert done.code == 0, done.err
    assert sorted(digests(tmp_path / "out")) == list(NUMBERS)
    assert changed(clip.source, tmp_path / "out") == {BLURRED, *MISSING}
    assert quality(tmp_path / "out", BLURRED) >= LEAST_PSNR[BLURRED]


def test_a_gap_longer_than_allowed_is_refused_unless_forced(clip: Broken, tmp_path: Path) -> None:
    listed = tmp_path / "bad.txt"
    listed.write_text("1015,3\n", "utf-8")
    words = ("repair", clip.pattern, tmp_path / "out" / "clip.####.exr", "--list", listed, "--max-gap", "2")
    refused = command(*words)
    assert refused.code != 0
    assert "--force" in refused.err
    assert "1015" in refused.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    assert command(*words, "--force", "--dry-run").code == 0
    assert command(*words[:-1], "3", "--dry-run").code == 0


def test_frames_named_by_the_report_and_taken_out_by_hand_are_left_alone(clip: Broken, tmp_path: Path) -> None:
    listed = tmp_path / "edited.json"
    listed.write_text('{"findings": [{"kind": "flash", "frames": [1045]}]}', "utf-8")
    assert frames_named(listed, "flash") == {FLASH}
    done = command("repair", clip.pattern, tmp_path / "out" / "clip.####.exr", "--report", listed)
    assert done.code == 0, done.err
    assert changed(clip.source, tmp_path / "out") == {FLASH}
