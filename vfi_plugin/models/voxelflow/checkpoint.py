"""How the published file of Deep Voxel Flow names its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from vfi_plugin.models.variant import Values, Variant
from vfi_plugin.models.voxelflow.net import VoxelFlowNet

_STAGES = {"down": "conv", "up": "deconv"}


def published(name: str) -> str:
    """``down.0.norm.weight`` -> ``conv1_bn.weight``."""
    stage, *rest = name.split(".")
    if stage == "head":
        return f"conv4.{rest[0]}"
    if stage in _STAGES:
        stage = f"{_STAGES[stage]}{int(rest.pop(0)) + 1}"
    layer, kind = rest
    return f"{stage}{'_bn' if layer == 'norm' else ''}.{kind}"


def unwrap(values: Values) -> Values:
    """The tensors lie beside the settings and the state of the training."""
    inner = values.get("state_dict")
    return inner if isinstance(inner, Mapping) else {}


VARIANTS = (
    Variant("", "Deep Voxel Flow (voxelflow_model_best.pth.tar)", VoxelFlowNet, published, unwrap),
    # The same tensors, so a published file is always taken for the first.
    Variant("192px", "Deep Voxel Flow trained here", partial(VoxelFlowNet, variant="192px"), published, unwrap),
)
"""They differ in what motion is a share of."""
