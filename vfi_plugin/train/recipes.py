"""How each network is trained: how it is built, what it lowers, and with which settings when none are given.

Settings are the paper's where we know them. Otherwise they are ours, and their line says so.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.adaconv.net import AdaConvNet
from vfi_plugin.models.bipn.checkpoint import parse_variant
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.figan.net import FiganNet
from vfi_plugin.models.phasenet.checkpoint import IMPROVED
from vfi_plugin.models.phasenet.checkpoint import build as build_phasenet
from vfi_plugin.train.critic import FiganCritic
from vfi_plugin.train.objective import Objective
from vfi_plugin.train.objectives.adaconv import AdaConvObjective
from vfi_plugin.train.objectives.bipn import BipnObjective
from vfi_plugin.train.objectives.figan import FiganObjective
from vfi_plugin.train.objectives.phasenet import PhaseNetObjective
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.settings import Optimiser


@dataclass(frozen=True)
class Extras:
    """What some objectives take beside the network.

    Attributes:
        perceptual: the distance of features.
        critic: whether one plays against the network.
        width: of the critic, as of the network.
    """

    perceptual: Perceptual
    critic: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Defaults:
    """Settings that hold where none are given.

    Attributes:
        optimiser: of network and critic.
        learning_rate: before the schedule.
        batch: pairs in a step.
        crop: the side of the square frames, px.
    """

    optimiser: Optimiser
    learning_rate: float
    batch: int
    crop: int


def _one(_: str) -> int:
    return 1


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        build: variant and width -> the network, its weights drawn by torch's chance.
        objective: network and extras -> what it lowers.
        defaults: settings.
        variant: the one that is trained where none is named.
        frames_between: variant -> how many true frames a pair needs, evenly spaced.
        has_critic: whether the objective knows one.
    """

    build: Callable[[str, float], nn.Module]
    objective: Callable[[Any, Extras], Objective]
    defaults: Defaults
    variant: str = ""
    frames_between: Callable[[str], int] = _one
    has_critic: bool = False


def _bipn(variant: str, width: float) -> Bipn:
    frames, scales = parse_variant(variant)
    return Bipn(width, frames, scales)


def _bipn_objective(net: Bipn, extras: Extras) -> BipnObjective:
    return BipnObjective(net, perceptual=extras.perceptual, adversarial=extras.critic, critic_width=extras.width)


def _figan_objective(net: FiganNet, extras: Extras) -> FiganObjective:
    return FiganObjective(net, extras.perceptual, FiganCritic(extras.width) if extras.critic else None)


# The paper's: AdaMax, and pieces of 150 px, from which windows of 79 px are taken.
_ADACONV = Defaults(Optimiser("adamax"), 1e-3, batch=128, crop=150)

# Ours but for the size, which is that of the paper's moving shapes: the constants of DCGAN (Radford et al., ICLR 2016),
# whose kind of critic it has.
_BIPN = Defaults(Optimiser("adam", (0.5, 0.999)), 2e-4, batch=32, crop=64)

# Ours: 64 px is the least that its perceptual loss takes, twice that leaves the coarsest scale some motion to see.
_FIGAN = Defaults(Optimiser("adam"), 1e-4, batch=32, crop=128)

# The paper's.
_PHASENET = Defaults(Optimiser("adam"), 1e-3, batch=32, crop=256)

RECIPES: dict[str, Recipe] = {
    "adaconv": Recipe(lambda _, width: AdaConvNet(width), lambda net, _: AdaConvObjective(net), _ADACONV),
    "bipn": Recipe(_bipn, _bipn_objective, _BIPN, "3", lambda variant: parse_variant(variant)[0], has_critic=True),
    "figan": Recipe(lambda _, width: FiganNet(width), _figan_objective, _FIGAN, has_critic=True),
    "phasenet": Recipe(build_phasenet, lambda net, _: PhaseNetObjective(net), _PHASENET, IMPROVED),
}


def recipe_of(name: str) -> Recipe:
    """The recipe of a network. Raises UsageError where there is none."""
    if name not in RECIPES:
        close = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"there is no recipe to train {name!r}{hint} Can be trained: {', '.join(sorted(RECIPES))}")
    return RECIPES[name]
