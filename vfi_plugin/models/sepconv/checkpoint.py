"""How the published file of SepConv names its tensors."""

from __future__ import annotations

from vfi_plugin.models.sepconv.net import SepConvNet
from vfi_plugin.models.variant import Values, Variant

_STEMS = {
    **{f"encoder.{index}": f"moduleConv{index + 1}" for index in range(5)},
    **{f"decoder.{index}": f"moduleDeconv{5 - index}" for index in range(4)},
    **{f"enlarge.{index}": f"moduleUpsample{5 - index}" for index in range(4)},
    "vertical_0": "moduleVertical1",
    "horizontal_0": "moduleHorizontal1",
    "vertical_1": "moduleVertical2",
    "horizontal_1": "moduleHorizontal2",
}


def _published(name: str) -> str:
    """``encoder.0.2.bias`` -> ``moduleConv1.2.bias``: layers are numbered alike, stages are named otherwise."""
    stem, layer, kind = name.rsplit(".", 2)
    return f"{_STEMS[stem]}.{layer}.{kind}"


def _as_released(values: Values) -> Values:
    """Files that later code saved say ``net`` where the released ones say ``module``."""
    return {f"module{name[3:]}" if name.startswith("net") else name: value for name, value in values.items()}


VARIANTS = (
    Variant("", "SepConv (network-l1.pytorch, network-lf.pytorch)", SepConvNet, _published, unwrap=_as_released),
)
