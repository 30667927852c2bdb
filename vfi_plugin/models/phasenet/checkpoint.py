"""The two forms of PhaseNet. Nobody has published a file of weights, so names are the network's own."""

from __future__ import annotations

from vfi_plugin.models.phasenet.info import FAITHFUL, IMPROVED
from vfi_plugin.models.phasenet.net import PhaseNet
from vfi_plugin.models.variant import Variant


def own_name(name: str) -> str:
    """The name itself."""
    return name


def build(variant: str, width: float) -> PhaseNet:
    """The network of a variant."""
    return PhaseNet(width, blends_high_pass=variant == IMPROVED)


VARIANTS = (
    Variant(FAITHFUL, "PhaseNet as published (a plain state dict)", PhaseNet, own_name),
    Variant(
        IMPROVED,
        "PhaseNet with its finest detail (a plain state dict)",
        lambda: PhaseNet(blends_high_pass=True),
        own_name,
    ),
)
