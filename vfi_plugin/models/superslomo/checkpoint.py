"""How the published file of Super SloMo names its tensors."""

from __future__ import annotations

from collections.abc import Mapping

from vfi_plugin.models.superslomo.net import SuperSlomo
from vfi_plugin.models.variant import Values, Variant

_PARTS = {"flow": "state_dictFC", "interpolation": "state_dictAT"}


def published(name: str) -> str:
    """``flow.down.0.first.weight`` -> ``state_dictFC/down1.conv1.weight``."""
    part, stage, *rest = name.split(".")
    if stage in ("down", "up"):
        number, layer, kind = rest
        return f"{_PARTS[part]}/{stage}{int(number) + 1}.{_layer(layer)}.{kind}"
    layer, kind = rest if stage == "entry" else ("third", rest[0])
    return f"{_PARTS[part]}/{_layer(layer)}.{kind}"


def _layer(name: str) -> str:
    return f"conv{('first', 'second', 'third').index(name) + 1}"


def unwrap(values: Values) -> Values:
    """One dictionary for each network lies in the file, beside the story of its training."""
    tensors: dict[str, object] = {}
    for part in _PARTS.values():
        inner = values.get(part)
        if isinstance(inner, Mapping):
            tensors |= {f"{part}/{name}": value for name, value in inner.items()}
    return tensors


VARIANTS = (Variant("", "Super SloMo (SuperSloMo.ckpt)", SuperSlomo, published, unwrap),)
"""There is one architecture."""
