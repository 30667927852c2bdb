"""Which networks can become a Cattery node, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.model import Model
from vfi_plugin.models.registry import model_info

_MOTIONS = {
    "rife": ("vfi_plugin.cattery.rife", "RifeMotion"),
    "superslomo": ("vfi_plugin.cattery.superslomo", "SuperSlomoMotion"),
    "voxelflow": ("vfi_plugin.cattery.voxelflow", "VoxelFlowMotion"),
}

_KERNELS = "it moves pixels by a kernel for each of them, not by one flow to each frame"
_PAINTS = "it paints frames and gives no motion"
_REASONS = {
    "adaconv": _KERNELS,
    "bipn": _PAINTS,
    "dain": "it moves pixels by a filter for each of them beside its flow",
    "dis": "it is a search by OpenCV and no network",
    "disfast": "it is a search and no network",
    "figan": "it knows the middle of two frames alone",
    "fused": "it begins with a search by OpenCV, which is no network",
    "phase": "it is no network, and paints frames",
    "phasenet": _PAINTS,
    "sepconv": _KERNELS,
    "sepconvpp": _KERNELS,
}


def check_exportable(name: str) -> None:
    """Raises UsageError for a model that cannot become a node, and UnknownModelError for one that is not there."""
    model_info(name)
    if name not in _MOTIONS:
        reason = _REASONS.get(name, "there is no form of it for TorchScript yet")
        raise UsageError(
            f"the model {name} cannot be exported for Nuke: {reason}; those that can are {', '.join(_MOTIONS)}"
        )


def motion_of(model: Model) -> nn.Module:
    """The motion of a loaded network in a form that TorchScript compiles: guides and a time to (N, 5, H, W)."""
    module, motion = _MOTIONS[model.info.name]
    build: Callable[[Any], nn.Module] = getattr(import_module(module), motion)
    return build(model)
