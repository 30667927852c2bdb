"""How each network is trained: how it is built, what it lowers, and with which settings when none are given.

Settings are the paper's, or those of the authors' code, where we know them. Otherwise they are ours, and it says so.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.adaconv.net import AdaConvNet
from vfi_plugin.models.bipn.info import parse_variant
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.dain.net import Dain
from vfi_plugin.models.figan.net import FiganNet
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.phasenet.checkpoint import build as build_phasenet
from vfi_plugin.models.phasenet.info import IMPROVED
from vfi_plugin.models.rife.net import build as build_rife
from vfi_plugin.models.sepconv.net import SepConvNet
from vfi_plugin.models.sepconvpp.net import SepConvPlusNet
from vfi_plugin.models.superslomo.net import SuperSlomo
from vfi_plugin.models.voxelflow.net import VoxelFlowNet
from vfi_plugin.train.critic import FiganCritic
from vfi_plugin.train.initial import he_normal
from vfi_plugin.train.objective import Objective
from vfi_plugin.train.objectives.adaconv import AdaConvObjective
from vfi_plugin.train.objectives.bipn import BipnObjective
from vfi_plugin.train.objectives.bipn_start import can_start_as_average
from vfi_plugin.train.objectives.bipn_start import start_as_average as start_bipn
from vfi_plugin.train.objectives.dain import DainObjective
from vfi_plugin.train.objectives.dain import start_as_average as start_dain
from vfi_plugin.train.objectives.figan import FiganObjective
from vfi_plugin.train.objectives.fused import FusedObjective, start_even
from vfi_plugin.train.objectives.phasenet import PhaseNetObjective
from vfi_plugin.train.objectives.rife import RifeObjective
from vfi_plugin.train.objectives.sepconv import SepConvObjective, start_as_average
from vfi_plugin.train.objectives.superslomo import SuperSlomoObjective
from vfi_plugin.train.objectives.voxelflow import VoxelFlowObjective
from vfi_plugin.train.perceptual import SRGAN_DIVISOR, Perceptual
from vfi_plugin.train.settings import Optimiser


@dataclass(frozen=True)
class Extras:
    """What some objectives take beside the network.

    Attributes:
        perceptual: the distance of VGG-19's features, or None where the user has no weights of it.
        critic: whether one plays against the network.
        width: of the critic, as of the network.
    """

    perceptual: Perceptual | None = None
    critic: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class FeatureLayer:
    """Which features of VGG-19 a network's paper compares.

    Attributes:
        layer: its name.
        divisor: of the features.
    """

    layer: str
    divisor: float = 1.0


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
        any_time: whether the true frame may instead be one at any time.
        flows: whether it learns from exact flow, where pairs are made up and have it.
        has_critic: whether the objective knows one.
        vgg19: the features of its perceptual loss, or None where it has none.
        may_follow: whether it can be shown frames that have met.
    """

    build: Callable[[str, float], nn.Module]
    objective: Callable[[Any, Extras], Objective]
    defaults: Defaults
    variant: str = ""
    frames_between: Callable[[str], int] = _one
    any_time: bool = False
    flows: bool = False
    has_critic: bool = False
    vgg19: FeatureLayer | None = None
    may_follow: bool = True


def _bipn(variant: str, width: float) -> Bipn:
    frames, scales = parse_variant(variant)
    net = Bipn(width, frames, scales)
    if can_start_as_average(net):
        start_bipn(net)
    return net


def _bipn_frames(variant: str) -> int:
    return parse_variant(variant)[0]


def _superslomo(_: str, width: float) -> SuperSlomo:
    net = SuperSlomo(width)
    he_normal(net, 0.1)  # the slope of its leaky ReLUs
    return net


def _sepconv(_: str, width: float) -> SepConvNet:
    net = SepConvNet(width)
    start_as_average(net)
    return net


def _sepconvpp(_: str, width: float) -> SepConvPlusNet:
    net = SepConvPlusNet(width)
    start_as_average(net)
    return net


def _fused(_: str, width: float) -> FusedNet:
    net = FusedNet(width)
    start_even(net)
    return net


def _voxelflow(variant: str, width: float) -> VoxelFlowNet:
    return VoxelFlowNet(width, variant)


def _dain(_: str, width: float) -> Dain:
    net = Dain(width)
    start_dain(net)
    return net


def _bipn_objective(net: Bipn, extras: Extras) -> BipnObjective:
    perceptual = extras.perceptual or Perceptual.stand_in()
    return BipnObjective(net, perceptual=perceptual, adversarial=extras.critic, critic_width=extras.width)


def _figan_objective(net: FiganNet, extras: Extras) -> FiganObjective:
    critic = FiganCritic(extras.width) if extras.critic else None
    return FiganObjective(net, extras.perceptual or Perceptual.stand_in(), critic)


def _sepconv_objective(net: SepConvNet, extras: Extras) -> SepConvObjective:
    """The paper's two: colour, or features in its place where there are weights for them."""
    return SepConvObjective(net, normalised=False, perceptual=extras.perceptual)


def _superslomo_objective(net: SuperSlomo, extras: Extras) -> SuperSlomoObjective:
    return SuperSlomoObjective(net, perceptual=extras.perceptual)


def _dain_objective(net: Dain, _: Extras) -> DainObjective:
    return DainObjective(net, blend_weight=1.0)  # nobody trained its flow before: it has to learn from the frames


_ADAM, _ADAMAX = Optimiser("adam"), Optimiser("adamax")

# The paper's: pieces of 150 px, from which windows of 79 px are taken.
_ADACONV = Defaults(_ADAMAX, 1e-3, batch=128, crop=150)

# Ours but for the size, which is that of the paper's moving shapes: the constants of DCGAN (Radford et al., ICLR 2016),
# whose kind of critic it has.
_BIPN = Defaults(Optimiser("adam", (0.5, 0.999)), 2e-4, batch=32, crop=64)

# The paper's optimiser and rate; batch and size are ours.
_DAIN = Defaults(_ADAMAX, 1e-4, batch=4, crop=256)

# Ours: 64 px is the least that its perceptual loss takes, twice that leaves the coarsest scale some motion to see.
_FIGAN = Defaults(_ADAM, 1e-4, batch=32, crop=128)

# Ours: pairs of half a second of two cores' search each, so few at a time; the crop is three reaches of soft pictures.
_FUSED = Defaults(Optimiser("adamw", weight_decay=1e-4), 5e-4, batch=16, crop=192)

# The paper's.
_PHASENET = Defaults(_ADAM, 1e-3, batch=32, crop=256)

# The authors' code but for the size, theirs being 224 px, no multiple of what the later networks take.
_RIFE = Defaults(Optimiser("adamw", weight_decay=1e-3), 3e-4, batch=16, crop=256)

# The paper's but for the rate, a tenth of theirs: sums of 2601 products are touchy at the start that we give them.
_SEPCONV = Defaults(_ADAMAX, 1e-4, batch=16, crop=128)

# Ours, after its forerunner.
_SEPCONVPP = Defaults(_ADAMAX, 3e-4, batch=16, crop=256)

# SRGAN's, whose divisor is ``Perceptual``'s own; BiPN's is relu3_3, as it is.
_FIGAN_FEATURES, _BIPN_FEATURES = FeatureLayer("conv5_4", SRGAN_DIVISOR), FeatureLayer("relu3_3")

# The paper's; and VGG-19's layer of the name that Super SloMo takes of VGG-16, which has the same layers up to there
# but for one: whoever has weights needs one file.
_SEPCONV_FEATURES, _SUPERSLOMO_FEATURES = FeatureLayer("relu4_4"), FeatureLayer("conv4_3")

# Those of the code whose weights are in use.
_SUPERSLOMO = Defaults(_ADAM, 1e-4, batch=6, crop=352)

# The paper's.
_VOXELFLOW = Defaults(_ADAM, 1e-4, batch=32, crop=256)

RECIPES: dict[str, Recipe] = {
    "adaconv": Recipe(lambda _, width: AdaConvNet(width), lambda net, _: AdaConvObjective(net), _ADACONV),
    "bipn": Recipe(_bipn, _bipn_objective, _BIPN, "3", _bipn_frames, has_critic=True, vgg19=_BIPN_FEATURES),
    "dain": Recipe(_dain, _dain_objective, _DAIN, any_time=True, flows=True),
    "figan": Recipe(lambda _, width: FiganNet(width), _figan_objective, _FIGAN, has_critic=True, vgg19=_FIGAN_FEATURES),
    "fused": Recipe(_fused, lambda net, _: FusedObjective(net), _FUSED, any_time=True, may_follow=False),
    "phasenet": Recipe(build_phasenet, lambda net, _: PhaseNetObjective(net, by_progress=True), _PHASENET, IMPROVED),
    "rife": Recipe(build_rife, lambda net, _: RifeObjective(net), _RIFE, "4.25", any_time=True),
    "sepconv": Recipe(_sepconv, _sepconv_objective, _SEPCONV, vgg19=_SEPCONV_FEATURES),
    "sepconvpp": Recipe(_sepconvpp, lambda net, _: SepConvObjective(net, normalised=True), _SEPCONVPP),
    "superslomo": Recipe(_superslomo, _superslomo_objective, _SUPERSLOMO, any_time=True, vgg19=_SUPERSLOMO_FEATURES),
    "voxelflow": Recipe(_voxelflow, lambda net, _: VoxelFlowObjective(net), _VOXELFLOW, "192px"),
}


def recipe_of(name: str) -> Recipe:
    """The recipe of a network. Raises UsageError where there is none."""
    if name not in RECIPES:
        close = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageError(f"there is no recipe to train {name!r}{hint} Can be trained: {', '.join(sorted(RECIPES))}")
    return RECIPES[name]
