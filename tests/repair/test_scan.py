"""The scan as a whole: parts and the whole, stopping and going on, files that are broken, the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

import vfi_plugin as vfi
from vfi_plugin.cancellation import Cancellation
from vfi_plugin.cli.main import main
from vfi_plugin.errors import Cancelled, UsageError
from vfi_plugin.media.clip import Clip
from vfi_plugin.repair import scan as scan_module
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.measures_folder import PART_FRAMES
from vfi_plugin.repair.series import Series

from .made_clip import FIRST, MadeClip, Picture, backdrop, pan, series_of, view

COPIES = (20, 63, 64, 100)
"""Places of copies in the long clip, two of them on either side of the border of the first two parts."""


def position(place: int) -> float:
    moved = place
    while moved in COPIES:
        moved -= 1
    return float(moved)


WIDE = backdrop(1, width=700)


def long_pan(place: int) -> Picture:
    return view(WIDE, 3 * position(place))


class Notes:
    """Keeps what a scan tells."""

    def __init__(self) -> None:
        self.total, self.notes = -1, []  # type: ignore[var-annotated]

    def begin(self, total: int, summary: str) -> None:
        self.total = total

    def frame_done(self, done: int, total: int, name: str) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self, summary: str) -> None:
        pass


@pytest.fixture(scope="module")
def long_series() -> Series:
    return series_of(MadeClip(long_pan, 120))


def assert_same(one: Series, other: Series) -> None:
    for name in ("numbers", "fault", "digests", "faults", "pairs"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("change", "flow", "texture", "trust", "noise", "doubt", "cuts", "mixes"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


@pytest.mark.parametrize("border", [1, 7, 63, 64, 113])
def test_measures_are_the_same_wherever_a_part_begins(long_series: Series, border: int) -> None:
    clip = MadeClip(long_pan, 120)
    part = series_of(clip, range(border, min(border + 8, 120)))
    assert_same(part, long_series.between(part.numbers[0], part.numbers[-1]))


def test_measures_come_back_from_a_file_as_they_were(long_series: Series, tmp_path: Path) -> None:
    long_series.save(tmp_path / "part.npz", "key")
    key, again = Series.load(tmp_path / "part.npz")
    assert key == "key"
    assert_same(again, long_series)


def write_exr(path: Path, picture: Picture) -> None:
    planes = {name: np.ascontiguousarray(picture[..., axis].astype(np.float16)) for axis, name in enumerate("RGB")}
    header = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIPS_COMPRESSION}
    with OpenEXR.File(header, planes) as file:
        file.write(str(path))


@pytest.fixture(scope="module")
def sequence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sequence")
    for place in range(80):
        write_exr(folder / f"pan.{FIRST + place}.exr", long_pan(place))
    return folder


@pytest.fixture(scope="module")
def whole(sequence: Path) -> vfi.ScanReport:
    return vfi.scan(sequence / "pan.####.exr")


def test_a_part_is_judged_as_in_the_whole(sequence: Path, whole: vfi.ScanReport) -> None:
    assert whole.frames_of(Kind.DUPLICATE) == (FIRST + 20, FIRST + 63, FIRST + 64)
    assert len(whole.findings) == 2
    for first, last in ((FIRST + 60, FIRST + 63), (FIRST + 64, FIRST + 70)):
        part = vfi.scan(sequence / "pan.####.exr", frames=f"{first}-{last}")
        assert part == whole.between(first, last)


def test_parts_measured_apart_are_put_together_and_not_measured_again(
    sequence: Path, whole: vfi.ScanReport, tmp_path: Path
) -> None:
    source, work = sequence / "pan.####.exr", tmp_path / "work"
    vfi.scan(source, work=work, frames=f"{FIRST + 79}")
    heard = Notes()
    assert vfi.scan(source, work=work, progress=heard) == whole
    assert heard.total <= PART_FRAMES
    again = Notes()
    assert vfi.scan(source, work=work, progress=again) == whole
    assert again.total == 0


def test_measures_of_a_file_that_changed_are_not_used(sequence: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in sequence.glob("*.exr"):
        (folder / path.name).symlink_to(path)
    source, work = folder / "pan.####.exr", tmp_path / "work"
    vfi.scan(source, work=work)
    changed = folder / f"pan.{FIRST + 75}.exr"
    changed.unlink()
    write_exr(changed, long_pan(74))
    heard = Notes()
    report = vfi.scan(source, work=work, progress=heard)
    assert FIRST + 75 in report.frames_of(Kind.DUPLICATE)
    assert heard.total == 80 - PART_FRAMES
    assert "measured anew" in heard.notes[0]


def test_a_scan_that_was_stopped_goes_on(sequence: Path, tmp_path: Path) -> None:
    cancellation = Cancellation()

    class StopsLate(Notes):
        def frame_done(self, done: int, total: int, name: str) -> None:
            if done > PART_FRAMES:
                cancellation.request()

    with pytest.raises(Cancelled):
        vfi.scan(sequence / "pan.####.exr", work=tmp_path, progress=StopsLate(), cancellation=cancellation)
    heard = Notes()
    report = vfi.scan(sequence / "pan.####.exr", work=tmp_path, progress=heard)
    assert heard.total == 80 - PART_FRAMES
    assert len(report.findings) == 2


def test_broken_files_are_findings_and_blame_no_frame_beside_them(tmp_path: Path) -> None:
    for place, picture in enumerate(pan(list(range(24)))):
        write_exr(tmp_path / f"a.{FIRST + place}.exr", picture)
    (tmp_path / f"a.{FIRST}.exr").write_bytes(b"no picture")
    spoilt = long_pan(0)
    spoilt[5, 7:9, 1] = np.nan, np.inf
    write_exr(tmp_path / f"a.{FIRST + 8}.exr", spoilt)
    write_exr(tmp_path / f"a.{FIRST + 15}.exr", spoilt[:40])
    (tmp_path / f"a.{FIRST + 19}.exr").unlink()
    report = vfi.scan(tmp_path / "a.####.exr")
    assert [(finding.kind, finding.frames) for finding in report.findings] == [
        (Kind.UNREADABLE, (FIRST,)),
        (Kind.NOT_FINITE, (FIRST + 8,)),
        (Kind.UNREADABLE, (FIRST + 15,)),
        (Kind.MISSING, (FIRST + 19,)),
    ]
    assert "2 NaN" in report.findings[1].why
    assert "160x40" in report.findings[2].why


@contextmanager
def opened(clip: Clip) -> Iterator[Clip]:
    yield clip


def test_few_frames_are_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    alive = most = 0

    class Counted(np.ndarray):
        def __del__(self) -> None:
            nonlocal alive
            alive -= self.base is None

    def picture(place: int) -> Picture:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        made = np.empty((32, 48, 3), np.float32).view(Counted)
        made[:] = place % 7 / 10
        return made

    monkeypatch.setattr(scan_module, "open_clip", lambda source: MadeClip(picture, 100))
    assert len(vfi.scan("made").numbers) == 100
    assert most < 30  # a part is of 64


def test_the_command_prints_findings_a_summary_and_writes_the_report(
    sequence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "faults.json"
    arguments = ["scan", str(sequence / "pan.####.exr"), "--report", str(target), "--progress", "plain"]
    assert main([*arguments, "--kinds", "duplicate,missing"]) == 0
    told = capsys.readouterr().out
    assert f"duplicate {FIRST + 63}-{FIRST + 64}: " in told
    assert "looking at 80 frames" in told
    assert "  duplicate     2  1021 1064-1065" in told
    assert [entry["frames"] for entry in json.loads(target.read_text())["findings"]] == [[1021], [1064, 1065]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--kinds", "dup"], "there is no kind 'dup'; use duplicate,"),
        (["--threshold", "duplicate"], "write it as duplicate=2"),
        (["--threshold", "duplicate=0"], "a number above 0"),
        (["--frames", "1-10x2"], "have gaps"),
        (["--frames", "5-9"], "frames 5-9 are not in"),
    ],
)
def test_wrong_use_says_what_is_right(
    sequence: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["scan", str(sequence / "pan.####.exr"), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_options_are_checked_at_once() -> None:
    with pytest.raises(UsageError, match="no kind 'blur'"):
        vfi.scan("nothing.####.exr", kinds=("blur",))
