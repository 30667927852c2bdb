"""One run of a training: steps until the plan is done, it is time to pause, or a stop is wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from vfi_plugin.train.books import Books
from vfi_plugin.train.processes import Processes
from vfi_plugin.train.schedule import Plan
from vfi_plugin.train.trainer import Trainer


@dataclass(frozen=True)
class Limits:
    """How long.

    Attributes:
        plan: of the whole training, over all of its runs.
        pause_seconds: after which this run ends, for another to go on; None for the end of the plan.
        end_by: when everything must be over, by ``time.monotonic``, the last validation and checkpoint too; a run does
            one step at least. None for no such time.
    """

    plan: Plan
    pause_seconds: float | None = None
    end_by: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run has come to.

    Attributes:
        finished: whether the plan is done.
        stopped: whether it ended because a stop was wanted.
        step, seconds: of all runs.
        best_db: of the best validation of all runs, or None where there was none.
        first: whether this was the process that writes and talks.
    """

    finished: bool
    stopped: bool
    step: int
    seconds: float
    best_db: float | None
    first: bool


def _never() -> bool:
    return False


def run(
    trainer: Trainer,
    limits: Limits,
    processes: Processes,
    books: Books | None = None,
    stop: Callable[[], bool] = _never,
) -> Outcome:
    """Trains, and keeps what was reached before it returns, whatever the reason for that.

    Time counts as a clock on the wall does, with validations and the writing of files, from the first step on.

    Args:
        trainer: at whatever step; its ``seconds`` go on.
        limits: how long.
        processes: those that train together.
        books: of the first of them; None for the others, or where nothing is to be kept.
        stop: whether to stop now; asked between steps, and of the first process only.

    Raises:
        RenderError: a loss or gradient is not finite; the last checkpoint holds.
        WriteError: something cannot be written.
    """
    before, began = trainer.seconds, time.monotonic()
    step_began: float | None = None
    while True:
        now = time.monotonic()
        late = _late(limits, now, step_began, books)
        step_began = now
        clock = before + now - began
        trainer.seconds, stopping, pausing = processes.agreed([clock, float(stop()), float(late)])
        progress = limits.plan.progress(trainer.step, trainer.seconds)
        paused = limits.pause_seconds is not None and trainer.seconds - before >= limits.pause_seconds
        if progress >= 1.0 or stopping or pausing or paused:
            break
        terms = trainer.advance(progress)
        if books is not None:
            books.after_step(terms, limits.plan.progress(trainer.step, trainer.seconds))
    if books is not None:
        books.close(progress, in_haste=bool(stopping))
    best_db = books.record["best_db"] if books is not None else None
    return Outcome(progress >= 1.0, bool(stopping), trainer.step, trainer.seconds, best_db, processes.first)


def _late(limits: Limits, now: float, step_began: float | None, books: Books | None) -> bool:
    """Whether another step like the last one would leave too little time to end in good order."""
    if limits.end_by is None or step_began is None or books is None:
        return False
    return now + (now - step_began) + books.closing_seconds >= limits.end_by
