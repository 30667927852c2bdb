"""Phase-based interpolation against motion that is known."""

from __future__ import annotations

import math

import pytest
import torch

import vfi_plugin.models as models
from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.metrics import psnr
from vfi_plugin.models.phase.correction import corrected, nearest_turn
from vfi_plugin.models.phase.painter import PhaseSettings, painted_between
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion

Tensor = torch.Tensor

SIZE = (96, 128)
SHORTEST_PX = 4.5  # of the waves: what is finer has no phase
SETTINGS = PhaseSettings()


def texture(dx: float, dy: float, size: tuple[int, int] = SIZE, seed: int = 3) -> Tensor:
    """A random picture of waves of 4.5 to 72 px, (1, 3, H, W), in [0, 1], moved by (dx, dy) px, exact at any shift."""
    rows, columns = torch.arange(size[0]).view(-1, 1) - dy, torch.arange(size[1]) - dx
    generator = torch.Generator().manual_seed(seed)
    total, largest = torch.zeros(1, 3, *size), torch.zeros(1, 3, 1, 1)
    for _ in range(40):
        angle, octave, phase = torch.rand(3, generator=generator) * torch.tensor([2 * math.pi, 4.0, 2 * math.pi])
        along = angle.cos() * columns + angle.sin() * rows
        wave = torch.sin(2.0 * math.pi / (SHORTEST_PX * 2**octave) * along + phase)
        height = torch.randn(1, 3, 1, 1, generator=generator)
        total, largest = total + height * wave, largest + height.abs()
    return 0.5 + 0.5 * total / largest.max()  # no sum of waves leaves [0, 1], wherever they have moved


def quality(found: Tensor, truth: Tensor) -> float:
    return psnr(found[0].numpy(), truth[0].numpy())


@pytest.fixture(scope="module")
def model() -> models.Model:
    return models.load_model("phase", device="cpu")


@pytest.mark.parametrize(("t", "seed"), [(0.5, 1), (0.5, 2), (0.5, 5), (0.1, 3), (0.25, 4), (0.8, 6)])
@pytest.mark.parametrize("by", [(1.0, 0.0), (0.0, -1.0), (0.6, 0.8)])
def test_a_texture_that_moves_by_a_pixel_is_put_where_it_is_at_t(
    model: models.Model, by: tuple[float, float], t: float, seed: int
) -> None:
    before, after, truth = (texture(by[0] * at, by[1] * at, seed=seed) for at in (0.0, 1.0, t))
    made = model.interpolate(before, after, t)
    assert quality(made, truth) > 45.0
    assert quality(made, truth) > quality(torch.lerp(before, after, t), truth) + 6.0


def test_faster_motion_is_followed_too_away_from_the_border(model: models.Model) -> None:
    before, after, truth = texture(0, 0), texture(3, 2), texture(1.5, 1)
    made = model.interpolate(before, after, 0.5)
    inner = (..., slice(16, -16), slice(16, -16))
    assert quality(made[inner], truth[inner]) > 38.0
    assert quality(made[inner], truth[inner]) > quality(torch.lerp(before, after, 0.5)[inner], truth[inner]) + 12.0


def test_a_lower_limit_stops_motion_that_a_higher_one_follows() -> None:
    before, after, truth = texture(0, 0), texture(3, 2), texture(1.5, 1)
    inner = (..., slice(16, -16), slice(16, -16))
    made = [painted_between(before, after, 0.5, PhaseSettings(limit=limit)) for limit in (0.05, 0.2)]
    assert quality(made[1][inner], truth[inner]) > quality(made[0][inner], truth[inner]) + 6.0


@pytest.mark.parametrize("t", [0.4, 0.5, 0.6])
def test_what_is_finer_than_all_waves_is_that_of_the_nearer_frame(model: models.Model, t: float) -> None:
    # A checkerboard of single pixels, with dark and light exchanged in the later frame; a tie goes to that.
    board = ((torch.arange(32).view(-1, 1) + torch.arange(40)) % 2).float().expand(1, 3, -1, -1)
    before, after = 0.4 + 0.2 * board, 0.6 - 0.2 * board
    inner = (..., slice(8, -8), slice(8, -8))
    made = model.interpolate(before, after, t)
    assert torch.allclose(made[inner], (before if t < 0.5 else after)[inner], atol=0.01)


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_at_either_end_the_mathematics_gives_the_frame_back(t: float) -> None:
    before, after = (torch.rand(2, 3, 50, 61, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    made = painted_between(before, after, t, SETTINGS)
    assert float((made - (after if t else before)).abs().max()) < 1e-4


def test_at_either_end_the_model_gives_the_very_frame(model: models.Model) -> None:
    before, after = texture(0, 0), texture(9, 9)
    assert torch.equal(model.interpolate(before, after, 0.0), before)
    assert torch.equal(model.interpolate(before, after, 1.0), after)


@pytest.mark.parametrize("t", [0.3, 0.5])
def test_two_equal_frames_come_back(model: models.Model, t: float) -> None:
    still = torch.rand(1, 3, 40, 64, generator=torch.Generator().manual_seed(4))
    assert float((model.interpolate(still, still, t) - still).abs().max()) < 1e-4


def test_a_fade_is_a_mix(model: models.Model) -> None:
    grey = texture(0, 0).mean(1, keepdim=True).expand(-1, 3, -1, -1)
    dark = 0.9 * grey
    assert quality(model.interpolate(grey, dark, 0.5), 0.95 * grey) > 45.0


def test_swapped_frames_give_the_same_frame_at_the_other_time(model: models.Model) -> None:
    before, after = texture(0, 0), texture(2, 1)
    for t in (0.2, 0.7):
        difference = model.interpolate(before, after, t) - model.interpolate(after, before, 1.0 - t)
        assert float(difference.abs().mean()) < 1e-4


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (16, 200), (61, 97)])
def test_any_size_from_16_px_keeps_its_size(model: models.Model, size: tuple[int, int]) -> None:
    made = model.interpolate(texture(0, 0, size), texture(1, 0, size), 0.5)
    assert made.shape == (1, 3, *size)
    assert quality(made, texture(0.5, 0, size)) > 30.0


def test_a_batch_gives_what_its_items_give(model: models.Model) -> None:
    before = torch.cat([texture(0, 0), texture(5, 5)])
    after = torch.cat([texture(1, 0), texture(5, 7)])
    together = model.interpolate(before, after, 0.4)
    for n in (0, 1):
        alone = model.interpolate(before[n : n + 1], after[n : n + 1], 0.4)
        assert float((together[n : n + 1] - alone).abs().max()) < 1e-3


def test_black_and_what_appears_out_of_it_give_finite_frames(model: models.Model) -> None:
    black = torch.zeros(1, 3, 32, 40)
    made = [model.interpolate(black, texture(0, 0, (32, 40)), t) for t in (0.0, 0.5, 0.999)]
    assert all(bool(torch.isfinite(frame).all()) for frame in made)
    assert quality(made[2], texture(0, 0, (32, 40))) > 45.0


def test_other_channels_go_by_the_motion_that_the_classic_finds(model: models.Model) -> None:
    before, after = texture(0, 0), texture(4, 0)
    motion = model.estimate(before, after, 0.25)
    classic = models.load_model("dis", device="cpu").estimate(before, after, 0.25)
    assert isinstance(motion, PaintedMotion)
    assert isinstance(classic, FlowMotion)
    assert torch.equal(motion.apply(before, after), classic.apply(before, after))
    assert torch.equal(motion.guide_frame(before, after), model.interpolate(before, after, 0.25))
    assert torch.equal(model.prepare(before, after).middle_flows().flow_t_to_0, model_half(before, after).flow_t_to_0)


def model_half(before: Tensor, after: Tensor) -> FlowMotion:
    return models.load_model("dis", device="cpu").estimate(before, after, 0.5).flow_form()


def test_the_number_of_levels_follows_the_size_up_to_the_most() -> None:
    assert [SETTINGS.levels(*size) for size in ((48, 60), (240, 320), (1125, 2000), (4500, 8000))] == [7, 16, 23, 23]


def test_a_wave_that_has_passed_half_its_length_is_told_by_the_coarser_one() -> None:
    # It has moved by 4 rad, seen as 4 - 2 pi; the coarser wave says 3.5.
    seen = torch.full((1, 2, 2), 4.0 - 2.0 * math.pi)
    found = corrected(seen, torch.full((1, 2, 2), 3.5), limit=10.0)
    assert torch.allclose(found, torch.tensor(4.0), atol=1e-5)
    assert torch.allclose(nearest_turn(seen, found), torch.tensor(4.0), atol=1e-5)


def test_what_contradicts_the_coarser_level_or_moves_too_far_is_not_believed() -> None:
    seen, expected = torch.full((1, 2, 2), 2.5), torch.full((1, 2, 2), 0.5)
    assert torch.equal(corrected(seen, expected, limit=10.0), expected)
    near = torch.full((1, 2, 2), 1.0)
    assert torch.equal(corrected(near, expected, limit=0.9), expected)
    assert torch.equal(corrected(near, None, limit=0.9), torch.zeros(1, 2, 2))
    assert torch.equal(corrected(near, None, limit=1.1), near)


def test_it_has_no_weights_and_knows_no_time_outside(model: models.Model) -> None:
    assert models.model_info("phase").parameters == 0
    with pytest.raises(UsageError, match="no weights"):
        models.load_model("phase", weights="x.pth")
    with pytest.raises(UsageError, match="t must lie in"):
        model.interpolate(texture(0, 0), texture(1, 0), 1.25)
