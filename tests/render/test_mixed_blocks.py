"""Large frames of the fused classics in blocks: the same as at once, whatever the blocks read."""

from __future__ import annotations

from pathlib import Path

import material
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from large_pans import Pan, in_pieces

from vfi_plugin.image.window import Window
from vfi_plugin.models.fused.model import FusedMotion, Mixer
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.fused.sources import Sources
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.large_motion import FlowBlocks
from vfi_plugin.render.mixed_blocks import MixedBlocks, fitted_mix
from vfi_plugin.render.pieces import Piece
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.train.objectives.fused import start_even

BLOCK = 64


def smooth(channels: int, size: tuple[int, int], seed: int, longest: float) -> torch.Tensor:
    """Random, of waves of some 24 px."""
    small = torch.randn(
        1, channels, size[0] // 24 + 2, size[1] // 24 + 2, generator=torch.Generator().manual_seed(seed)
    )
    return longest * F.interpolate(small, size=size, mode="bicubic", align_corners=False)


def motion(size: tuple[int, int], factor: int, longest_px: float) -> FusedMotion:
    """A network that wishes for much of everything, over two motions that do not agree."""
    torch.manual_seed(2)
    net = FusedNet(0.5)
    start_even(net)
    torch.nn.init.normal_(net.head.weight, std=5.0)
    small = -(-size[0] // factor), -(-size[1] // factor)
    flows = [smooth(2, small, seed, longest_px / factor) for seed in range(4)]
    weights = [torch.sigmoid(smooth(1, small, 8 + seed, 2.0)) for seed in range(2)]
    guides = [0.5 + smooth(3, small, 20 + seed, 0.2).clamp(-0.4, 0.4) for seed in range(2)]
    both = (FlowMotion(flows[2 * n], flows[2 * n + 1], weights[n]) for n in range(2))
    classic, fast = both
    sources = Sources(classic, fast, (guides[0], guides[1]), 0.4)
    return FusedMotion(Mixer(net.eval().requires_grad_(False)), sources, factor, size)


def made_of(piece: Piece, payloads: tuple[torch.Tensor, torch.Tensor], whole: Window) -> torch.Tensor:
    """A piece's pixels, from sources cut out as its motion says, edges repeated."""
    cut = []
    for which in (0, 1):
        window = piece.moved.source_window(which)
        rows = torch.arange(window.y, window.y_end).clamp(whole.y, whole.y_end - 1) - whole.y
        columns = torch.arange(window.x, window.x_end).clamp(whole.x, whole.x_end - 1) - whole.x
        cut.append(payloads[which][..., rows, :][..., columns].contiguous())
    rows_in, columns_in = piece.target.slices_in(piece.moved.window)
    return piece.moved.motion.apply(cut[0], cut[1])[..., rows_in, columns_in]


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("longest_px", [2.0, 60.0])
def test_blocks_are_the_whole_frame(factor: int, longest_px: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfi_plugin.render.large_motion.BLOCK_PX", BLOCK)
    size, whole = (150, 210), Window(-7, 11, 210, 150)
    mix = motion(size, factor, longest_px).with_taps("cubic")
    payloads = tuple(smooth(4, size, 40 + n, 300.0) for n in range(2))
    wanted = mix.apply(*payloads)
    made, covered = torch.full_like(wanted, torch.nan), np.zeros(size, int)
    for piece in MixedBlocks(mix, whole).pieces():
        rows, columns = piece.target.slices_in(whole)
        made[..., rows, columns] = made_of(piece, payloads, whole)  # type: ignore[arg-type]
        covered[rows, columns] += 1
    assert (covered == 1).all()
    assert (made - wanted).abs().max() < 1e-3 * 300.0


def test_a_block_whose_parts_lead_far_apart_is_cut_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfi_plugin.render.large_motion.BLOCK_PX", 2 * BLOCK)
    size, whole = (256, 1024), Window(0, 0, 1024, 256)
    calm, wild = (len(list(MixedBlocks(motion(size, 1, px), whole).pieces())) for px in (1.0, 300.0))
    assert calm == 2 * 8
    assert wild > calm


def test_only_what_is_read_is_cut_out() -> None:
    whole = Window(0, 0, 600, 400)
    calm = motion((400, 600), 1, 1.0)
    target = Window(250, 100, 64, 64)
    moved = fitted_mix(calm.part(*target.slices_in(whole)), target, whole)
    assert max(moved.window.width, moved.window.height) < 64 + 24


@pytest.mark.parametrize("factor", [1, 2])
def test_for_a_shutter_blocks_are_those_of_the_classic(factor: int) -> None:
    size, whole = (64, 96), Window(0, 0, 96, 64)
    mix = motion(size, factor, 3.0).with_taps("cubic")
    blocks = MixedBlocks(mix, whole).for_exposure()
    assert isinstance(blocks, FlowBlocks)
    payloads = tuple(smooth(4, size, 40 + n, 300.0) for n in range(2))
    [piece] = blocks.pieces()
    made = made_of(piece, payloads, whole)  # type: ignore[arg-type]
    assert (made - mix.flow_form().apply(*payloads)).abs().max() < 1e-3


@pytest.fixture
def grainy(tmp_path: Path) -> str:
    """Three frames of a pan that slows down, with grain enough for the network to have its say everywhere; one NaN."""
    rng, pan = np.random.default_rng(4), Pan((256, 160), (21, 0))
    for number, shift in enumerate((0, 12, 18, 21)):
        picture = pan.picture(shift / 21) + rng.normal(0, 0.03, (160, 256, 3)).astype(np.float32)
        planes = {name: picture[..., axis].astype(np.float32) for axis, name in enumerate("RGB")}
        planes |= {"A": np.ones((160, 256), np.float32), "mask.Y": 500.0 * planes["R"]}
        if number == 1:
            planes["mask.Y"][80, 120] = np.nan
        material.write_exr(tmp_path / f"g.{1 + number}.exr", planes)
    return str(tmp_path / "g.#.exr")


@pytest.mark.parametrize("cap_px", [1 << 40, 0], ids=["at once", "in blocks"])
def test_alpha_stays_and_what_is_no_number_stays_in_its_place(
    grainy: str, cap_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = {"speed": 0.5, "frames": "4", "path": "curved"}
    tiling = Tiling(1 << 33, cap_px, None)
    fused, classic = (in_pieces(grainy, tiling, monkeypatch, BLOCK, model=model, **how) for model in ("fused", "dis"))
    assert (fused["A"] == 1.0).all()
    assert np.abs(fused["R"] - classic["R"]).mean() > 3e-4  # the network has had its say
    lost, needed = (int((~np.isfinite(planes["mask.Y"])).sum()) for planes in (fused, classic))
    assert 0 < needed <= lost <= 2 * needed + 8


def test_a_curved_retime_in_blocks_is_the_one_at_once(grainy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    how = {"speed": 0.5, "frames": "4", "path": "curved", "model": "fused"}
    whole, cut = (in_pieces(grainy, Tiling(1 << 33, px, None), monkeypatch, BLOCK, **how) for px in (1 << 40, 0))
    for name in "RGBA":
        assert np.abs(whole[name] - cut[name]).max() < 1e-3
    straight = in_pieces(grainy, Tiling(1 << 33, 0, None), monkeypatch, BLOCK, **{**how, "path": "straight"})
    assert np.abs(straight["R"] - cut["R"]).mean() > 1e-4
