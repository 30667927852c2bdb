"""Super SloMo against the published network's output, and against motion that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

import vfi_plugin.models as models
from vfi_plugin.models.container import read_container
from vfi_plugin.models.superslomo.checkpoint import VARIANTS
from vfi_plugin.models.superslomo.model import SuperSlomoModel, load
from vfi_plugin.models.superslomo.net import MEAN, SuperSlomo, UNet, pixel_flow, published_warp, seen_from
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.flow import FlowMotion

from .golden import Golden

Tensor = torch.Tensor

MEAN_COLOUR = torch.tensor(MEAN).view(1, 3, 1, 1)


def model_of(net: SuperSlomo, width: float) -> SuperSlomoModel:
    return load(Weights(net.state_dict(), "", "none", "a test", width), torch.device("cpu"))


def compact() -> SuperSlomoModel:
    """A narrow network with random weights whose motion is some pixels long."""
    torch.manual_seed(5)
    net = SuperSlomo(0.0625)
    for part in (net.flow, net.interpolation):
        torch.nn.init.normal_(part.head.weight, std=0.4)
        torch.nn.init.normal_(part.head.bias, std=2.0)
    return model_of(net, 0.0625)


def moving_by(dx: float, dy: float) -> SuperSlomoModel:
    """A network that sees the same motion everywhere, whatever it looks at, and nothing hidden."""
    net = SuperSlomo(0.03)
    for part in (net.flow, net.interpolation):
        torch.nn.init.zeros_(part.head.weight)
        torch.nn.init.zeros_(part.head.bias)
    wanted = torch.tensor([dx, dy, -dx, -dy])
    net.flow.head.bias.data = torch.where(wanted < 0, 10.0 * wanted, wanted)  # what the leaky end makes of it
    return model_of(net, 0.03)


def frames(height: int, width: int, count: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(height * width)
    coarse = torch.rand(2 * count, 3, height // 8 + 2, width // 8 + 2, generator=generator)
    fine = F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    return fine[:count], fine[count:]


@pytest.fixture(scope="module")
def golden(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return Golden.of(shared_dir, "superslomo", tmp_path_factory.mktemp("superslomo"))


@pytest.fixture(scope="module")
def published(golden: Golden) -> SuperSlomoModel:
    model = models.load_model("superslomo", weights=golden.checkpoint, device="cpu")
    assert isinstance(model, SuperSlomoModel)
    return model


def test_every_stored_array_of_the_published_network_is_reproduced(golden: Golden, published: SuperSlomoModel) -> None:
    guides = golden.inputs()
    seen = guides[0] - MEAN_COLOUR, guides[1] - MEAN_COLOUR
    pair = published.prepare(*guides)
    flows = pair.flows
    found = {"F01": flows[0], "F10": flows[1]}
    for label, t in (("t050", 0.5), ("t025", 0.25)):
        rough, refined = seen_from(flows, t), published.net.at_time(seen, flows, t)
        exact = refined.flow_t_to_0, refined.flow_t_to_1
        for n in (0, 1):
            found |= {f"{label}_Ft{n}": rough[n], f"{label}_Ft{n}_ref": exact[n]}
            found |= {f"{label}_g{n}": published_warp(seen[n], rough[n])}
            found |= {f"{label}_g{n}_ref": published_warp(seen[n], exact[n])}
        found |= {f"{label}_V0": refined.visibility_0, f"{label}_frame": pair.motion(t).guide_frame(*guides)}
    assert set(golden.names()) <= set(found)
    for name in golden.names():
        golden.assert_matches(name, found[name])


def test_the_published_file_has_exactly_the_names_and_shapes_that_are_expected(golden: Golden) -> None:
    assert VARIANTS[0].shapes == golden.keys()
    assert len(VARIANTS[0].own_names) == len(VARIANTS[0].shapes)


def test_an_old_pickle_with_a_date_in_it_loads_the_same_bits(golden: Golden, tmp_path: Path) -> None:
    values = dict(read_container(golden.checkpoint).values)
    assert type(values["timestamp"]).__name__ == "datetime"
    old = tmp_path / "old.ckpt"
    torch.save(values, old, _use_new_zipfile_serialization=False)
    new_match, old_match = (VARIANTS[0].match(read_container(path)) for path in (golden.checkpoint, old))
    assert old_match.fits
    assert all(torch.equal(old_match.tensors[name], tensor) for name, tensor in new_match.tensors.items())


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in SuperSlomo().parameters()) == 39_610_473
    assert models.model_info("superslomo").parameters == 39_610_473


def test_compact_weights_come_back_from_a_file(tmp_path: Path) -> None:
    model, (before, after) = compact(), frames(32, 48)
    path = tmp_path / "compact.safetensors"
    save_weights(path, "superslomo", Weights(model.net.state_dict(), "", "", "", 0.0625, "CC0", "noise"), "none")
    again = models.load_model("superslomo", weights=path, device="cpu")
    assert torch.equal(again.interpolate(before, after), model.interpolate(before, after))
    assert (again.info.licence, again.info.training_data) == ("CC0", "noise")
    assert again.info.parameters < 200_000


def test_the_warp_reads_where_the_training_read() -> None:
    """The oracle is torch's own sampling, called as it was when the weights were trained."""
    frame, flow = frames(40, 56)[0] - MEAN_COLOUR, 9.0 * torch.randn(1, 2, 40, 56)
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(56.0), indexing="ij")
    x, y = 2.0 * ((columns + flow[:, 0]) / 56 - 0.5), 2.0 * ((rows + flow[:, 1]) / 40 - 0.5)
    expected = F.grid_sample(frame, torch.stack([x, y], 3), padding_mode="zeros", align_corners=True)
    assert torch.allclose(published_warp(frame, flow), expected, atol=2e-5)


@pytest.mark.parametrize("size", [(61, 97), (33, 200), (16, 16)])
def test_any_size_gives_what_its_padded_frame_gives(size: tuple[int, int]) -> None:
    model, (before, after) = compact(), frames(*size)
    made = model.interpolate(before, after, 0.25)
    grown = [F.pad(guide, (0, -size[1] % 32, 0, -size[0] % 32), mode="replicate") for guide in (before, after)]
    assert made.shape == before.shape
    assert torch.allclose(made, model.interpolate(*grown, 0.25)[..., : size[0], : size[1]], atol=1e-5)


def test_a_batch_gives_what_its_items_give() -> None:
    model, (before, after) = compact(), frames(40, 72, 2)
    together = model.interpolate(before, after, 0.4)
    for n in (0, 1):
        alone = model.interpolate(before[n : n + 1], after[n : n + 1], 0.4)
        assert torch.allclose(together[n : n + 1], alone, atol=1e-5)


@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.9])
def test_one_preparation_serves_every_t(t: float) -> None:
    model, (before, after) = compact(), frames(48, 64)
    pair = model.prepare(before, after)
    pair.motion(0.7)
    motion = pair.motion(t)
    assert torch.equal(motion.guide_frame(before, after), model.interpolate(before, after, t))
    weight = motion.flow_form().weight_0
    assert ((weight >= 0) & (weight <= 1)).all()


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_at_either_end_the_frame_comes_back_unchanged(t: float) -> None:
    before, after = frames(33, 40)
    assert torch.equal(compact().interpolate(before, after, t), after if t else before)


@pytest.mark.parametrize("t", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("size", [(64, 96), (50, 77)])
def test_a_payload_of_any_range_is_read_exactly_where_the_flow_says(size: tuple[int, int], t: float) -> None:
    dx, dy = 6.0, -4.0
    model, guides = moving_by(dx, dy), frames(*size)
    rows, columns = torch.meshgrid(torch.arange(size[0]) * 1.0, torch.arange(size[1]) * 1.0, indexing="ij")
    # Ramps tell by their value from which place they were read: up to 500, and negative ones.
    ramps = torch.stack([500.0 - columns, rows - 300.0, columns, rows]).unsqueeze(0)
    # The later frame is the earlier one moved, so that both sources must give the same.
    later = ramps + torch.tensor([dx, -dy, -dx, -dy]).view(1, 4, 1, 1)
    motion = model.estimate(*guides, t)
    moved_0, moved_1 = motion.flow_form().moved(ramps, later)
    height, width = (side + -side % 32 for side in size)
    inner = (slice(None), slice(8, -8), slice(8, -8))
    # Where the network says x + u, the published warp reads at (x + u)(W - 1)/W, with W of the padded frame.
    for moved, share, change in ((moved_0, -t, 0.0), (moved_1, 1.0 - t, 1.0)):
        x = (columns + share * dx) * (width - 1) / width - change * dx
        y = (rows + share * dy) * (height - 1) / height - change * dy
        expected = torch.stack([500.0 - x, y - 300.0, x, y])
        assert torch.allclose(moved[0][inner], expected[inner], atol=2e-4)
    applied = motion.apply(ramps, later)
    assert torch.allclose(applied, (1.0 - t) * moved_0 + t * moved_1, atol=1e-4)


def test_outside_the_frame_guides_show_the_mean_colour_and_payloads_their_edge() -> None:
    before, after = frames(32, 64)
    motion = moving_by(400.0, 0.0).estimate(before, after, 0.5)
    assert torch.allclose(motion.guide_frame(before, after), MEAN_COLOUR.expand_as(before), atol=1e-6)
    payload = 500.0 * before - 100.0
    edges = 0.5 * (payload[..., :1] + payload[..., -1:])
    rows = slice(0, 1)  # further down the published warp reads between rows
    assert torch.allclose(
        motion.apply(payload, payload)[:, :, rows], edges[:, :, rows].expand(-1, -1, 1, 64), atol=1e-3
    )


def test_what_is_certainly_hidden_is_taken_from_the_other_frame_alone() -> None:
    model = moving_by(0.0, 0.0)
    for bias, weight in ((300.0, 1.0), (-3000.0, 0.0)):
        model.net.interpolation.head.bias.data[4] = bias
        for t in (0.01, 0.5, 0.99):
            assert (model.estimate(*frames(32, 32), t).flow_form().weight_0 == weight).all()


def test_the_filter_can_be_chosen_for_payloads() -> None:
    motion = compact().estimate(*frames(32, 48), 0.5)
    assert isinstance(motion, FlowMotion)
    sharp = replace(motion, taps="cubic")
    payload = torch.rand(1, 2, 32, 48)
    assert not torch.equal(sharp.apply(payload, payload), motion.apply(payload, payload))
    assert torch.equal(sharp.guide_frame(*frames(32, 48)), motion.guide_frame(*frames(32, 48)))


def test_nothing_further_away_than_the_reach_is_seen() -> None:
    reach = models.model_info("superslomo").reach_px
    assert reach is not None
    torch.manual_seed(2)
    net, images = UNet(6, 4, 0.05).eval(), torch.rand(1, 6, 32, 640)
    near, far = images.clone(), images.clone()
    near[..., 320 : 320 + int(reach) - 40] += 1.0
    far[..., 320 + int(reach) + 1 :] += 1e6
    with torch.no_grad():
        whole, without, beyond = (net(picture)[..., 320] for picture in (images, near, far))
    assert torch.equal(whole, beyond)
    assert not torch.equal(whole, without)


def test_no_flow_of_the_network_is_almost_none_in_pixels() -> None:
    flow = pixel_flow(torch.zeros(1, 2, 20, 30))
    assert flow[0, 0, 0, 0] == 0.0
    assert flow[0, 0, 0, -1].item() == pytest.approx(-29 / 30)
    assert flow[0, 1, -1, 0].item() == pytest.approx(-19 / 20)
