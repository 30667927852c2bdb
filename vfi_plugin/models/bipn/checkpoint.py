"""The forms of BiPN, and how a file of its weights names their tensors."""

from __future__ import annotations

from functools import partial

from vfi_plugin.models.bipn.net import MOST_FRAMES, MULTISCALE, Bipn
from vfi_plugin.models.variant import Variant

_MULTISCALE = "-multiscale"


def parse_variant(name: str) -> tuple[int, int]:
    """``"3"`` -> 3 frames at 1 scale; ``"7-multiscale"`` -> 7 frames at 4 scales."""
    frames = int(name.removesuffix(_MULTISCALE))
    return frames, MULTISCALE if name.endswith(_MULTISCALE) else 1


def _as_here(name: str) -> str:
    """Nobody has published weights, so a file that is recognised is the network's own state."""
    return name


def _variant(name: str) -> Variant:
    frames, scales = parse_variant(name)
    what = f"BiPN for {frames} frame{'s' if frames > 1 else ''} at {scales} scale{'s' if scales > 1 else ''}"
    return Variant(name, what, partial(Bipn, frames=frames, scales=scales), _as_here)


VARIANTS = tuple(_variant(f"{frames}{form}") for form in ("", _MULTISCALE) for frames in range(1, MOST_FRAMES + 1))
"""One for each number of frames, at one scale and at four."""
