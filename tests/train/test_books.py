"""What is kept of a training: which weights are the best, by what, and where they lie."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from toy_training import SETTINGS, ToySource, toy, trained

from vfi_plugin.train import books as books_module
from vfi_plugin.train import run as run_module
from vfi_plugin.train import run_folder
from vfi_plugin.train.books import Books, Keeping, Pace
from vfi_plugin.train.checkpoint import has_checkpoint, read_checkpoint, read_record
from vfi_plugin.train.export import Origin
from vfi_plugin.train.processes import Processes
from vfi_plugin.train.run import Limits, run
from vfi_plugin.train.run_folder import RunFolder
from vfi_plugin.train.schedule import Plan
from vfi_plugin.train.trainer import Trainer, averaged_weights
from vfi_plugin.train.validation import FrameMaker, Validation, averaged

Tensor = torch.Tensor
CPU = Processes(torch.device("cpu"))


def like_the_average(_: Mapping[str, Tensor]) -> FrameMaker:
    """Toy networks are no models; what they are measured by is of no matter here."""
    return averaged


def validation(first: int = 0) -> Validation:
    return Validation([ToySource().batch(first)], like_the_average)


def folder(path: Path, *, few_files: bool = False) -> RunFolder:
    made = RunFolder(path, Origin("figan", "", 1.0, "", ""), few_files=few_files)
    made.begin()
    return made


def at_step(steps: int) -> Trainer:
    return trained(Trainer(toy(), ToySource(), SETTINGS), steps)


def record_after_a_run(path: Path) -> dict[str, object]:
    books = Books(at_step(2), Keeping(folder(path), validation()), {})
    books.close(0.1, in_haste=False)  # nothing was done since the run began, so nothing is measured
    books.begin("", rehearse=True)
    return read_record(path)


def test_a_best_counts_as_long_as_the_frames_that_it_was_measured_on_are_the_same(tmp_path: Path) -> None:
    record = {**record_after_a_run(tmp_path), "options": {"data": ["other"]}}
    assert record["best_db"] is not None
    same = Books(at_step(2), Keeping(folder(tmp_path), validation()), record)
    assert (same.record["best_db"], same.record["best_step"]) == (record["best_db"], 2)
    other = Books(at_step(2), Keeping(folder(tmp_path), validation(first=5)), record)
    assert (other.record["best_db"], other.record["best_step"]) == (None, None)


def test_weights_that_did_not_come_along_are_made_and_measured_again(tmp_path: Path) -> None:
    record = {**record_after_a_run(tmp_path), "best_db": 99.0, "best_step": 1}
    weights = folder(tmp_path).weights
    Books(at_step(2), Keeping(folder(tmp_path), validation()), record).begin("")
    assert read_record(tmp_path)["best_db"] != 99.0  # nothing was done: the file of 99 dB is there
    weights.unlink()
    books = Books(at_step(2), Keeping(folder(tmp_path), validation()), record)
    books.begin("")
    assert weights.is_file()
    assert books.record["best_step"] == 2
    assert books.record["best_db"] < 99.0
    assert read_record(tmp_path)["best_db"] == books.record["best_db"]
    weights.unlink()
    Books(at_step(2), Keeping(folder(tmp_path)), {}).begin("")  # without validation
    assert weights.is_file()


def test_a_run_is_over_by_the_time_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock of its own: a validation takes 20 s, a step one; how busy the machine is, is no matter."""
    passed = [0.0]
    scores, advance = Validation.scores, Trainer.advance

    def slow_scores(self: Validation, state: Mapping[str, Tensor]) -> object:
        passed[0] += 20.0
        return scores(self, state)

    def slow_step(self: Trainer, progress: float) -> object:
        passed[0] += 1.0
        return advance(self, progress)

    clock = SimpleNamespace(monotonic=lambda: passed[0])
    for module in (books_module, run_module):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(Validation, "scores", slow_scores)
    monkeypatch.setattr(Trainer, "advance", slow_step)
    trainer = Trainer(toy(), ToySource(), SETTINGS)
    books = Books(trainer, Keeping(folder(tmp_path), validation(), pace=Pace(validate_every=10**6)), {})
    books.begin("", rehearse=True)
    assert has_checkpoint(tmp_path)
    assert books.closing_seconds >= 20.0
    outcome = run(trainer, Limits(Plan(minutes=5), end_by=100.0), CPU, books)
    assert not outcome.finished
    assert read_checkpoint(tmp_path).state.step == outcome.step
    # Over in time, and no more than what was set aside for the end too early, and a step.
    assert 100.0 - books.closing_seconds - 1.0 <= passed[0] <= 100.0


def test_a_run_that_is_late_already_does_a_step(tmp_path: Path) -> None:
    trainer = Trainer(toy(), ToySource(), SETTINGS)
    books = Books(trainer, Keeping(folder(tmp_path)), {})
    assert run(trainer, Limits(Plan(steps=9), end_by=time.monotonic() - 1), CPU, books).step == 1


def test_the_first_checkpoint_of_a_run_comes_early(tmp_path: Path) -> None:
    trainer = at_step(0)
    books = Books(trainer, Keeping(folder(tmp_path), pace=Pace(save_seconds=300.0)), {})
    saved = []
    for seconds in (5.0, 15.0, 200.0, 320.0):
        trainer.seconds = seconds
        books.after_step(trainer.advance(0.0), 0.0)
        saved.append(read_checkpoint(tmp_path).state.step if has_checkpoint(tmp_path) else 0)
    assert saved == [0, 2, 2, 4]


def test_large_weights_lie_in_parts_where_files_are_to_be_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = at_step(3).average.tensors
    whole, few = folder(tmp_path, few_files=False), folder(tmp_path, few_files=True)
    few.export(state, 3)
    assert whole.weights.is_file()  # they are small
    monkeypatch.setattr(run_folder, "PART_BYTES", run_folder._HEADER_BYTES + 10)
    few.export(state, 3)
    assert few.has_weights
    assert not whole.weights.exists()
    found = averaged_weights(read_checkpoint(tmp_path / "best").state)
    assert all(torch.equal(found[name], state[name]) for name in state)
    few.export(state, 4, newest=True)
    assert not few.has_weights
    few.export(state, 4)
    whole.export(state, 5)
    assert whole.weights.is_file()
    assert not (tmp_path / "best").exists()


def test_light_checkpoints_are_halved_with_the_weights(tmp_path: Path) -> None:
    trainer = at_step(3)
    halved = replace(folder(tmp_path), half=True)
    halved.save(trainer.state(light=True), {})
    assert {tensor.dtype for tensor in read_checkpoint(tmp_path).state.tensors.values()} == {torch.float16}
    resumed = at_step(0)
    resumed.restore(read_checkpoint(tmp_path).state)
    for name, tensor in resumed.average.tensors.items():
        assert tensor.dtype == torch.float32
        assert torch.allclose(tensor, trainer.average.tensors[name], atol=1e-3)
    halved.save(trainer.state(), {})
    assert torch.float16 not in {tensor.dtype for tensor in read_checkpoint(tmp_path).state.tensors.values()}
