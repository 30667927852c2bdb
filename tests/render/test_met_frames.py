"""Large frames by networks that follow the fast classic: what tiles are shown, and that they make the whole frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import material
import numpy as np
import pytest
import torch
from calm_networks import NETWORKS, calm_weights
from large_pans import WHOLE, Pan, guide_of, in_pieces

from vfi_plugin.image.guide_curve import encode
from vfi_plugin.models.figan.model import FiganModel
from vfi_plugin.models.registry import variants_of
from vfi_plugin.models.weights import read_weights, save_weights
from vfi_plugin.render.tiling import Tiling

FOLLOWING = sorted(set(NETWORKS) - {"fused"})
SIZES = {"adaconv": (208, 66, 128), "superslomo": (544, 96, 64), "dain": (304, 68, 128)}


def tiles(side: int) -> Tiling:
    return Tiling(1 << 33, 0, side)


def following(name: str, folder: Path) -> Path:
    """Calm weights that ask for frames that have met."""
    weights = read_weights(name, variants_of(name), calm_weights(name, folder))
    path = folder / f"{name}_following.safetensors"
    save_weights(path, name, replace(weights, follows=True), None)
    return path


def torn(folder: Path, size: tuple[int, int]) -> str:
    """A pan whose later frame is changed in places, so that the classic is in doubt there."""
    source = Pan(size, (4, 2)).write(folder / "in")
    path = folder / "in" / "pan.2.exr"
    _, planes = material.read_exr(path)
    rng = np.random.default_rng(5)
    for _ in range(size[0] * size[1] // 2000):
        y, x = (int(rng.integers(0, side - 12)) for side in size[::-1])
        for name in "RGB":
            planes[name][y : y + 9, x : x + 9] *= np.float32(rng.uniform(0.5, 1.5))
    material.write_exr(path, planes)
    return source


@pytest.mark.parametrize("name", FOLLOWING)
def test_tiles_are_the_whole_frame(tmp_path: Path, name: str) -> None:
    width, height, side = SIZES.get(name, (400, 96, 128))
    source, weights = torn(tmp_path, (width, height)), following(name, tmp_path)
    whole, cut = (guide_of(in_pieces(source, way, model=name, weights=weights)) for way in (WHOLE, tiles(side)))
    assert np.abs(cut - whole).max() < 1e-3


@pytest.mark.parametrize("name", ["sepconv", "figan", "bipn"])
def test_motion_far_beyond_a_networks_reach_is_followed(tmp_path: Path, name: str) -> None:
    """64 px, in tiles and at once; kernels reach 25 px, and nobody trained these."""
    pan = Pan((512, 128), (64, 0))
    source, weights = pan.write(tmp_path / "in"), following(name, tmp_path)
    inner, truth = (slice(16, -16), slice(80, -80)), encode(pan.picture(0.5))
    for way in (WHOLE, tiles(256)):
        made = guide_of(in_pieces(source, way, model=name, weights=weights))[inner]
        assert np.sqrt(np.square(made - truth[inner]).mean()) < 10 ** (-45 / 20)


@pytest.mark.parametrize("name", ["figan", "sepconv"])
def test_what_parts_of_a_tile_read_far_apart_is_read_part_by_part(tmp_path: Path, name: str) -> None:
    """Quarters of the frame go four ways, by 40 px each, which one tile holds all of."""

    ways = ((40, 0), (0, 40), (-40, 0), (0, -40))
    pans = [Pan((160, 160), way) for way in ways]
    (tmp_path / "in").mkdir()

    def quilt(time: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        parts = [pan.picture(time) for pan in pans]
        return np.concatenate([np.concatenate(parts[:2], 1), np.concatenate(parts[2:], 1)], 0)

    for number in (0, 1):
        planes = {name: np.ascontiguousarray(quilt(number)[..., axis]) for axis, name in enumerate("RGB")}
        material.write_exr(tmp_path / "in" / f"pan.{1 + number}.exr", planes)
    source, weights = str(tmp_path / "in" / "pan.#.exr"), following(name, tmp_path)
    whole, cut = (
        guide_of(in_pieces(source, way, model=name, weights=weights, path="straight")) for way in (WHOLE, tiles(512))
    )
    assert np.abs(cut - whole).max() < 1e-3


@pytest.mark.parametrize("size", [(17, 17), (97, 131), (1021, 24)])
def test_any_size_is_made_in_tiles_as_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    source, weights = Pan(size, (4, 2)).write(tmp_path / "in"), following("figan", tmp_path)
    whole, cut = (in_pieces(source, way, model="figan", weights=weights) for way in (WHOLE, tiles(64)))
    assert cut["R"].shape == size[::-1]
    assert np.abs(guide_of(cut) - guide_of(whole)).max() < 1e-3


@pytest.mark.parametrize("t_of", ["2", "3"])
def test_other_times_are_followed_in_tiles_too(tmp_path: Path, t_of: str) -> None:
    """Thirds, which a network that halves does not know: the pan is where it belongs, to a fraction of a pixel."""
    pan = Pan((256, 96), (12, 6))
    source, weights = pan.write(tmp_path / "in"), following("sepconv", tmp_path)
    options = {"model": "sepconv", "weights": weights, "speed": 1 / 3, "frames": t_of}
    whole, cut = (guide_of(in_pieces(source, way, **options)) for way in (WHOLE, tiles(64)))
    assert np.abs(cut - whole).max() < 1e-3
    truth, inner = encode(pan.picture((int(t_of) - 1) % 3 / 3)), (slice(16, -16), slice(16, -16))
    assert np.sqrt(np.square(whole - truth)[inner].mean()) < 10 ** (-45 / 20)


@pytest.mark.parametrize("name", ["phasenet", "bipn"])
@pytest.mark.parametrize("frame", ["2", "20"])
def test_times_next_to_a_source_frame_are_painted_in_pieces_too(tmp_path: Path, name: str, frame: str) -> None:
    """1/20 and 19/20, for which halving gives the source frames themselves."""
    source = torn(tmp_path, (96, 64))
    options = {"model": name, "speed": 0.05, "frames": frame}
    whole, cut = (guide_of(in_pieces(source, way, **options)) for way in (WHOLE, tiles(64)))
    assert np.abs(cut - whole).max() < 1e-3


@pytest.mark.parametrize("way", [WHOLE, tiles(64)], ids=["at once", "in tiles"])
def test_an_open_shutter_of_who_paints_is_the_fast_classics(tmp_path: Path, way: Tiling) -> None:
    source, how = torn(tmp_path, (96, 64)), {"shutter": 0.5, "samples": 4}
    by_network, by_classic = (in_pieces(source, way, model=name, **how) for name in ("phasenet", "disfast"))
    np.testing.assert_array_equal(by_network["R"], by_classic["R"])


def test_a_shutter_in_tiles_is_the_fast_classics(tmp_path: Path) -> None:
    source, weights = Pan((256, 96), (12, 6)).write(tmp_path / "in"), following("figan", tmp_path)
    how = {"shutter": 0.5, "samples": 4}
    by_network = in_pieces(source, tiles(64), model="figan", weights=weights, **how)
    by_classic = in_pieces(source, tiles(64), model="disfast", **how)
    np.testing.assert_array_equal(by_network["R"], by_classic["R"])


def test_memory_that_runs_out_halves_these_tiles_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, weights = torn(tmp_path, (300, 140)), following("figan", tmp_path)
    expected = in_pieces(source, tiles(64), model="figan", weights=weights)
    prepare = FiganModel.prepare_part

    def scarce(model: FiganModel, before: torch.Tensor, *rest: object) -> object:
        if before.shape[2] * before.shape[3] > 200 * 140:
            raise MemoryError
        return prepare(model, before, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(FiganModel, "prepare_part", scarce)
    made = in_pieces(source, tiles(256), model="figan", weights=weights)
    np.testing.assert_array_equal(made["R"], expected["R"])
