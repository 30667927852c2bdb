"""The forms of BiPN, and how a file of its weights names their tensors."""

from __future__ import annotations

from functools import partial

from vfi_plugin.models.bipn.info import VARIANT_NAMES, parse_variant
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.variant import Variant


def _as_here(name: str) -> str:
    """Nobody has published weights, so a file that is recognised is the network's own state."""
    return name


def _variant(name: str) -> Variant:
    frames, scales = parse_variant(name)
    what = f"BiPN for {frames} frame{'s' if frames > 1 else ''} at {scales} scale{'s' if scales > 1 else ''}"
    return Variant(name, what, partial(Bipn, frames=frames, scales=scales), _as_here)


VARIANTS = tuple(map(_variant, VARIANT_NAMES))
