"""Networks on tiles: the same frames as on the whole, motion beyond their reach, and less memory when it runs out."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import numpy.typing as npt
import pytest
import torch
from calm_networks import NETWORKS, calm_weights
from large_pans import WHOLE, Pan, guide_of, in_pieces, retime_with
from shown_as_filmed import as_filmed

from vfi_plugin.image.guide_curve import encode
from vfi_plugin.models.registry import load_model
from vfi_plugin.models.voxelflow.model import VoxelFlowModel
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.tiling import Tiling


def tiles(side: int) -> Tiling:
    return Tiling(1 << 33, 0, side)


# What is shown of a tile is a part of the frame for all of them, and the frame is high enough for its inner rows.
SIZES = {"adaconv": (208, 66, 128), "superslomo": (544, 96, 64), "dain": (304, 68, 128)}
WITH_SHIPPED_WEIGHTS = {"adaconv", "figan", "rife", "sepconv", "superslomo", "voxelflow"}


@pytest.mark.parametrize("model", [*sorted(NETWORKS), "phase"])
def test_tiles_are_the_whole_frame_and_leave_no_step(tmp_path: Path, model: str) -> None:
    width, height, side = SIZES.get(model, (400, 96, 128))
    source = Pan((width, height), (4, 2)).write(tmp_path / "in")
    has_weights = model in WITH_SHIPPED_WEIGHTS or model == "phase"
    weights = None if model == "phase" else as_filmed(model, tmp_path) if has_weights else calm_weights(model, tmp_path)
    whole, cut = (guide_of(in_pieces(source, way, model=model, weights=weights)) for way in (WHOLE, tiles(side)))
    difference = (cut - whole)[32:-32, 32:-32]
    assert np.abs(difference).max() < 1e-3
    steps = np.abs(np.diff(difference.mean(-1), axis=1)).mean(0)
    at_lines = [line - 32 - 1 for line in range(side, width - 33, side)]
    assert steps[at_lines].max() <= max(2 * np.median(steps), 5e-5)  # a quarter of a half float's step


def test_a_network_of_kernels_follows_motion_far_beyond_its_reach(tmp_path: Path) -> None:
    """In tiles and at once alike: what is seen moves 64 px, and the kernels reach 25."""
    pan = Pan((512, 128), (64, 0))
    source = pan.write(tmp_path / "in")
    inner = (slice(16, -16), slice(80, -80))
    how = {"model": "sepconv", "weights": as_filmed("sepconv", tmp_path)}
    made = [guide_of(in_pieces(source, tiling, **how))[inner] for tiling in (WHOLE, tiles(256))]
    truth, *ends = (encode(pan.picture(time)) for time in (0.5, 0.0, 1.0))
    before, after = (torch.from_numpy(end.transpose(2, 0, 1)[None]) for end in ends)
    alone = load_model("sepconv", device="cpu").interpolate(before, after)[0].permute(1, 2, 0).numpy()

    def error(frame: npt.NDArray[np.float32]) -> float:
        return float(np.sqrt(np.square(frame - truth[inner]).mean()))

    assert error(made[0]) < 0.25 * error(alone[inner])
    assert error(made[0]) < 10 ** (-32 / 20)
    assert np.abs(made[1] - made[0]).max() < 1e-3


def test_a_network_that_looks_at_whole_frames_finds_a_fast_pan(tmp_path: Path) -> None:
    """In tiles and at once; left to itself it loses its way on 90 px."""
    pan = Pan((960, 256), (90, 0))
    source = pan.write(tmp_path / "in")
    inner = (slice(16, -16), slice(112, -112))
    made = [guide_of(in_pieces(source, tiling, model="rife"))[inner] for tiling in (WHOLE, tiles(128))]
    truth, *ends = (encode(pan.picture(time)) for time in (0.5, 0.0, 1.0))
    before, after = (torch.from_numpy(end.transpose(2, 0, 1)[None]) for end in ends)
    alone = load_model("rife", device="cpu").interpolate(before, after)[0].permute(1, 2, 0).numpy()[inner]
    errors = [float(np.sqrt(np.square(frame - truth[inner]).mean())) for frame in (*made, alone)]
    assert max(errors[:2]) < 10 ** (-45 / 20)
    assert errors[2] > 10 ** (-30 / 20)
    assert np.abs(made[1] - made[0]).max() < 1e-3


def test_what_moves_apart_is_followed_apart(tmp_path: Path) -> None:
    """The left half moves right by 40 px and the right half down, which no one shift of the frame would follow."""
    pans = Pan((256, 256), (40, 0)), Pan((256, 256), (0, 40))
    (tmp_path / "in").mkdir()
    for number in (0, 1):
        both = np.concatenate([pan.picture(number) for pan in pans], axis=1)
        planes = {name: np.ascontiguousarray(both[..., axis]) for axis, name in enumerate("RGB")}
        material.write_exr(tmp_path / "in" / f"pan.{1 + number}.exr", planes)
    source = str(tmp_path / "in" / "pan.#.exr")
    how = {"model": "figan", "weights": as_filmed("figan", tmp_path)}
    whole, cut = (guide_of(in_pieces(source, tiling, **how)) for tiling in (WHOLE, tiles(128)))
    truth = np.concatenate([encode(pan.picture(0.5)) for pan in pans], axis=1)
    assert np.abs(cut - whole)[32:-32, 32:-32].max() < 1e-3
    for inner in ((slice(48, -48), slice(48, 208)), (slice(48, -48), slice(304, -48))):
        assert np.sqrt(np.square(whole - truth)[inner].mean()) < 10 ** (-32 / 20)


@pytest.mark.parametrize("size", [(17, 17), (97, 131), (1021, 24)])
def test_any_size_is_made_in_tiles_as_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    source = Pan(size, (4, 2)).write(tmp_path / "in")
    whole, cut = (in_pieces(source, way, model="rife") for way in (WHOLE, tiles(64)))
    assert cut["R"].shape == size[::-1]
    assert np.abs(guide_of(cut) - guide_of(whole)).max() < 1e-3


class Told:
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def begin(self, total: int, summary: str) -> None: ...

    def frame_done(self, done: int, total: int, name: str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self, summary: str) -> None: ...


def test_where_memory_runs_out_tiles_are_halved_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Pan((300, 140), (4, 0)).write(tmp_path / "in")
    weights = as_filmed("voxelflow", tmp_path)
    expected = in_pieces(source, tiles(64), model="voxelflow", weights=weights)
    prepare = VoxelFlowModel.prepare_part

    def scarce(model: VoxelFlowModel, before, after, part):  # type: ignore[no-untyped-def]
        if before.shape[2] * before.shape[3] > 192 * 140:
            raise MemoryError
        return prepare(model, before, after, part)

    monkeypatch.setattr(VoxelFlowModel, "prepare_part", scarce)
    monkeypatch.setattr(Tiling, "of", classmethod(lambda *_: tiles(256)))
    told = Told()
    options = RetimeOptions(speed=0.5, frames="2", model="voxelflow", weights=weights, device="cpu", cuts="off")
    retime_with(source, tmp_path / "out" / "x.#.exr", options, told)
    said = [note for note in told.notes if "memory ran out" in note]
    assert [note.split(";")[1] for note in said] == [
        " tiles of 128 px are made from here on",
        " tiles of 64 px are made from here on",
    ]
    _, planes = material.read_exr(tmp_path / "out" / "x.2.exr")
    np.testing.assert_array_equal(planes["R"], expected["R"])
