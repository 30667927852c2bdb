"""What a list of the models tells: facts, and whether there are weights."""

from __future__ import annotations

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.model import ModelInfo
from vfi_plugin.models.registry import info_in_use, model_info, variants_of


def weights_state(name: str) -> str:
    """ "none needed", "imported", "shipped", or "needed" where there are none yet."""
    if not variants_of(name):
        return "none needed"
    from vfi_plugin.models.weights import SHIPPED, weights_file  # loads safetensors, which the classic needs not

    path = weights_file(name, None)
    if path is None:
        return "needed"
    return "shipped" if path.parent == SHIPPED else "imported"


def listed_model(name: str) -> tuple[ModelInfo, str]:
    """A model's facts with the weights in use, and whether there are any; a damaged file stops no list."""
    try:
        return info_in_use(name), weights_state(name)
    except WeightsError:
        return model_info(name), "damaged"
