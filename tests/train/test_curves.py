"""The table of a training: each step once, whatever happened in between; and its picture."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vfi_plugin.errors import WriteError
from vfi_plugin.train.curves import Curves
from vfi_plugin.train.pictures import write_curves, write_frames
from vfi_plugin.train.validation import Shown


def line(step: int, **more: float) -> dict[str, float]:
    return {"step": step, "seconds": step / 10, "samples": 4 * step, "learning_rate": 1e-3, "loss": 1 / step, **more}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def filled(path: Path, steps: range, after: int = 0) -> Curves:
    curves = Curves(path, after)
    for step in steps:
        curves.add(line(step, image=step / 2))
    return curves


def test_lines_are_there_as_soon_as_they_are_added(tmp_path: Path) -> None:
    filled(tmp_path / "c.csv", range(1, 4))
    found = rows(tmp_path / "c.csv")
    assert [row["step"] for row in found] == ["1", "2", "3"]
    assert found[2] == {
        "step": "3", "seconds": "0.3", "samples": "12", "learning_rate": "0.001", "loss": "0.333333", "image": "1.5"
    }  # fmt: skip


def test_what_a_resumed_training_does_again_stands_there_once(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    filled(path, range(1, 10))
    filled(path, range(6, 12), after=5)
    assert [int(row["step"]) for row in rows(path)] == list(range(1, 12))


def test_a_line_that_a_killed_process_left_unfinished_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    filled(path, range(1, 4))
    for torn in ("4,0.4,16,0.0", "4,0.4\n"):
        path.write_text(path.read_text() + torn)
        filled(path, range(4, 5), after=4)
        assert [int(row["step"]) for row in rows(path)] == [1, 2, 3, 4]


def test_a_training_that_begins_anew_has_a_table_of_its_own(tmp_path: Path) -> None:
    filled(tmp_path / "c.csv", range(1, 10))
    filled(tmp_path / "c.csv", range(1, 3))
    assert len(rows(tmp_path / "c.csv")) == 2


def test_a_validation_joins_the_line_of_its_step(tmp_path: Path) -> None:
    curves = filled(tmp_path / "c.csv", range(1, 3))
    curves.add({"step": 2, "dB network": 30.5})
    curves.add(line(3, image=1.0))
    found = rows(tmp_path / "c.csv")
    assert [row["dB network"] for row in found] == ["", "30.5", ""]
    assert found[1]["image"] == "1"
    assert curves.column("dB network") == [(2.0, 30.5)]


def test_a_file_that_is_no_table_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("my,notes\n1,2\n")
    with pytest.raises(WriteError, match="is no table of a training; move it away"):
        Curves(tmp_path / "c.csv", 5)
    assert (tmp_path / "c.csv").read_text() == "my,notes\n1,2\n"


def test_the_picture_shows_a_falling_line_as_falling(tmp_path: Path) -> None:
    curves = Curves(tmp_path / "c.csv", 0)
    for step in range(1, 40):
        curves.add(line(step))
    write_curves(tmp_path / "c.png", curves)
    picture = cv2.imread(str(tmp_path / "c.png")).astype(int)
    y, x = np.nonzero((picture[40:300, 72:728].max(2) - picture[40:300, 72:728].min(2)) > 60)  # what has a colour
    assert len(x) > 300
    heights = [y[x == column].mean() for column in np.unique(x)]
    assert heights[-1] > heights[0] + 100
    assert all(later >= earlier - 0.5 for earlier, later in pairwise(heights))


def test_a_picture_of_nothing_can_be_drawn(tmp_path: Path) -> None:
    write_curves(tmp_path / "c.png", Curves(tmp_path / "c.csv", 0))
    assert cv2.imread(str(tmp_path / "c.png")) is not None


def test_frames_stand_side_by_side_with_their_difference(tmp_path: Path) -> None:
    before, made, true = (
        torch.tensor(rgb).view(3, 1, 1).expand(3, 96, 96) for rgb in ((1.0, 0, 0), (0.5,) * 3, (0.4,) * 3)
    )
    write_frames(tmp_path / "f.png", [Shown(before, made, true)] * 2, "title")
    picture = cv2.imread(str(tmp_path / "f.png"))[..., ::-1]
    middles = [picture[100, column] for column in (96, 96 + 198, 96 + 2 * 198, 96 + 3 * 198)]
    assert [tuple(map(int, pixel)) for pixel in middles] == [(255, 0, 0), (128,) * 3, (102,) * 3, (102,) * 3]
