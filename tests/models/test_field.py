"""What lies further from a pixel than the overlap of tiles changes nothing that is seen there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from vfi_plugin.models.adaconv.net import AFTER, BEFORE
from vfi_plugin.models.field import change_from_outside
from vfi_plugin.models.registry import load_model, model_info, model_names, variant_names
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.train.recipes import recipe_of

SHIPPED = ("figan", "rife", "sepconv", "superslomo", "voxelflow")
RANDOM = (("bipn", None), ("bipn", "1-multiscale"), ("rife", "4.25"), ("sepconvpp", None))
ALLOWED = 1e-3  # of the guide, between tiles and the whole frame


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_that_are_shipped_see_no_further_than_their_tiles_show(name: str) -> None:
    model = load_model(name, device="cpu")
    overlap = model.info.overlap_px
    assert change_from_outside(model, overlap) < ALLOWED
    if name != "sepconv":  # where it takes seconds
        assert change_from_outside(model, overlap // 8) > ALLOWED  # the measure does find what is seen


@pytest.mark.parametrize(("name", "variant"), RANDOM)
def test_networks_without_shipped_weights_see_no_further_with_random_ones(
    name: str, variant: str | None, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    recipe = recipe_of(name)
    variant, path = variant or recipe.variant, tmp_path / f"{name}.safetensors"
    save_weights(path, name, Weights(recipe.build(variant, 0.125).state_dict(), variant, "", "random", 0.125), None)
    model = load_model(name, weights=path, device="cpu")
    assert change_from_outside(model, model.info.overlap_px) < ALLOWED


def test_adaconv_sees_its_window_alone() -> None:
    assert model_info("adaconv").overlap_px >= max(BEFORE, AFTER)


def test_every_network_has_an_overlap_or_looks_at_whole_frames() -> None:
    whole = {name for name in model_names() if variant_names(name) and model_info(name).overlap_px == 0}
    assert whole == {"fused", "phasenet"}
