"""What a list of the models tells: facts, and whether there are weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vfi_plugin.errors import WeightsError
from vfi_plugin.models import weights_place
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.quality import Quality, quality_of
from vfi_plugin.models.registry import info_in_use, model_info, variant_names


def weights_state(name: str) -> str:
    """ "none needed", "imported", "shipped", or "needed" where there are none yet."""
    if not variant_names(name):
        return "none needed"
    path = weights_place.weights_file(name, None)
    if path is None:
        return "needed"
    return "shipped" if path.parent == weights_place.SHIPPED else "imported"


def listed_model(name: str) -> tuple[ModelInfo, str]:
    """A model's facts with the weights in use, and whether there are any; a damaged file stops no list."""
    try:
        return info_in_use(name), weights_state(name)
    except WeightsError:
        return model_info(name), "damaged"


def listed_facts(info: ModelInfo, state: str, measured: Sequence[Quality]) -> dict[str, Any]:
    """Everything about a model, fit for ``json.dumps``; ``measured`` is what ``read_quality`` gave."""
    return {**asdict(info), "weights": state, "quality": [asdict(each) for each in quality_of(info, measured)]}
