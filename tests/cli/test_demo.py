"""The demo is run as a user runs it, once and small; what it prints is then held against what lies on the disk."""

from __future__ import annotations

import io
import json
import math
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from material import read_exr

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.cli.main import main
from vfi_plugin.demo.observation import Observation, Witness
from vfi_plugin.demo.run import DemoReport, DemoSize, run_demo
from vfi_plugin.demo.scene import DemoScene
from vfi_plugin.demo.verdict import Check, check, score
from vfi_plugin.errors import Cancelled, UsageError, WriteError

WIDTH, HEIGHT, FRAMES = 192, 108, 8


@dataclass(frozen=True)
class Ran:
    """A demo that has been run."""

    folder: Path
    code: int
    text: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("demo") / "made" / "by_itself"
    said = io.StringIO()
    with redirect_stdout(said):
        code = main(["demo", "--out", str(folder), "--size", f"{WIDTH}x{HEIGHT}", "--progress", "plain"])
    return Ran(folder, code, said.getvalue())


def _planes(folder: Path, clip: str, number: int) -> dict[str, np.ndarray]:
    return read_exr(folder / clip / f"demo.{number}.exr")[1]


def test_it_succeeds_and_every_stated_check_holds(ran: Ran) -> None:
    assert ran.code == 0
    verdicts = re.findall(r"^(holds|FAILS)  (.*)$", ran.text, re.MULTILINE)
    assert len(verdicts) == 8
    assert {verdict for verdict, _ in verdicts} == {"holds"}


def test_it_says_where_everything_is_and_there_it_is(ran: Ran) -> None:
    counts = {"source": FRAMES, "2x": 2 * FRAMES - 1, "4x": 4 * FRAMES - 3}
    for clip, count in counts.items():
        assert str(ran.folder / clip / "demo.####.exr") in ran.text
        assert sorted(path.name for path in (ran.folder / clip).iterdir()) == [
            f"demo.{1001 + offset}.exr" for offset in range(count)
        ]
    assert {str(ran.folder / name) for name in ("contact_sheet.png", "preview.mp4")} <= set(ran.text.split())
    assert {path.name for path in ran.folder.iterdir()} == {*counts, "contact_sheet.png", "preview.mp4"}


@pytest.mark.parametrize(("clip", "steps"), [("2x", 2), ("4x", 4)])
def test_source_frames_lie_unchanged_in_the_slow_clips(ran: Ran, clip: str, steps: int) -> None:
    for offset in range(FRAMES):
        source, slow = (_planes(ran.folder, *at) for at in (("source", 1001 + offset), (clip, 1001 + steps * offset)))
        assert source.keys() == slow.keys()
        assert all(source[name].tobytes() == slow[name].tobytes() for name in source)


def test_the_printed_decibels_are_those_of_the_files(ran: Ran) -> None:
    """Computed anew from the formula that is printed, over the display window without 16 px."""
    scene, inside = DemoScene(WIDTH, HEIGHT), {"made": [], "average": []}
    side, top = -scene.data_window.x, -scene.data_window.y

    def curve(planes: dict[str, np.ndarray]) -> np.ndarray:
        shown = [planes[name][top : top + HEIGHT, side : side + WIDTH] for name in "RGB"]
        light = np.stack(shown).astype(np.float64)[:, 16:-16, 16:-16]
        return np.log2(1 + 16 * np.maximum(light, 0)) / math.log2(17)

    for offset in range(FRAMES - 1):
        truth = curve(scene.frame(offset + 0.5).parts[0].planes)
        pair = [_planes(ran.folder, "source", 1001 + offset + step) for step in (0, 1)]
        average = {name: (pair[0][name].astype(np.float64) + pair[1][name]) / 2 for name in "RGB"}
        for kind, planes in (("made", _planes(ran.folder, "2x", 1002 + 2 * offset)), ("average", average)):
            inside[kind].append(-10 * math.log10(np.mean((curve(planes) - truth) ** 2)))
    row = re.search(r"^2x slower +(\d+) +([\d.]+) +([\d.]+) +\+([\d.]+)$", ran.text, re.MULTILINE)
    assert row is not None
    frames, average_db, made_db, gain = (float(text) for text in row.groups())
    assert frames == FRAMES - 1
    assert average_db == pytest.approx(np.mean(inside["average"]), abs=0.01)
    assert made_db == pytest.approx(np.mean(inside["made"]), abs=0.01)
    assert gain == pytest.approx(made_db - average_db, abs=0.011)


def test_hard_values_stand_in_every_frame_that_was_made(ran: Ran) -> None:
    for number in range(1002, 1001 + 4 * FRAMES - 3):
        planes = _planes(ran.folder, "4x", number)
        assert max(planes[name].max() for name in "RGB") == 500
        assert min(planes[name].min() for name in "RGB") == np.float16(-0.05)
        assert set(np.unique(planes["id.r"])) <= set(range(8))


def test_the_preview_plays_the_slow_clip_at_24_frames_a_second(ran: Ran) -> None:
    with av.open(str(ran.folder / "preview.mp4")) as movie:
        stream = movie.streams.video[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in movie.decode(stream)]
        assert stream.average_rate == 24
    assert len(pictures) == 4 * FRAMES - 3
    assert pictures[0].shape == (HEIGHT, WIDTH, 3)
    steps = [np.abs(first.astype(int) - second).mean() for first, second in pairwise(pictures)]
    assert min(steps) > 0  # nothing is held: the motion goes on from frame to frame


def test_the_contact_sheet_shows_six_columns_and_three_rows(ran: Ran) -> None:
    sheet = cv2.imread(str(ran.folder / "contact_sheet.png"))
    assert sheet.shape[1] > 6 * 400
    assert sheet.shape[0] > 3 * 400 * HEIGHT / WIDTH
    assert sheet.std() > 20


def test_the_clip_says_its_rate_its_time_and_its_primaries(ran: Ran) -> None:
    header, _ = read_exr(ran.folder / "4x" / "demo.1026.exr")
    assert str(header["framesPerSecond"]) == "24"
    assert (header["timeCode"].seconds, header["timeCode"].frame) == (1, 1)
    assert header["chromaticities"][:2] == pytest.approx((0.64, 0.33))


def test_its_own_folder_is_used_again_and_a_shorter_clip_is_not_mixed_with_a_longer_one(tmp_path: Path) -> None:
    first = run_demo(tmp_path, DemoSize(96, 54, 4))
    again = run_demo(tmp_path, DemoSize(64, 36, 3))
    assert [score.frames for score in first.scores] == [3, 9]
    assert [score.frames for score in again.scores] == [2, 6]
    assert read_exr(tmp_path / "2x" / "demo.1002.exr")[1]["R"].shape[1] < 96


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "holds something else (thesis.txt)" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"cannot be made.*--out"):
        run_demo(tmp_path / "file" / "demo", DemoSize(64, 36, 3))


@pytest.mark.parametrize("size", ["64", "65x36", "ax b", "-2x4"])
def test_a_size_that_cannot_be_is_wrong_use(size: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["demo", f"--size={size}", "--out", str(tmp_path / "d")])
    assert stopped.value.code == 2
    assert not (tmp_path / "d").exists()


def test_too_few_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 3"):
        run_demo(tmp_path / "d", DemoSize(64, 36, 2))


def test_a_stop_that_is_requested_is_obeyed_before_the_first_frame(tmp_path: Path) -> None:
    stop = Cancellation()
    stop.request()
    with pytest.raises(Cancelled):
        run_demo(tmp_path, DemoSize(64, 36, 3), cancellation=stop)
    assert not list(tmp_path.rglob("*.exr"))


def _report(holds: bool) -> DemoReport:
    return DemoReport(DemoSize(), (), (Check("water is wet", holds, "seen"),), {})


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (False, 1)])
def test_a_check_that_fails_makes_the_exit_code_1(
    holds: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The real demo holds; a failing one can only be told from outside.
    monkeypatch.setattr("vfi_plugin.demo.run.run_demo", lambda *_: _report(holds))
    assert main(["demo"]) == code
    assert ("FAILS  water is wet: seen" in capsys.readouterr().out) is not holds


def test_with_json_progress_every_line_is_json_and_the_last_is_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--out", str(tmp_path / "d"), "--size", "128x72", "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "report"
    assert events[-1]["holds"] is True
    assert [row["frames"] for row in events[-1]["scores"]] == [7, 21]
    assert sum(event["event"] == "frame" for event in events) == 8 + 15 + 29 + 29


SOURCE = Observation("2x", Fraction(0), True, True, 500.0, -0.05, (0.0, 1.0), "bits")
BETWEEN = Observation("2x", Fraction(1, 2), None, True, 500.0, -0.05, (0.0, 1.0), "other", 0, 20.0, 30.0)


@pytest.mark.parametrize(
    ("statement", "spoiled"),
    [
        ("bit for bit", (replace(SOURCE, is_same=False), BETWEEN)),
        ("windows", (SOURCE, replace(BETWEEN, keeps_layout=False))),
        ("highlight", (SOURCE, replace(BETWEEN, highest=500.5))),
        ("highlight", (SOURCE, replace(BETWEEN, highest=470.0))),
        ("below black", (SOURCE, replace(BETWEEN, lowest=0.0))),
        ("below black", (SOURCE, replace(BETWEEN, lowest=-0.06))),
        ("alpha", (SOURCE, replace(BETWEEN, alpha_range=(0.0, 1.001)))),
        ("alpha", (SOURCE, replace(BETWEEN, alpha_range=(-0.001, 1.0)))),
        ("never averaged", (SOURCE, replace(BETWEEN, strange_values=1))),
        ("agree", (SOURCE, BETWEEN, replace(BETWEEN, clip="4x", fingerprint="third"))),
        ("nearer", (SOURCE, replace(BETWEEN, made_db=19.0))),
    ],
)
def test_each_check_sees_what_it_is_there_for(statement: str, spoiled: tuple[Observation, ...]) -> None:
    assert all(found.holds for found in check((SOURCE, BETWEEN)))
    failed = [found.statement for found in check(spoiled) if not found.holds]
    assert len(failed) == 1
    assert statement in failed[0]


def test_scores_are_means_over_the_in_betweens_of_each_clip() -> None:
    other = replace(BETWEEN, clip="4x", made_db=40.0, average_db=10.0)
    found = score((SOURCE, BETWEEN, replace(BETWEEN, made_db=34.0), SOURCE, other))
    assert [(row.clip, row.frames, row.average_db, row.made_db) for row in found] == [
        ("2x", 2, 20.0, 32.0),
        ("4x", 1, 10.0, 40.0),
    ]


def test_a_changed_bit_and_an_averaged_id_are_seen() -> None:
    scene = DemoScene(96, 54)
    sources = [scene.frame(time).parts[0] for time in (0, 1)]
    witness = Witness(scene, sources)
    assert witness.observe("2x", Fraction(1), sources[1]).is_same
    spoiled = replace(sources[1], planes={name: plane.copy() for name, plane in sources[1].planes.items()})
    spoiled.planes["R"].view(np.uint16)[3, 4] ^= 1
    spoiled.planes["id.r"][0, 0] = 3.5
    assert witness.observe("2x", Fraction(1), spoiled).is_same is False
    assert witness.observe("2x", Fraction(1, 2), spoiled).strange_values == 1
    assert witness.observe("2x", Fraction(1, 2), sources[1]).strange_values == 0
