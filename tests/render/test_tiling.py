"""Frames made in pieces are those made at once; what is picked, sizes and memory are as told."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest
import torch
from large_pans import WHOLE, Pan, guide_of, in_pieces

from vfi_plugin.errors import UsageError
from vfi_plugin.image.window import Window
from vfi_plugin.media.header import PartHeader
from vfi_plugin.models.registry import model_info, model_names
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.network_tiles import moved_on, offsets_of, set_back
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.pieces import FADE_PX, Fade, flow_pieces
from vfi_plugin.render.tiling import Tiling

PIECES = Tiling(1 << 33, 0, 128)


def psnr(made: np.ndarray, truth: np.ndarray) -> float:
    return float(10 * np.log10(1.0 / np.square(made - truth, dtype=np.float64).mean()))


def test_blocks_are_the_whole_frame_where_motion_is_larger_than_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pan = Pan((512, 271), (40, 6))
    source = pan.write(tmp_path / "in", depth_Z=lambda picture: picture[..., 0] * 100)
    whole, pieces = (in_pieces(source, tiling, monkeypatch, 32) for tiling in (WHOLE, PIECES))
    difference = np.abs(guide_of(whole) - guide_of(pieces))
    assert difference.max() < 1e-3
    assert np.mean(difference > 1e-4) < 1e-3
    truth = pan.picture(0.5)[8:-8, 48:-48]
    made = np.stack([pieces[name] for name in "RGB"], axis=-1)[8:-8, 48:-48]
    assert psnr(made, truth) > 32.0
    # Picked depth: nothing is made up, and nearly all of it is the same pixel.
    assert np.mean(whole["depth.Z"] != pieces["depth.Z"]) < 0.01


@pytest.mark.parametrize("size", [(17, 17), (641, 359), (97, 131), (1000, 24), (16, 500)])
def test_any_size_comes_out_as_it_went_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    source = Pan(size, (4, 2)).write(tmp_path / "in")
    whole, pieces = (in_pieces(source, tiling, monkeypatch) for tiling in (WHOLE, PIECES))
    assert pieces["R"].shape == size[::-1]
    assert np.abs(guide_of(whole) - guide_of(pieces)).max() < 1e-3


def test_mixing_needs_no_motion_and_is_the_same_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Pan((150, 90), (10, 0)).write(tmp_path / "in")
    whole, pieces = (in_pieces(source, tiling, monkeypatch, method="blend") for tiling in (WHOLE, PIECES))
    for name in "RGB":
        np.testing.assert_array_equal(whole[name], pieces[name])


def test_a_part_of_an_enlarged_motion_is_cut_out_of_the_whole() -> None:
    torch.manual_seed(2)
    reduced = FlowMotion(torch.rand(1, 2, 20, 31), torch.rand(1, 2, 20, 31), torch.rand(1, 1, 20, 31))
    motion = EnlargedMotion(reduced, 4, 78, 121)
    part, whole = motion.part(slice(13, 50), slice(40, 121)), motion.flow_form()
    assert torch.equal(part.flow_t_to_0, whole.flow_t_to_0[..., 13:50, 40:121])
    assert torch.equal(part.weight_0, whole.weight_0[..., 13:50, 40:121])


def test_pieces_read_no_more_than_motion_asks_for_however_wild_it_is() -> None:
    flow = torch.zeros(1, 2, 256, 256)
    flow[:, 0, :, 128:] = 700.0  # half goes right
    flow[:, 1, :10] = -1e6  # and the top leads far outside
    pieces = list(flow_pieces(FlowMotion(flow, flow, flow[:, :1]), Window(400, 300, 256, 256), Window(0, 0, 2000, 900)))
    assert sum(piece.target.width * piece.target.height for piece in pieces) == 256 * 256
    assert all(piece.moved.window.width < 256 for piece in pieces)


def test_tiles_fade_into_each_other_without_a_step() -> None:
    """Tiles of several sizes, each of one value: whatever order they come in, the frame is the same."""
    whole = Window(5, -3, 250, 192)
    cores = [Window(5, -3, 128, 192), Window(133, -3, 64, 64), Window(197, -3, 58, 64), Window(133, 61, 122, 128)]
    values = dict(zip(cores, (0.0, 1.0, 0.3, -0.5), strict=True))

    def drawn(order: list[Window]) -> np.ndarray:
        frame = np.full(whole.shape, np.nan, np.float32)
        for at, core in enumerate(order):
            target = core.expanded(FADE_PX).intersection(whole)
            share = Fade(core, tuple(order[:at]), whole).share(target)
            there = frame[target.slices_in(whole)]
            there[...] = np.where(share >= 1.0, values[core], there + share * (values[core] - there))
        return frame

    frame = drawn(cores)
    for order in (cores[::-1], [cores[place] for place in (2, 0, 3, 1)]):
        np.testing.assert_allclose(drawn(order), frame, atol=1e-6)
    for core, value in values.items():
        inner = core.expanded(-FADE_PX).slices_in(whole)
        assert np.all(frame[inner] == value)
    for axis in (0, 1):
        assert np.abs(np.diff(frame, axis=axis)).max() < 1.6 / (2 * FADE_PX) * 1.5  # the values' greatest difference


@pytest.mark.parametrize("t", [0.5, 0.3, 0.125])
def test_frames_cut_out_apart_give_the_motion_between_them(t: float) -> None:
    shift = (90, -7)
    offsets, lag = offsets_of(shift, t)
    still = FlowMotion.still(torch.zeros(1, 1, 16, 16), t)
    flows = set_back(moved_on(still, offsets), lag)
    for flow, share in ((flows.flow_t_to_0, -t), (flows.flow_t_to_1, 1.0 - t)):
        expected = torch.tensor(shift, dtype=torch.float32).view(1, 2, 1, 1) * share
        torch.testing.assert_close(flow, expected.expand_as(flow), atol=1e-4, rtol=0)


def headers(width: int, height: int, channels: int = 4) -> tuple[PartHeader, ...]:
    window = Window(0, 0, width, height)
    return (PartHeader(tuple((f"c{n}", "half") for n in range(channels)), window, window),)


def tiling(size: tuple[int, int], model: str, memory_gb: float | None, channels: int = 4) -> Tiling:
    options = RetimeOptions(speed=0.5, model=model, memory_gb=memory_gb, device="cpu")
    return Tiling.of(headers(*size, channels), options, model_info(model))


def test_frames_that_fit_are_made_at_once_and_say_nothing_of_it() -> None:
    found = tiling((1920, 1080), "sepconv", 8)
    assert not found.is_large(Window(0, 0, 1920, 1080))
    assert found.fact() == {}


def test_less_memory_makes_smaller_tiles_by_halves() -> None:
    sides = [tiling((3840, 2160), "voxelflow", cap).tile_px for cap in (8, 4, 2)]
    assert all(side is not None and side & (side - 1) == 0 for side in sides)
    assert sides == sorted(sides, reverse=True)
    assert sides[0] != sides[-1]


def test_the_classic_takes_8k_in_four_gigabytes_in_blocks() -> None:
    found = tiling((8192, 4320), "dis", 4)
    assert found.is_large(Window(0, 0, 8192, 4320))
    assert found.fact() == {"pieces": "blocks"}


@pytest.mark.parametrize("model", model_names())
def test_every_model_makes_ultra_hd_in_two_gigabytes(model: str) -> None:
    assert tiling((3840, 2160), model, 2.0).pieces


def test_what_cannot_be_done_is_refused_with_what_would_do() -> None:
    with pytest.raises(UsageError, match=r"cannot be made within 1 GiB; give --memory-gb \d+\.\d or more"):
        tiling((16384, 8640), "dis", 1)
    with pytest.raises(UsageError, match="no amount of memory"):
        RetimeOptions(speed=0.5, memory_gb=0)


def test_pieces_are_stamped_so_that_chunks_of_other_pieces_are_not_mixed(tmp_path: Path) -> None:
    from vfi_plugin.render.retime import plan_retime

    source = Pan((600, 400), (2, 0)).write(tmp_path / "in")
    options = RetimeOptions(speed=0.5, device="cpu")
    with pytest.MonkeyPatch.context() as patch:
        whole = plan_retime(source, tmp_path / "out.#.exr", options).settings
        patch.setattr("vfi_plugin.render.tiling.PROGRAM_BYTES", (8 << 30) - (4 << 20))
        pieces = plan_retime(source, tmp_path / "out.#.exr", options).settings
    assert "pieces" not in whole
    assert '"pieces": "blocks"' in pieces


def test_offsets_do_not_move_what_stays(tmp_path: Path) -> None:
    assert Window(3, 4, 10, 10).moved(-2, 5) == Window(1, 9, 10, 10)
    assert Window(-5, 0, 10, 4).nearest_inside(Window(0, 0, 8, 8)) == Window(0, 0, 5, 4)
    beyond = Window(20, 20, 3, 3).nearest_inside(Window(0, 0, 8, 8))
    assert beyond == Window(7, 7, 1, 1)
    assert (beyond.padded_to(np.array([[5.0]]), Window(20, 20, 3, 3)) == 5.0).all()


@pytest.mark.parametrize("model", ["dis", "disfast", "fused", "figan"])
def test_noise_of_a_wide_frame_is_made_in_pieces_as_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    """White noise, which shows a thousandth of a pixel, in columns of thousands, where float32 has no more digits."""
    rng = np.random.default_rng(0)
    texture = (0.02 + 0.9 * rng.random((96, 4096 + 64, 3))).astype(np.float32)
    (tmp_path / "in").mkdir()
    for number in (0, 1):
        view = texture[:, 32 - 6 * number :][:, :4096] + rng.normal(0, 0.01, (96, 4096, 3)).astype(np.float32)
        planes = {name: np.ascontiguousarray(view[..., axis]) for axis, name in enumerate("RGB")}
        material.write_exr(tmp_path / "in" / f"pan.{1 + number}.exr", planes)
    source = str(tmp_path / "in" / "pan.#.exr")
    whole, cut = (
        guide_of(in_pieces(source, way, monkeypatch, 256, model=model)) for way in (WHOLE, Tiling(1 << 33, 0, 256))
    )
    assert np.abs(cut - whole)[32:-32, 32:-32].max() < 1e-3
