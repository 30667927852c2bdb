"""Weights of the fused classics are ours alone: a file names its tensors as the network does."""

from __future__ import annotations

from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.variant import Variant

VARIANTS = (Variant("", "fused classics, trained here", FusedNet, lambda name: name),)
"""There is one."""
