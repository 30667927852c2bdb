"""Training as it is asked for: data, network, objective, settings and folder put together, and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from vfi_plugin.errors import DeviceError, UsageError
from vfi_plugin.models.registry import model_of, variants_of
from vfi_plugin.models.variant import load_state
from vfi_plugin.train.ahead import Ahead
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.books import Books, Keeping, Pace
from vfi_plugin.train.checkpoint import Checkpoint
from vfi_plugin.train.export import Origin
from vfi_plugin.train.objective import Objective
from vfi_plugin.train.open_data import SHAPES, DataChoice, open_data
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.processes import Processes, joined
from vfi_plugin.train.recipes import Extras, Recipe, recipe_of
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.run import Limits, Outcome, run
from vfi_plugin.train.run_folder import RunFolder, checkpoint_of
from vfi_plugin.train.schedule import Plan
from vfi_plugin.train.settings import TrainingSettings
from vfi_plugin.train.trainer import Trainer
from vfi_plugin.train.validation import FrameMaker, Validation, held_out
from vfi_plugin.train.watching import Silent, Watcher

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

Tensor = torch.Tensor
Choice = TypeVar("Choice")

HELD_OUT_SEED = 2**32 - 1
"""Of what is measured on: the same for every training, and none that a person would train with."""

_HELD_OUT_BATCHES, _HELD_OUT_BATCH = 4, 8
"""32 pairs: one of them is 3 % of the mean, and all of them take seconds."""

_WARM_UP_STEPS = 100
"""A tenth of what Adam's second moments, at 0.999, look back on: by then they rest on more than a gradient or two."""


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
    recipe = recipe_of(request.name)
    checkpoint = checkpoint_of(request.out, resume=request.resume)
    if checkpoint is not None:
        request = _going_on(request, checkpoint)
    given = _given_weights(request)
    request = _with_network(request, recipe, given)
    limits = _limits(request)
    objective, settings = _objective(request, recipe, given), _settings(request, recipe)
    with joined(request.device) as processes, _data_of(request, recipe, processes) as source, _memory(processes):
        trainer = Trainer(objective, source, settings, processes)
        if checkpoint is not None:
            trainer.restore(checkpoint.state)
            _check_unfinished(trainer, limits)
        books = None
        if processes.first:
            books = _books(request, recipe, trainer, watcher or Silent(), checkpoint)
            books.begin(_summary(request, trainer, limits, processes))
        return run(trainer, limits, processes, books, stop or (lambda: False))


def _going_on(request: TrainingRequest, checkpoint: Checkpoint) -> TrainingRequest:
    network = checkpoint.record.get("network")
    if network != request.name:
        raise UsageError(f"{request.out} has a training of {network}, not of {request.name}; give --out another folder")
    return request.going_on(checkpoint.record["options"])


def _given_weights(request: TrainingRequest) -> Weights | None:
    if request.begin_with is None:
        return None
    from vfi_plugin.models.weights import read_weights  # loads safetensors

    return read_weights(request.name, variants_of(request.name), request.begin_with)


def _with_network(request: TrainingRequest, recipe: Recipe, given: Weights | None) -> TrainingRequest:
    """The request with a variant and a width, which are the given weights' where there are some."""
    variant = given.variant if given else _chosen(request.variant, recipe.variant)
    width = given.width if given else _chosen(request.width, 1.0)
    if request.variant not in (None, variant) or request.width not in (None, width):
        raise UsageError(
            f"the weights to begin with have the width {width:g} and the variant {variant!r}; ask for those"
        )
    names = [known.name for known in variants_of(request.name)]
    if variant not in names:
        allowed = f"give one of {', '.join(names)}" if any(names) else "it has none, leave --variant out"
        raise UsageError(f"{request.name} has no variant {variant!r}; {allowed}")
    if not 0.0 < width <= 4.0:  # what weights of this package may have
        raise UsageError(f"got a width of {width:g}; give one above 0, 1 being the published size, up to 4")
    return replace(request, variant=variant, width=width)


def _limits(request: TrainingRequest) -> Limits:
    pause = request.pause_minutes
    if pause is not None and not pause > 0.0:
        raise UsageError(f"got a pause after {pause:g} minutes; give a number above 0")
    return Limits(Plan(request.steps, request.minutes), None if pause is None else 60.0 * pause)


@contextmanager
def _data_of(request: TrainingRequest, recipe: Recipe, processes: Processes) -> Iterator[BatchSource]:
    source = Ahead(open_data(_data(request, recipe), processes.device))
    try:
        yield source
    finally:
        source.close()


@contextmanager
def _memory(processes: Processes) -> Iterator[None]:
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError(
            f"the memory of {processes.device} does not suffice; give a smaller --batch, --crop or --width"
        ) from error


def _check_unfinished(trainer: Trainer, limits: Limits) -> None:
    if limits.plan.progress(trainer.step, trainer.seconds) >= 1.0:
        raise UsageError(
            f"the training is done: {trainer.step} steps and {trainer.seconds / 60.0:.1f} minutes, of {limits.plan};"
            " to go on, give a larger --steps or --minutes, which count all runs"
        )


def _data(request: TrainingRequest, recipe: Recipe) -> DataChoice:
    return DataChoice(
        paths=request.data or (),
        synthetic=_chosen(request.synthetic, 0.0),
        crop=_chosen(request.crop, recipe.defaults.crop),
        batch=_chosen(request.batch, recipe.defaults.batch),
        frames_between=recipe.frames_between(_chosen(request.variant, recipe.variant)),
        seed=_chosen(request.seed, 0),
        any_time=recipe.any_time,
        bank=request.bank,
    )


def _settings(request: TrainingRequest, recipe: Recipe) -> TrainingSettings:
    return TrainingSettings(
        learning_rate=_chosen(request.learning_rate, recipe.defaults.learning_rate),
        critic_learning_rate=request.critic_learning_rate,
        optimiser=recipe.defaults.optimiser,
        seed=_chosen(request.seed, 0),
        warm_up_steps=_chosen(request.warm_up_steps, _WARM_UP_STEPS),
        clip=request.clip,
        average_decay=_chosen(request.average_decay, TrainingSettings.average_decay),
        precision=_chosen(request.precision, "float32"),
    )


def _objective(request: TrainingRequest, recipe: Recipe, given: Weights | None) -> Objective:
    """The network, as it begins, and what it lowers."""
    if request.critic and not recipe.has_critic:
        raise UsageError(f"{request.name} is trained without a critic; leave --critic out")
    width = _chosen(request.width, 1.0)
    perceptual = Perceptual.stand_in() if request.vgg19 is None else Perceptual.of_vgg19(request.vgg19)
    with torch.random.fork_rng([]):
        torch.manual_seed(_chosen(request.seed, 0))
        net: nn.Module = recipe.build(_chosen(request.variant, recipe.variant), width)
        objective = recipe.objective(net, Extras(perceptual, bool(request.critic), width))
    if given is not None:
        load_state(net, given.tensors, "num_batches_tracked", given.source)
    return objective


def _books(
    request: TrainingRequest, recipe: Recipe, trainer: Trainer, watcher: Watcher, checkpoint: Checkpoint | None
) -> Books:
    choice = _data(request, recipe)
    origin = Origin(
        request.name,
        _chosen(request.variant, recipe.variant),
        _chosen(request.width, 1.0),
        _chosen(request.licence, "not stated by who trained them"),
        _chosen(request.training_data, f"{', '.join(choice.paths)}; made up: {choice.synthetic:.0%}"),
    )
    folder = RunFolder(request.out, origin, bool(request.half))
    folder.begin()
    device = next(iter(trainer.average.tensors.values())).device
    keeping = Keeping(
        folder,
        _validation(request, choice, origin, device),
        watcher,
        Pace(_chosen(request.report_every, Pace.report_every), _chosen(request.validate_every, Pace.validate_every)),
    )
    return Books(trainer, keeping, _record(request, checkpoint))


def _record(request: TrainingRequest, checkpoint: Checkpoint | None) -> dict[str, Any]:
    """What goes with every checkpoint: of the past what still holds, and what is asked for now."""
    past, kept = dict(checkpoint.record) if checkpoint is not None else {}, request.kept()
    if any(past.get("options", {}).get(name) != kept.get(name) for name in ("data", "validate", "crop")):
        past |= {"best_db": None, "best_step": None}  # measured on other frames: no number to be compared with
    return {**past, "network": request.name, "options": kept}


def _validation(
    request: TrainingRequest, choice: DataChoice, origin: Origin, device: torch.device
) -> Validation | None:
    """What to measure on: what is named, moving shapes where they alone are trained on, or nothing."""
    paths = request.validate or ()
    made_up = not paths and (SHAPES in choice.paths or choice.synthetic == 1.0)
    if not paths and not made_up:
        return None
    source = open_data(
        replace(
            choice,
            paths=choice.paths if made_up else paths,
            synthetic=choice.synthetic if made_up else 0.0,
            batch=_HELD_OUT_BATCH,
            seed=HELD_OUT_SEED,
            changed=False,
            bank=None,
        ),
        device,
    )

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
    return (
        f"training {request.name}{variant}, width {request.width:g} ({parameters:,} numbers), on {where}, in"
        f" {trainer.settings.precision}, for {limits.plan} in all; it {begun}"
    )


def _chosen(value: Choice | None, default: Choice) -> Choice:
    return default if value is None else value
