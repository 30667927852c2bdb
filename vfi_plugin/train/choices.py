"""What a request comes to: what it leaves open is decided by the recipe of its network."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.registry import variants_of
from vfi_plugin.models.variant import load_state
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.export import Origin
from vfi_plugin.train.objective import Objective
from vfi_plugin.train.open_data import DataChoice
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.recipes import Extras, Recipe
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.run import Limits
from vfi_plugin.train.schedule import Plan
from vfi_plugin.train.settings import TrainingSettings

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

Choice = TypeVar("Choice")

_WARM_UP_STEPS = 100
"""A tenth of what Adam's second moments, at 0.999, look back on: by then they rest on more than a gradient or two."""


def given_weights(request: TrainingRequest) -> Weights | None:
    """The weights to begin with, or None; raises WeightsError where the file is no good."""
    if request.begin_with is None:
        return None
    from vfi_plugin.models.weights import read_weights  # loads safetensors

    return read_weights(request.name, variants_of(request.name), request.begin_with)


def with_network(request: TrainingRequest, recipe: Recipe, given: Weights | None) -> TrainingRequest:
    """The request with a variant and a width, which are the given weights' where there are some, and what these follow.

    Raises:
        UsageError: the network has no such form, or the weights are of another.
    """
    variant = given.variant if given else chosen(request.variant, recipe.variant)
    width = given.width if given else chosen(request.width, 1.0)
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
    follow = request.follow if request.follow is not None or given is None else given.follows or None
    return replace(request, variant=variant, width=width, follow=follow)


def limits_of(request: TrainingRequest) -> Limits:
    """How long, from now on; raises UsageError where there is no end."""
    pause = request.pause_minutes
    if pause is not None and not pause > 0.0:
        raise UsageError(f"got a pause after {pause:g} minutes; give a number above 0")
    within = request.within_minutes
    if within is not None and not within > 0.0:
        raise UsageError(f"got {within:g} minutes for all of the run; give a number above 0")
    end_by = None if within is None else time.monotonic() + 60.0 * within
    return Limits(Plan(request.steps, request.minutes), None if pause is None else 60.0 * pause, end_by)


def origin_of(request: TrainingRequest, recipe: Recipe) -> Origin:
    """What is written into the weights to use."""
    data, synthetic = request.data or (), chosen(request.synthetic, 0.0)
    return Origin(
        request.name,
        chosen(request.variant, recipe.variant),
        chosen(request.width, 1.0),
        chosen(request.licence, "not stated by who trained them"),
        chosen(request.training_data, f"{', '.join(data)}; made up: {synthetic:.0%}"),
        follows=bool(request.follow),
    )


def data_of(request: TrainingRequest, recipe: Recipe) -> DataChoice:
    """What it is fed with; raises UsageError where that does not go together."""
    if request.follow and not recipe.may_follow:
        raise UsageError(f"{request.name} looks for motion by the classics itself; leave --follow out")
    return DataChoice(
        paths=request.data or (),
        synthetic=chosen(request.synthetic, 0.0),
        crop=chosen(request.crop, recipe.defaults.crop),
        batch=chosen(request.batch, recipe.defaults.batch),
        frames_between=recipe.frames_between(chosen(request.variant, recipe.variant)),
        seed=chosen(request.seed, 0),
        any_time=recipe.any_time,
        flows=recipe.flows,
        bank=None if request.bank is None else Path(request.bank),
        windows=chosen(request.windows, BankRecipe.windows),
        memory_gb=chosen(request.memory_gb, BankRecipe.memory_gb),
        frame_step=chosen(request.frame_step, 1),
        validate=request.validate or (),
        keep_apart=True,
        follow=bool(request.follow),
    )


def settings_of(request: TrainingRequest, recipe: Recipe) -> TrainingSettings:
    """How it learns; raises UsageError for numbers without sense."""
    return TrainingSettings(
        learning_rate=chosen(request.learning_rate, recipe.defaults.learning_rate),
        critic_learning_rate=request.critic_learning_rate,
        optimiser=recipe.defaults.optimiser,
        seed=chosen(request.seed, 0),
        warm_up_steps=chosen(request.warm_up_steps, _WARM_UP_STEPS),
        clip=request.clip,
        average_decay=chosen(request.average_decay, TrainingSettings.average_decay),
        precision=chosen(request.precision, "float32"),
    )


def objective_of(request: TrainingRequest, recipe: Recipe, given: Weights | None) -> Objective:
    """The network, as it begins, and what it lowers.

    Raises:
        UsageError: there is no critic for it, or no use for VGG-19.
        WeightsError: a file of VGG-19 that is no good.
    """
    if request.critic and not recipe.has_critic:
        raise UsageError(f"{request.name} is trained without a critic; leave --critic out")
    perceptual = None
    if request.vgg19 is not None:
        if recipe.vgg19 is None:
            raise UsageError(f"{request.name} is trained without a perceptual loss; leave --vgg19 out")
        perceptual = Perceptual.of_vgg19(request.vgg19, recipe.vgg19.layer, recipe.vgg19.divisor)
    width = chosen(request.width, 1.0)
    with torch.random.fork_rng([]):
        torch.manual_seed(chosen(request.seed, 0))
        net: nn.Module = recipe.build(chosen(request.variant, recipe.variant), width)
        objective = recipe.objective(net, Extras(perceptual, bool(request.critic), width))
    if given is not None:
        load_state(net, given.tensors, "num_batches_tracked", given.source)
    return objective


def chosen(value: Choice | None, default: Choice) -> Choice:
    """What is given, or else the default."""
    return default if value is None else value
