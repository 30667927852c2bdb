"""What is kept of a training while it runs: curves, validations, the best weights, and checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vfi_plugin.train.pictures import DB
from vfi_plugin.train.run_folder import RunFolder
from vfi_plugin.train.trainer import CRITIC_TERM, Trainer
from vfi_plugin.train.validation import Validation
from vfi_plugin.train.watching import Report, Silent, Watcher

_SILENT = Silent()

_FIRST_SAVE_SECONDS = 10.0
"""From the start of a run to its first checkpoint: a machine may be taken away early, and before the usual time."""

_SLOWER = 1.5
"""How much longer the end of a run may take than the slowest validation and checkpoint before it."""


_NO_BEST: Mapping[str, Any] = {"best_db": None, "best_step": None}


@dataclass(frozen=True)
class Pace:
    """How often things are done beside the steps.

    Attributes:
        report_every: steps from line to line of the curves.
        validate_every: steps from validation to validation; one is made at the end of a run too.
        save_seconds: from checkpoint to checkpoint; one comes early in a run, with each validation, and at its end.
    """

    report_every: int = 20
    validate_every: int = 500
    save_seconds: float = 300.0


@dataclass(frozen=True)
class Keeping:
    """How books are kept.

    Attributes:
        folder: where; it is there.
        validation: what to measure on; None leaves that out, and then the newest weights are the ones to use.
        watcher: is told what is written.
        pace: how often it is.
        light: whether checkpoints hold the averaged weights alone.
    """

    folder: RunFolder
    validation: Validation | None = None
    watcher: Watcher = _SILENT
    pace: Pace = Pace()
    light: bool = False


class Books:
    """The books of one run.

    Args:
        trainer: at the step where the run begins.
        keeping: how.
        record: what the last run left with its checkpoint; for the first, what is to be kept with every one. A best
            that was measured on other frames is forgotten.

    Attributes:
        record: the same, with "best_db" and "best_step" of the best validation so far, or None, and "measured_on".
        closing_seconds: how long it may take to end the run, as far as that is known.
    """

    def __init__(self, trainer: Trainer, keeping: Keeping, record: Mapping[str, Any]) -> None:
        self._trainer = trainer
        self._folder, self._validation = keeping.folder, keeping.validation
        self._watcher, self._pace = keeping.watcher, keeping.pace
        self._light = keeping.light
        measured_on = None if self._validation is None else self._validation.fingerprint
        comparable = record.get("measured_on") == measured_on
        self.record = {**_NO_BEST, **record, **({} if comparable else _NO_BEST), "measured_on": measured_on}
        self.closing_seconds = 0.0
        self._curves = self._folder.curves(trainer.step)
        self._sums: dict[str, float] = {}
        self._reported = self._began = _Mark.of(trainer, None)
        self._saved_seconds, self._validated_step = trainer.seconds, trainer.step
        self._save_after = min(_FIRST_SAVE_SECONDS, self._pace.save_seconds)
        self._draws = True

    def begin(self, text: str, *, rehearse: bool = False) -> None:
        """Tells the watcher what is to be done, and writes the weights to use where they did not come along.

        Args:
            text: for the watcher.
            rehearse: does what ends a run once at its start, so that ``closing_seconds`` is known.
        """
        self._watcher.begin(text)
        missing = self._trainer.step > 0 and not self._folder.has_weights
        if missing:
            self.record |= _NO_BEST  # that of a file which is not here: what is written now has its own
        if missing or rehearse:
            self._validate_and_save()

    def after_step(self, terms: Mapping[str, float], progress: float) -> None:
        """Takes a step into the books, and does what is due after it; ``progress`` is what it has come to."""
        if self._began.progress is None:
            self._began = _Mark(self._began.step, self._began.samples, self._began.seconds, progress)
        loss = sum(value for name, value in terms.items() if name != CRITIC_TERM)
        for name, value in {"loss": loss, **terms}.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        step = self._trainer.step
        validating = step % self._pace.validate_every == 0
        if validating or step % self._pace.report_every == 0:
            self._report(progress)
        if validating:
            self._validate_and_save()
        elif self._trainer.seconds - self._saved_seconds >= self._save_after:
            self._save()

    def close(self, progress: float, *, in_haste: bool) -> None:
        """Brings the books up to the last step; ``in_haste`` leaves out what takes long, the validation."""
        if self._sums:
            self._report(progress)
        if self._trainer.step > self._validated_step and not (in_haste and self._validation):
            self._validate()
        self._save()

    def _validate_and_save(self) -> None:
        began = time.monotonic()
        self._validate()
        self._save()
        self.closing_seconds = max(self.closing_seconds, _SLOWER * (time.monotonic() - began))

    def _report(self, progress: float) -> None:
        """Writes a line of the curves."""
        trainer, last = self._trainer, self._reported
        losses = {name: value / (trainer.step - last.step) for name, value in self._sums.items()}
        self._curves.add(self._place() | losses)
        seconds = max(trainer.seconds - last.seconds, 1e-9)  # a clock may stand still between two fast steps
        rate = (trainer.samples - last.samples) / seconds
        left = self._began.seconds_left(trainer.seconds, progress)
        self._watcher.trained(
            Report(trainer.step, trainer.seconds, progress, losses, trainer.learning_rate, rate, left)
        )
        self._reported, self._sums = _Mark.of(trainer, progress), {}

    def _place(self) -> dict[str, float]:
        trainer = self._trainer
        return {
            "step": trainer.step,
            "seconds": trainer.seconds,
            "samples": trainer.samples,
            "learning_rate": trainer.learning_rate,
        }

    def _validate(self) -> None:
        """Measures the averaged weights, and keeps them where they are the best, or cannot be compared."""
        step, state = self._trainer.step, self._trainer.average.tensors
        self._validated_step = step
        if self._validation is None:
            self._folder.export(state, step, newest=True)
            return
        scores = self._validation.scores(state)
        best = self.record["best_db"] is None or scores.network > self.record["best_db"]
        if best:
            self.record |= {"best_db": scores.network, "best_step": step}
            self._folder.export(state, step)
        measured = {DB + name: value for name, value in {"network": scores.network, **scores.others}.items()}
        self._curves.add({"step": step, **measured})
        self._watcher.validated(step, scores.network, scores.others, best)
        self._draw(lambda: self._folder.show(step, scores))

    def _save(self) -> None:
        self._folder.save(self._trainer.state(light=self._light), self.record)
        self._saved_seconds, self._save_after = self._trainer.seconds, self._pace.save_seconds
        self._draw(lambda: self._folder.draw(self._curves))

    def _draw(self, drawing: Callable[[], None]) -> None:
        """Pictures are a help; a machine that cannot draw them can train."""
        if not self._draws:
            return
        try:
            drawing()
        except ImportError as error:
            self._draws = False
            self._watcher.note(f"no pictures are drawn here ({error}); curves.csv has the numbers")


@dataclass(frozen=True)
class _Mark:
    """Where a training was at some time; ``progress`` is None before it is known."""

    step: int
    samples: int
    seconds: float
    progress: float | None

    @classmethod
    def of(cls, trainer: Trainer, progress: float | None) -> _Mark:
        return cls(trainer.step, trainer.samples, trainer.seconds, progress)

    def seconds_left(self, seconds: float, progress: float) -> float | None:
        """How long the rest takes at the pace since then."""
        if self.progress is None or progress <= self.progress:
            return None
        return (seconds - self.seconds) / (progress - self.progress) * (1.0 - progress)
