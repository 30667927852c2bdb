"""FIGAN's weights were never published; files of other people's training are taken as plain tensors by our names."""

from __future__ import annotations

from vfi_plugin.models.figan.net import FiganNet
from vfi_plugin.models.variant import Variant

VARIANTS = (Variant("", "FIGAN (a state dict of FiganNet)", FiganNet, lambda name: name),)
"""There is one architecture."""
