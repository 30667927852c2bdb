"""Training as it is asked for: data, network, objective, settings and folder put together, and run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import torch

from vfi_plugin.errors import DeviceError, UsageError
from vfi_plugin.models.registry import model_of
from vfi_plugin.train.ahead import Ahead
from vfi_plugin.train.bank_fit import Tell, unheard
from vfi_plugin.train.books import Books, Keeping, Pace
from vfi_plugin.train.checkpoint import Checkpoint
from vfi_plugin.train.choices import (
    chosen,
    data_of,
    given_weights,
    limits_of,
    objective_of,
    origin_of,
    settings_of,
    with_network,
)
from vfi_plugin.train.export import Origin
from vfi_plugin.train.measured_on import measured_on
from vfi_plugin.train.open_data import Feed, open_data
from vfi_plugin.train.processes import Processes, joined
from vfi_plugin.train.recipes import Recipe, recipe_of
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.run import Limits, Outcome, run
from vfi_plugin.train.run_folder import RunFolder, checkpoint_of
from vfi_plugin.train.trainer import Trainer
from vfi_plugin.train.validation import FrameMaker, Validation, held_out
from vfi_plugin.train.watching import Silent, Watcher

Tensor = torch.Tensor

_HELD_OUT_BATCHES, _HELD_OUT_BATCH = 4, 8
"""32 pairs: one of them is 3 % of the mean, and all of them take seconds."""

_HELD_OUT_BANK = "validation.npz"
"""In the folder of a training: crops that it is measured on, so that they are decoded once."""


def train(request: TrainingRequest, watcher: Watcher | None = None, stop: Callable[[], bool] | None = None) -> Outcome:
    """Trains a network, or goes on with it.

    Under torchrun, all its processes call this with the same request; the first one writes and talks.

    Args:
        request: what is wanted.
        watcher: is told how it goes.
        stop: whether to stop now; what was reached is kept.

    Raises:
        UsageError: the request does not fit the network, the folder or the data.
        WeightsError: the checkpoint, or a file of weights, is missing or damaged.
        RenderError: a loss or gradient is not finite; the last checkpoint holds.
        DeviceError: no such device, or its memory does not suffice.
    """
    _check_packages()
    recipe, watcher = recipe_of(request.name), watcher or Silent()
    checkpoint = checkpoint_of(request.out, resume=request.resume)
    if checkpoint is not None:
        request = _going_on(request, checkpoint)
    given = given_weights(request)
    request = with_network(request, recipe, given)
    limits = limits_of(request)
    objective, settings = objective_of(request, recipe, given), settings_of(request, recipe)
    with (
        joined(request.device) as processes,
        _data_of(request, recipe, processes, watcher) as feed,
        _device(processes),
    ):
        trainer = Trainer(objective, feed.source, settings, processes)
        if checkpoint is not None:
            trainer.restore(checkpoint.state)
            _check_unfinished(trainer, limits)
        books = None
        if processes.first:
            books = _books(request, feed, trainer, watcher, checkpoint)
            books.begin(_summary(request, trainer, limits, processes), rehearse=limits.end_by is not None)
        return run(trainer, limits, processes, books, stop or (lambda: False))


def _check_packages() -> None:
    """Before hours of steps, not at the first checkpoint."""
    if find_spec("safetensors") is None:
        raise UsageError(
            f"{sys.executable} lacks safetensors, which weights and checkpoints are written with; install it"
            " (pip install safetensors) and begin again"
        )


def _going_on(request: TrainingRequest, checkpoint: Checkpoint) -> TrainingRequest:
    network = checkpoint.record.get("network")
    if network != request.name:
        raise UsageError(f"{request.out} has a training of {network}, not of {request.name}; give --out another folder")
    return request.going_on(checkpoint.record["options"])


@contextmanager
def _data_of(request: TrainingRequest, recipe: Recipe, processes: Processes, watcher: Watcher) -> Iterator[Feed]:
    choice = data_of(request, recipe)
    if processes.count > 1 and choice.bank is not None and not choice.bank.is_file():
        raise UsageError(f"there is no {choice.bank} yet, and all processes would write it; make it by one alone first")
    feed = open_data(choice, processes.device, watcher.note if processes.first else unheard)
    source = Ahead(feed.source, processes.device)
    try:
        yield replace(feed, source=source)
    finally:
        source.close()


@contextmanager
def _device(processes: Processes) -> Iterator[None]:
    """Sets a GPU up for training, and says it plainly where its memory does not suffice."""
    before = torch.backends.cudnn.benchmark
    # Crops have one size all along: the fastest way to convolve them is worth looking for, once.
    torch.backends.cudnn.benchmark = before or processes.device.type == "cuda"
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError(
            f"the memory of {processes.device} does not suffice; give a smaller --batch, --crop or --width"
        ) from error
    finally:
        torch.backends.cudnn.benchmark = before


def _check_unfinished(trainer: Trainer, limits: Limits) -> None:
    if limits.plan.progress(trainer.step, trainer.seconds) >= 1.0:
        raise UsageError(
            f"the training is done: {trainer.step} steps and {trainer.seconds / 60.0:.1f} minutes, of {limits.plan};"
            " to go on, give a larger --steps or --minutes, which count all runs"
        )


def _books(
    request: TrainingRequest, feed: Feed, trainer: Trainer, watcher: Watcher, checkpoint: Checkpoint | None
) -> Books:
    origin = origin_of(request, recipe_of(request.name))
    folder = RunFolder(request.out, origin, bool(request.half), bool(request.few_files))
    folder.begin()
    device = next(iter(trainer.average.tensors.values())).device
    keeping = Keeping(
        folder,
        _validation(request, feed, origin, watcher.note, device),
        watcher,
        _pace(request),
        bool(request.light),
    )
    return Books(trainer, keeping, _record(request, checkpoint))


def _pace(request: TrainingRequest) -> Pace:
    save = chosen(request.save_seconds, Pace.save_seconds)
    if not save > 0.0:
        raise UsageError(f"got {save:g} seconds from checkpoint to checkpoint; give a number above 0")
    report, validate = (
        chosen(request.report_every, Pace.report_every),
        chosen(request.validate_every, Pace.validate_every),
    )
    if report < 1 or validate < 1:
        raise UsageError(f"got {report} steps between reports and {validate} between validations; give 1 or more")
    return Pace(report, validate, save)


def _record(request: TrainingRequest, checkpoint: Checkpoint | None) -> dict[str, Any]:
    """What goes with every checkpoint: the past, and what is asked for now."""
    past = dict(checkpoint.record) if checkpoint is not None else {}
    return {**past, "network": request.name, "options": request.kept()}


def _validation(
    request: TrainingRequest, feed: Feed, origin: Origin, tell: Tell, device: torch.device
) -> Validation | None:
    """What to measure on: what is named, or shots kept apart, or more of what is made up, or nothing."""
    source = measured_on(feed, _HELD_OUT_BATCH, device, request.out / _HELD_OUT_BANK, tell)
    if source is None:
        return None

    def maker_of(state: Mapping[str, Tensor]) -> FrameMaker:
        from vfi_plugin.models.weights import Weights  # loads safetensors

        tensors = {name: tensor.cpu() for name, tensor in state.items()}
        return model_of(
            origin.network, Weights(tensors, origin.variant, "", "what is trained", origin.width), device
        ).interpolate

    return Validation(held_out(source, _HELD_OUT_BATCHES), maker_of)


def _summary(request: TrainingRequest, trainer: Trainer, limits: Limits, processes: Processes) -> str:
    parameters = sum(tensor.numel() for tensor in trainer.average.tensors.values())
    variant = f" {request.variant}" if request.variant else ""
    where = f"{processes.count} x {processes.device.type}" if processes.count > 1 else str(processes.device)
    begun = f"goes on after step {trainer.step}" if trainer.step else "begins"
    if trainer.step and trainer.fresh_since == trainer.step:
        begun += " from the averaged weights of a light checkpoint, with fresh moments"
    return (
        f"training {request.name}{variant}, width {request.width:g} ({parameters:,} numbers), on {where}, in"
        f" {trainer.settings.precision}, for {limits.plan} in all; it {begun}"
    )
