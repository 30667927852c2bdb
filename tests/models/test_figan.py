"""FIGAN with weights set by hand, whose answers are known, and facts that hold with any."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

import vfi_plugin.models as models
from vfi_plugin.errors import WeightsError
from vfi_plugin.models.figan.model import FiganModel, load
from vfi_plugin.models.figan.net import FiganNet, shrunk
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.flow import FlowMotion

from .separable import multiply_adds

Tensor = torch.Tensor
WIDTH = 0.125
Gamma = tuple[float, float, float]
STILL: Gamma = (0.0, 0.0, 0.0)


def model_of(net: FiganNet) -> FiganModel:
    return load(Weights(net.state_dict(), "", "none", "a test", WIDTH), torch.device("cpu"))


def compact() -> FiganModel:
    """A narrow network with random weights whose motion and mask are not even."""
    torch.manual_seed(7)
    net = FiganNet(WIDTH)
    for module in (net.coarse, *net.finer, net.correction):
        torch.nn.init.normal_(module.layers[-1].weight, std=0.05)
    return model_of(net)


def answering(*gammas: Gamma, residual: Gamma = STILL) -> FiganNet:
    """A network whose maps are the same at every place: ``gammas`` are those before tanh, from coarse to fine."""
    net = FiganNet(WIDTH)
    modules = (net.coarse, *net.finer, net.correction)
    for module, answer in zip(modules, (*gammas, residual), strict=True):
        torch.nn.init.zeros_(module.layers[-1].weight)
        module.layers[-1].bias.data = torch.tensor(answer)
    return net


def moving_by(dx: float, dy: float, mask: float = 0.0) -> FiganNet:
    """A network that finds one flow, in pixels from the earlier frame to the middle, and one mask at all scales."""
    wanted = dx / 64, dy / 64, mask
    first = tuple(math.atanh(value) for value in wanted)
    change = tuple(math.atanh(value) - value for value in wanted)  # on top of what the coarser level said
    return answering(first, change, change)


def texture(height: int, width: int, count: int = 1, seed: int = 1) -> Tensor:
    """Soft blobs in [0, 1], (count, 3, height, width)."""
    coarse = torch.rand(count, 3, height // 8 + 2, width // 8 + 2, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)


def frames(height: int, width: int, count: int = 1) -> tuple[Tensor, Tensor]:
    return texture(height, width, count), texture(height, width, count, seed=2)


def translating(middle: Tensor, dx: int, dy: int) -> tuple[Tensor, Tensor]:
    """The frames around ``middle`` when content moves by (dx, dy) px in half the time between them."""
    return middle.roll((-dy, -dx), (2, 3)), middle.roll((dy, dx), (2, 3))


def hdr(size: tuple[int, int]) -> Tensor:
    """Four channels of noise from -40 to 500."""
    return torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(9)) * 540.0 - 40.0


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        net = FiganNet()
    assert sum(parameter.numel() for parameter in net.parameters()) == 161_068
    assert models.model_info("figan").parameters == 161_068


def test_the_stated_multiply_adds_are_those_that_run() -> None:
    assert multiply_adds(FiganNet(), 64) == models.model_info("figan").multiply_adds


def test_modules_that_answer_zero_give_the_plain_average() -> None:
    before, after = frames(32, 48)
    motion = model_of(answering(STILL, STILL, STILL)).estimate(before, after).flow_form()
    assert not motion.flow_t_to_0.any()
    assert not motion.flow_t_to_1.any()
    assert (motion.weight_0 == 0.5).all()
    average = (before + after) / 2
    assert torch.allclose(motion.guide_frame(before, after), average, atol=1e-7)
    assert torch.allclose(motion.apply(before, after), average, atol=1e-7)


def test_a_new_network_begins_near_the_average() -> None:
    torch.manual_seed(3)
    before, after = frames(64, 64)
    motion = model_of(FiganNet(WIDTH)).estimate(before, after).flow_form()
    assert float(motion.flow_t_to_1.abs().max()) < 4.0
    assert float((motion.weight_0 - 0.5).abs().max()) < 0.05
    assert motion.flow_t_to_1.any()


def test_one_answer_is_the_same_share_of_the_frame_at_every_scale() -> None:
    middle = 2.0 * texture(96, 128) - 1.0
    with torch.no_grad():
        levels = moving_by(16.0, -8.0).pyramid(*translating(middle, 16, -8))
    assert [level.scale for level in levels] == [4, 2, 1]
    for level in levels:
        height, width = level.before.shape[2:]
        assert (height, width) == (96 // level.scale, 128 // level.scale)
        assert torch.allclose(level.flow[:, 0] / width, torch.tensor(16 / 128), atol=1e-6)
        assert torch.allclose(level.flow[:, 1] / height, torch.tensor(-8 / 96), atol=1e-6)
        edge = 20 // level.scale
        inner = (..., slice(edge, -edge), slice(edge, -edge))
        assert torch.allclose(level.synthesised()[inner], shrunk(middle, level.scale)[inner], atol=1e-4)


def test_what_the_coarsest_scale_finds_alone_arrives_in_pixels_of_the_full_size() -> None:
    answer = (0.2, -0.1, 0.0)
    net = answering(answer, STILL, STILL)
    coarsest = model_of(net).net.pyramid(*frames(32, 48))[0]
    assert torch.allclose(coarsest.flow[:, 0], torch.tensor(16 * math.tanh(0.2)), atol=1e-5)
    motion = model_of(net).estimate(*frames(32, 48)).flow_form()
    for axis in (0, 1):
        displacement = 64 * math.tanh(math.tanh(math.tanh(answer[axis])))  # bounded anew after each sum
        assert torch.allclose(motion.flow_t_to_0[:, axis], torch.tensor(-displacement), atol=1e-4)
        assert torch.allclose(motion.flow_t_to_1[:, axis], torch.tensor(displacement), atol=1e-4)


def test_a_known_translation_is_put_into_place() -> None:
    middle = texture(64, 96)
    before, after = translating(middle, 10, -6)
    motion = model_of(moving_by(10.0, -6.0)).estimate(before, after)
    assert isinstance(motion, FlowMotion)
    # What is at p in the middle has come from the left and from below: it was at p + (-10, 6) in the earlier frame.
    assert torch.allclose(motion.flow_t_to_0[:, 0], torch.tensor(-10.0), atol=1e-4)
    assert torch.allclose(motion.flow_t_to_0[:, 1], torch.tensor(6.0), atol=1e-4)
    inner = (..., slice(8, -8), slice(12, -12))
    assert torch.allclose(motion.guide_frame(before, after)[inner], middle[inner], atol=1e-4)


def test_a_payload_of_any_range_moves_by_exactly_that_many_pixels() -> None:
    payload = hdr((64, 96))
    moved = model_of(moving_by(10.0, -6.0)).estimate(*frames(64, 96)).apply(*translating(payload, 10, -6))
    inner = (..., slice(8, -8), slice(12, -12))
    assert torch.allclose(moved[inner], payload[inner], atol=5e-3)


@pytest.mark.parametrize(("mask", "weight_0"), [(0.0, 0.5), (0.6, 0.8), (-0.6, 0.2)])
def test_the_mask_runs_from_the_later_frame_at_minus_1_to_the_earlier_at_1(mask: float, weight_0: float) -> None:
    motion = model_of(moving_by(0.0, 0.0, mask)).estimate(*frames(32, 32)).flow_form()
    assert torch.allclose(motion.weight_0, torch.tensor(weight_0), atol=1e-6)


def test_a_pixel_that_one_frame_alone_shows_is_taken_from_it() -> None:
    lost, before = torch.full((1, 4, 32, 32), torch.nan), hdr((32, 32))
    motion = model_of(answering(STILL, STILL, (0.0, 0.0, 100.0))).estimate(*frames(32, 32))
    assert torch.equal(motion.apply(before, lost), before)


def test_what_the_last_module_paints_is_seen_in_the_guide_alone() -> None:
    before, after = frames(32, 48)
    plain, painting = (
        model_of(answering(STILL, STILL, STILL, residual=added)).estimate(before, after)
        for added in (STILL, (0.5, -0.25, 0.0))
    )
    added = painting.guide_frame(before, after) - plain.guide_frame(before, after)
    # The network's frames span 2, from -1 to 1, a guide 1: half of what it adds is as much.
    for channel, value in enumerate((0.25, -0.125, 0.0)):
        assert torch.allclose(added[:, channel], torch.tensor(value), atol=1e-6)
    payloads = hdr((32, 48)), hdr((32, 48)).flip(3)
    assert torch.equal(painting.apply(*payloads), plain.apply(*payloads))


def test_the_last_module_sees_both_frames_and_what_was_made_of_them() -> None:
    net, seen = moving_by(4.0, 0.0), []
    net.correction.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs))
    before, after = (2.0 * frame - 1.0 for frame in frames(32, 48))
    with torch.no_grad():
        found = net(before, after)
    for given, expected in zip(seen[0], (before, found.synthesised, after), strict=True):
        assert torch.equal(given, expected)


@pytest.mark.parametrize("size", [(61, 97), (33, 50), (16, 16)])
def test_any_size_gives_what_its_padded_frame_gives(size: tuple[int, int]) -> None:
    model, (before, after) = compact(), frames(*size)
    made = model.interpolate(before, after)
    grown = [F.pad(guide, (0, -size[1] % 4, 0, -size[0] % 4), mode="replicate") for guide in (before, after)]
    assert made.shape == before.shape
    motion = model.estimate(*grown).flow_form().cropped(*size)
    assert torch.allclose(made, motion.guide_frame(before, after), atol=1e-5)


def test_a_batch_gives_what_its_items_give() -> None:
    model, (before, after) = compact(), frames(40, 72, 2)
    together = model.interpolate(before, after)
    for n in (0, 1):
        assert torch.allclose(together[n : n + 1], model.interpolate(before[n : n + 1], after[n : n + 1]), atol=1e-5)


def test_compact_weights_come_back_from_a_file(tmp_path: Path) -> None:
    model, (before, after) = compact(), frames(32, 48)
    path = tmp_path / "compact.safetensors"
    save_weights(path, "figan", Weights(model.net.state_dict(), "", "", "", WIDTH, "CC0", "noise"), "none")
    again = models.load_model("figan", weights=path, device="cpu")
    assert torch.equal(again.interpolate(before, after), model.interpolate(before, after))
    assert (again.info.licence, again.info.training_data) == ("CC0", "noise")


def test_a_plain_state_dict_is_taken_and_one_that_lacks_a_tensor_is_not(tmp_path: Path) -> None:
    state = FiganNet().state_dict()
    torch.save(state, tmp_path / "whole.pth")
    assert models.load_model("figan", weights=tmp_path / "whole.pth", device="cpu").info.parameters == 161_068
    torch.save({name: state[name] for name in list(state)[1:]}, tmp_path / "part.pth")
    with pytest.raises(WeightsError, match=r"lacks coarse\.layers\.0\.weight"):
        models.load_model("figan", weights=tmp_path / "part.pth", device="cpu")


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_at_either_end_the_frame_comes_back_unchanged(t: float) -> None:
    before, after = frames(33, 40)
    assert torch.equal(compact().interpolate(before, after, t), after if t else before)


def test_the_coarsest_module_sees_as_far_as_the_reach_says() -> None:
    model, (before, after) = compact(), frames(32, 256)
    reach = models.model_info("figan").reach_px
    assert reach is not None
    column, half = 128, int(reach / 2)  # the middle lies half-way between what it needs of either frame
    near, far = after.clone(), after.clone()
    near[..., column + half :] += 1.0
    far[..., column + half + 4 :] += 1e6  # a pixel of that level further on
    whole, without, beyond = (model.net.pyramid(before, frame)[0].gamma for frame in (after, near, far))
    assert torch.equal(whole[..., column // 4], beyond[..., column // 4])
    assert not torch.equal(whole[..., column // 4], without[..., column // 4])
