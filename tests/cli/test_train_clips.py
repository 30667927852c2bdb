"""``vfi train`` on clips: what is said of them, and what is measured on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vfi_plugin.cli.main import main
from vfi_plugin.train import start

TINY = ("--width", "0.125", "--crop", "64", "--batch", "1", "--device", "cpu", "--steps", "1")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for take in range(5):
        (folder / f"take{take}").mkdir()
        texture = np.random.default_rng(take).integers(0, 256, (24, 24, 3)).astype(np.uint8)
        for number in range(3 if take else 2):
            moved = np.roll(cv2.resize(texture, (96, 72), interpolation=cv2.INTER_CUBIC), 2 * number, axis=1)
            cv2.imwrite(str(folder / f"take{take}" / f"{number}.png"), moved)
    (folder / "take0" / "7.png").write_bytes((folder / "take0" / "1.png").read_bytes())
    return folder


@pytest.fixture(autouse=True)
def _few_pairs_to_measure_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_HELD_OUT_BATCHES", 1)
    monkeypatch.setattr(start, "_HELD_OUT_BATCH", 2)


def train(out: Path, *more: str | Path) -> int:
    return main(["train", "figan", *TINY, "--out", str(out), *map(str, more)])


def test_some_of_the_shots_are_measured_on_and_it_is_said(
    tmp_path: Path, clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "--data", clips, "--windows", 40, "--memory-gb", 0.1, "--frame-step", 1) == 0
    said = capsys.readouterr().out
    assert "note: 1 of 4 shots are kept apart to be measured on" in said
    assert ": validation " in said
    assert not (tmp_path / "validation.npz").exists()


def test_what_is_named_to_measure_on_is_decoded_once_and_not_trained_on(
    tmp_path: Path, clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "--data", clips, "--validate", clips / "take2") == 0
    assert f"note: not trained on, as it is measured on: {clips / 'take2'}" in capsys.readouterr().out
    written = (tmp_path / "validation.npz").stat().st_mtime_ns
    assert train(tmp_path, "--resume", "--steps", "2") == 0
    assert (tmp_path / "validation.npz").stat().st_mtime_ns == written
    assert train(tmp_path / "other", "--data", clips / "take2", "--validate", clips / "take2") == 2
    assert "is to be trained on and measured on" in capsys.readouterr().err
