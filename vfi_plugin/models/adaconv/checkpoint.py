"""How a file of AdaConv names its tensors: the authors published none, so the names are the network's own."""

from __future__ import annotations

from vfi_plugin.models.adaconv.net import AdaConvNet
from vfi_plugin.models.variant import Variant

VARIANTS = (Variant("", "AdaConv (a state of AdaConvNet)", AdaConvNet, str),)
