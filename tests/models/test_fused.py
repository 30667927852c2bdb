"""The fused classics: what a network may ask for, and what stays true whatever it asks for."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.fused.model import FusedModel, FusedMotion, load
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.fused.sources import COUNT, SEEN, Sources
from vfi_plugin.models.precision import in_precision
from vfi_plugin.models.registry import load_model
from vfi_plugin.models.weights import Weights
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.train.objectives.fused import start_even

SIZE = (64, 80)
FAST, UNMOVED, SOFT = slice(2, 4), slice(4, 6), slice(6, 9)


def net(wish: float | None = 8.0) -> FusedNet:
    """One whose head is random and wishes for much, or for nothing."""
    torch.manual_seed(0)
    made = FusedNet()
    start_even(made)
    if wish is not None:
        torch.nn.init.normal_(made.head.weight, std=wish)
    return made.eval().requires_grad_(False)


def model(wish: float | None = 8.0) -> FusedModel:
    return load(Weights(net(wish).state_dict(), "", "", "the test", 1.0), torch.device("cpu"))


def frames(shift: int = 6, size: tuple[int, int] = SIZE, low: float = 0.1, high: float = 0.8) -> list[torch.Tensor]:
    """A texture of 8 px and the same ``shift`` px further right."""
    generator = torch.Generator().manual_seed(7)
    small = torch.rand(1, 3, size[0] // 8 + 3, size[1] // 8 + 5, generator=generator)
    large = F.interpolate(small, scale_factor=8, mode="bilinear", align_corners=False)
    scaled = low + (high - low) * large
    return [scaled[..., : size[0], 16 - by : 16 - by + size[1]].contiguous() for by in (0, shift)]


def wild_sources(t: float = 0.5, lamp: float = 0.0) -> Sources:
    """Two motions that agree about nothing, and a lamp in the earlier frame."""
    first, second = frames(low=0.0, high=0.9)
    if lamp:
        first[..., 30:34, 30:34] = lamp
    generator = torch.Generator().manual_seed(1)
    ways = [6.0 * torch.randn(1, 2, *SIZE, generator=generator) for _ in range(4)]
    weight = torch.full((1, 1, *SIZE), 1.0 - t)
    return Sources(FlowMotion(ways[0], ways[1], weight), FlowMotion(ways[2], ways[3], weight), (first, second), t)


def asked(seed: int = 0) -> torch.Tensor:
    return 4.0 * torch.tanh(3.0 * torch.randn(1, COUNT, *SIZE, generator=torch.Generator().manual_seed(seed)))


def test_shares_are_none_or_more_and_one_in_all() -> None:
    shares = wild_sources().shares(asked())
    assert (shares >= 0).all()
    assert (shares.sum(1) - 1.0).abs().max() < 1e-5
    assert (shares == 0).any()
    assert (shares > 0.9).any()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_still_pair_comes_back_whatever_the_network_wishes(seed: int) -> None:
    still = frames(0)[0]
    payload = 500.0 * torch.rand(1, 4, *SIZE, generator=torch.Generator().manual_seed(seed))
    made = model(20.0).prepare(still, still).motion(0.5).apply(payload, payload)
    assert ((made - payload).abs() <= 1e-5 * payload).all()


def all_but_the_classic() -> torch.Tensor:
    return torch.where(torch.arange(COUNT).view(1, -1, 1, 1) >= 2, 4.0, -4.0) * torch.ones(1, COUNT, *SIZE)


def test_near_a_light_nothing_unmoved_is_taken_nor_what_the_fast_classic_moves() -> None:
    sources = wild_sources(lamp=0.99)
    shares = sources.shares(all_but_the_classic())
    assert (shares[:, UNMOVED, 30:34, 30:34] == 0).all()
    bright = torch.stack(sources.moved).amax((0, 2)) >= 0.97
    assert bright.any()
    assert (shares[:, FAST].amax(1)[bright] == 0).all()
    assert shares[:, FAST].max() > 0.3


def test_nothing_unmoved_is_taken_where_it_would_be_a_ghost() -> None:
    sources = wild_sources()
    shares = sources.shares(all_but_the_classic())
    apart = (sources.guides[0] - sources.guides[1]).abs().amax(1)
    assert (apart >= 0.5).any()
    assert (shares[:, UNMOVED].amax(1)[apart >= 0.5] == 0).all()
    assert shares[:, UNMOVED].amax(1)[apart < 0.3].max() > 0.03


def test_where_the_classic_is_certain_it_is_alone() -> None:
    """Both its pictures are the same on the left; on the right one frame hides what the other shows."""
    wild, still = wild_sources(), torch.zeros(1, 2, *SIZE)
    flat = [guide.clone() for guide in wild.guides]
    for guide in flat:
        guide[..., :24] = 0.3
    weight = wild.classic.weight_0.clone()
    weight[..., 60:] = 1.0
    classic = FlowMotion(still, still, weight)
    shares = Sources(classic, wild.fast, (flat[0], flat[1]), 0.5).shares(all_but_the_classic())
    assert (shares[:, 2:, :, :22] == 0).all()
    assert (shares[:, 2:, :, 60:] == 0).all()
    assert (shares[:, 2:, :, 30:50] > 0).any()
    assert (shares[:, 0, :, :22] - weight[:, 0, :, :22]).abs().max() < 1e-6


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_at_a_source_frame_the_frame_is_made(t: float) -> None:
    before, after = frames()
    assert (model().interpolate(before, after, t) - (before, after)[int(t)]).abs().max() < 1e-3


@pytest.mark.parametrize("t", [0.001, 0.999])
def test_beside_a_source_frame_only_that_frame_has_a_share(t: float) -> None:
    shares = wild_sources(t).shares(asked())
    other = shares[:, [1, 3, 5]] if t < 0.5 else shares[:, [0, 2, 4]]
    assert other.max() < 0.002  # as time has it
    assert (shares[:, SOFT] == 0).all()


def test_the_network_cannot_wish_for_more_than_its_bound() -> None:
    wishes = net(1000.0)(100.0 * torch.randn(1, SEEN, 32, 48))
    assert wishes.shape == (1, COUNT, 32, 48)
    assert wishes.abs().max() <= 4.0


def test_without_a_wish_a_frame_is_about_the_mean_of_both_classics() -> None:
    before, after = frames(6)
    made = model(None).interpolate(before, after, 0.5)
    mean = sum(
        0.5 * kind(before, after, 1).motion(0.5).flow_form().with_taps("cubic").apply(before, after)
        for kind in (DisPair, FastPair)
    )
    inner = (..., slice(8, -8), slice(16, -16))
    assert (made[inner] - mean[inner]).abs().mean() < 0.02


@pytest.mark.parametrize("factor", [1, 2])
def test_a_part_of_a_motion_is_the_same_part_of_the_whole(factor: int) -> None:
    before, after = frames(8, (96, 128))
    found = model().with_detail(1.0 / factor).prepare(before, after).motion(0.25)
    whole, part = found.part(slice(0, 96), slice(0, 128)), found.part(slice(30, 71), slice(9, 100))
    assert torch.equal(part.shares, whole.shares[..., 30:71, 9:100])
    for mine, all_of_it in zip(part.motions, whole.motions, strict=True):
        assert torch.equal(mine.flow_t_to_0, all_of_it.flow_t_to_0[..., 30:71, 9:100])


@pytest.mark.parametrize("kind", [DisPair, FastPair])
def test_a_time_for_each_pair_gives_what_each_alone_gives(kind: type[DisPair]) -> None:
    before, after = (torch.cat([each, each.flip(3)]) for each in frames(5))
    times = torch.tensor([0.25, 0.6]).view(2, 1, 1, 1)
    together = kind(before, after, 1).at_times(times)
    for n, t in enumerate((0.25, 0.6)):
        alone = kind(before[n : n + 1], after[n : n + 1], 1).motion(t).flow_form()
        assert (together.flow_t_to_0[n] - alone.flow_t_to_0[0]).abs().max() < 2e-3
        assert (together.weight_0[n] - alone.weight_0[0]).abs().max() < 2e-3


def test_a_curved_way_moves_both_classics_and_what_the_network_sees() -> None:
    before, after = frames()
    straight = model().prepare(before, after).motion(0.5)
    bend = Bend(torch.tensor([2.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 8, 10), 8)
    bent = straight.bent(bend)
    for name in ("classic", "fast"):
        by = getattr(bent.sources, name).flow_t_to_0 - getattr(straight.sources, name).flow_t_to_0
        assert torch.allclose(by[:, 0], torch.tensor(2.0), atol=1e-5)
    assert not torch.equal(bent.shares, straight.shares)
    assert torch.equal(bent.sources.motions[2].flow_t_to_0, torch.zeros(1, 2, *SIZE))


def test_half_precision_is_of_the_network_alone() -> None:
    before, after = frames()
    half, full = (in_precision(model(), each).prepare(before, after).motion(0.5) for each in ("float16", "float32"))
    assert isinstance(half, FusedMotion)
    assert half.shares.dtype == torch.float32
    assert torch.equal(half.sources.classic.flow_t_to_0, full.flow_form().flow_t_to_0)
    assert 0 < (half.shares - full.shares).abs().max() < 0.2


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (97, 131)])
def test_any_size_is_taken_and_kept(size: tuple[int, int]) -> None:
    before, after = frames(2, size)
    assert model().interpolate(before, after, 0.5).shape == (1, 3, *size)


def test_a_shutter_sees_the_classic() -> None:
    before, after = frames()
    payloads = [torch.cat([500.0 * each, each[:, :1]], 1) for each in (before, after)]
    seen = model().prepare(before, after).motion(0.3).for_exposure().with_taps("cubic").apply(*payloads)
    classic = DisPair(before, after, 1).motion(0.3).with_taps("cubic").apply(*payloads)
    assert torch.equal(seen, classic)


@pytest.mark.parametrize(("t", "shift"), [(1 / 3, 2), (0.5, 3), (5 / 6, 5)])
def test_with_the_weights_that_ship_what_moves_is_put_where_it_is(t: float, shift: int) -> None:
    (before, after), (_, there) = frames(6), frames(shift)
    made = load_model("fused", device="cpu").interpolate(before, after, t)
    inner = (0, slice(None), slice(8, -8), slice(16, -16))
    assert psnr(made[inner].numpy(), there[inner].numpy()) > 40.0


def test_a_batch_gives_what_its_pairs_give() -> None:
    before, after = (torch.cat([each, each.flip(2)]) for each in frames(5))
    together = model().interpolate(before, after, 0.4)
    for n in range(2):
        alone = model().interpolate(before[n : n + 1], after[n : n + 1], 0.4)
        assert (together[n] - alone[0]).abs().max() < 1e-4
