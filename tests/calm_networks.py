"""Narrow networks with random weights whose last layers are quiet: every layer runs, and nothing moves far."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import torch

from vfi_plugin.models.weights import Weights, save_weights

NETWORKS = (
    "adaconv",
    "sepconv",
    "sepconvpp",
    "superslomo",
    "voxelflow",
    "rife",
    "dain",
    "bipn",
    "figan",
    "fused",
    "phasenet",
)
PAINTING = frozenset({"bipn", "phasenet"})
"""Those that paint frames: with random weights, frames of nothing."""

WIDTH = 0.125

# The class of each, or the variant where there are several.
_NETS = {
    "adaconv": ("AdaConvNet", ""),
    "sepconv": ("SepConvNet", ""),
    "sepconvpp": ("SepConvPlusNet", ""),
    "superslomo": ("SuperSlomo", ""),
    "voxelflow": ("VoxelFlowNet", ""),
    "rife": ("IFNet", "4.25"),
    "dain": ("Dain", ""),
    "bipn": ("Bipn", "3"),
    "figan": ("FiganNet", ""),
    "fused": ("FusedNet", ""),
    "phasenet": ("PhaseNet", "faithful"),
}

# What the layers that make flow, masks and residuals are multiplied by, and those that make kernels of 51 taps: a tap
# of a thousandth on a highlight of 500 is seen as far as the kernel reaches, whoever applies it.
_QUIET, _QUIET_KERNELS = 0.02, 0.0002
_HEADS = {
    "adaconv": ("head",),
    "sepconv": ("vertical_0.7", "vertical_1.7", "horizontal_0.7", "horizontal_1.7"),
    "sepconvpp": ("vertical_0.3", "vertical_1.3", "horizontal_0.3", "horizontal_1.3"),
    "superslomo": ("flow.head", "interpolation.head"),
    "voxelflow": ("head",),
    "rife": tuple(f"block{n}.lastconv.0" for n in range(5)),
    "bipn": ("stages.0.decoder.9",),
    "figan": tuple(f"{module}.layers.10" for module in ("coarse", "finer.0", "finer.1", "correction")),
    "fused": ("head",),
    "phasenet": tuple(f"heads.{n}" for n in range(8)),
    "dain": ("filters.heads.0.2", "filters.heads.1.2", "optical_flow.last", "rectify.last"),
}


def calm_weights(name: str, folder: Path) -> Path:
    """Writes the weights of one network, in this package's own form."""
    torch.manual_seed(5)
    network, variant = _NETS[name]
    module = import_module(f"vfi_plugin.models.{name}.net")
    net = module.build(variant, WIDTH) if hasattr(module, "build") else getattr(module, network)(WIDTH)
    state = net.state_dict()
    quiet = _QUIET_KERNELS if name.startswith("sepconv") else _QUIET
    for head in _HEADS[name]:
        state[f"{head}.weight"] *= quiet
        state[f"{head}.bias"] *= quiet
        _rest(name, state[f"{head}.bias"])
    for key in [key for key in state if key.startswith("optical_flow.") and "predict" in key]:
        state[key] *= _QUIET
    path = folder / f"{name}.safetensors"
    save_weights(path, name, Weights(state, variant, "", "made by the tests", WIDTH), "0" * 64)
    return path


def _rest(name: str, bias: torch.Tensor) -> None:
    """Kernels that leave the picture where it is: one tap in the middle, each frame's kernel half of the whole."""
    if name.startswith("sepconv"):
        bias[bias.numel() // 2] += 0.5**0.5
    elif name == "adaconv":
        # Logits: the 3360 other taps together have e^-16 of one in the middle, 1e-4 of a highlight of 1000 around.
        bias.view(2, -1)[:, bias.numel() // 4] += 24.0
    elif name == "dain" and bias.numel() == 16:
        bias += 0.25
