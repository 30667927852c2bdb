"""Facts are told without torch, by ``info.py`` and by headers; they must be those of the networks and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.adaconv import net as adaconv
from vfi_plugin.models.bipn import net as bipn
from vfi_plugin.models.figan import net as figan
from vfi_plugin.models.phase.model import SETTINGS
from vfi_plugin.models.registry import model_info, model_names, variant_names, variants_of, weights_facts
from vfi_plugin.models.sepconv import net as sepconv
from vfi_plugin.models.sepconvpp import net as sepconvpp
from vfi_plugin.models.superslomo import net as superslomo
from vfi_plugin.models.voxelflow import net as voxelflow
from vfi_plugin.models.weights import Weights, read_weights, save_weights
from vfi_plugin.models.weights_place import SHIPPED

NETWORKS = [name for name in model_names() if variant_names(name)]
SHIPS = sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


@pytest.mark.parametrize("name", NETWORKS)
def test_variants_are_called_what_their_list_says(name: str) -> None:
    assert tuple(variant.name for variant in variants_of(name)) == tuple(variant_names(name))


@pytest.mark.parametrize("name", ["dis", "disfast", "phase"])
def test_a_model_without_weights_has_no_variants(name: str) -> None:
    assert variant_names(name) == variants_of(name) == ()


@pytest.mark.parametrize(
    ("name", "fact", "of_the_network"),
    [
        ("adaconv", "size_multiple", adaconv.STEP),
        ("adaconv", "reach_px", adaconv.TAPS // 2 * 2),
        ("figan", "size_multiple", max(figan.SCALES)),
        ("sepconv", "reach_px", sepconv.TAPS // 2 * 2),
        ("sepconvpp", "size_multiple", sepconvpp.SIZE_MULTIPLE),
        ("sepconvpp", "reach_px", sepconvpp.TAPS // 2 * 2),
        ("superslomo", "size_multiple", superslomo.SIZE_MULTIPLE),
        ("voxelflow", "size_multiple", voxelflow.SIZE_MULTIPLE),
        ("phase", "reach_px", round(SETTINGS.limit * 2.0 ** ((SETTINGS.most_levels - 1) / 4), 1)),
    ],
)
def test_a_fact_is_that_of_the_network(name: str, fact: str, of_the_network: Any) -> None:
    assert getattr(model_info(name), fact) == of_the_network


def test_the_padding_of_sepconv_suits_its_network() -> None:
    assert model_info("sepconv").size_multiple % sepconv.SIZE_MULTIPLE == 0


def test_the_published_bipn_is_the_one_its_facts_are_of() -> None:
    with torch.device("meta"):
        net = bipn.Bipn()
    assert model_info("bipn").parameters == sum(parameter.numel() for parameter in net.parameters())


@pytest.mark.parametrize("name", SHIPS)
def test_a_header_tells_what_the_whole_file_tells(name: str) -> None:
    told, read = weights_facts(name, None), read_weights(name, variants_of(name), SHIPPED / f"{name}.safetensors")
    assert told is not None
    for fact in ("variant", "parameters", "sha256", "licence", "training_data"):
        assert getattr(told, fact) == getattr(read, fact), fact


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "sepconv"}, "holds weights of sepconv, not of figan"),
        ({"variant": "9.9"}, "figan has no variant '9.9'"),
        ({"width": 7.0}, "its network's width is '7'"),
    ],
)
def test_a_header_of_something_else_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    told = {"name": "figan", "variant": "", "width": 1.0, **changes}
    weights = Weights({"a": torch.zeros(2)}, told["variant"], "", "", told["width"])
    save_weights(tmp_path / "some.safetensors", told["name"], weights, None)
    with pytest.raises(WeightsError, match=message):
        weights_facts("figan", tmp_path / "some.safetensors")


def test_a_damaged_file_is_told_as_when_it_is_read(tmp_path: Path) -> None:
    damaged = tmp_path / "figan.safetensors"
    damaged.write_bytes((SHIPPED / "figan.safetensors").read_bytes()[:-100])
    with pytest.raises(WeightsError, match="is a damaged safetensors file"):
        weights_facts("figan", damaged)
