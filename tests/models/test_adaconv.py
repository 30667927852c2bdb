"""AdaConv: the whole frame at once against the published form, which looks at one pixel's window at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.kernels import adaptive_conv
from vfi_plugin.models.adaconv.bands import LogitBands
from vfi_plugin.models.adaconv.checkpoint import VARIANTS
from vfi_plugin.models.adaconv.model import AdaConvModel
from vfi_plugin.models.adaconv.net import AdaConvNet
from vfi_plugin.models.container import Container
from vfi_plugin.models.model import Model
from vfi_plugin.models.registry import load_model, model_info
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.adaptive import AdaptiveMotion

from .separable import frames

WIDTH = 0.06
WINDOW = 79


def narrow_net(width: float = WIDTH) -> AdaConvNet:
    """Random, with statistics that a network in training would have, and kernels that are far from even."""
    torch.manual_seed(5)
    net = AdaConvNet(width).eval()
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)  # so that differences of pixels come through
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 2.0)
    return net.requires_grad_(False)


def windows(before: torch.Tensor, after: torch.Tensor, places: list[tuple[int, int]]) -> torch.Tensor:
    """What the paper's network sees of single pixels (row, column): (len(places), 6, 79, 79)."""
    padded = F.pad(torch.cat([before, after], 1), (39, 39, 39, 39), mode="replicate") - 0.5
    return torch.cat([padded[..., y : y + WINDOW, x : x + WINDOW] for y, x in places])


def all_logits(net: AdaConvNet, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    return torch.cat(list(LogitBands.of_pair(net, before, after)), 2)


@pytest.fixture(scope="module")
def net() -> AdaConvNet:
    return narrow_net()


@pytest.fixture(scope="module")
def weights(net: AdaConvNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adaconv") / "random.safetensors"
    save_weights(path, "adaconv", Weights(net.state_dict(), "", "", "", WIDTH), "0" * 64)
    return path


@pytest.fixture(scope="module")
def model(weights: Path) -> Model:
    return load_model("adaconv", weights=weights, device="cpu")


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in AdaConvNet().parameters()) == 15_927_394
    assert model_info("adaconv").parameters == 15_927_394


def test_any_width_gives_the_logits_of_two_kernels_of_41_by_41() -> None:
    with torch.device("meta"):
        assert AdaConvNet(0.03)(torch.zeros(1, 6, 85, 93)).shape == (1, 2 * 41 * 41, 8, 16)


def multiply_adds_of_block(height: int, width: int) -> int:
    count = 0

    def add(conv: Any, _inputs: Any, output: torch.Tensor) -> None:
        nonlocal count
        count += output.numel() * conv.weight[0].numel()

    with torch.device("meta"):
        net = AdaConvNet()
        for conv in (module for module in net.modules() if isinstance(module, torch.nn.Conv2d)):
            conv.register_forward_hook(add)
        net(torch.zeros(1, 6, height + 77, width + 77))
    return count


def test_the_stated_multiply_adds_are_those_of_a_pixel_far_from_seams() -> None:
    """A layer of a block takes a (h + b) (w + b) of them: the sum of all a is what is stated."""
    in_area = multiply_adds_of_block(16, 16) + multiply_adds_of_block(8, 8) - 2 * multiply_adds_of_block(8, 16)
    assert in_area / (8 * 8) == model_info("adaconv").multiply_adds


def test_the_dense_form_gives_what_each_window_gives(net: AdaConvNet) -> None:
    before, after = frames(16, 24)
    found = all_logits(net, before, after)
    places = [(y, x) for y in range(16) for x in range(24)]
    expected = net.of_windows(windows(before, after, places))
    torch.testing.assert_close(found[0].flatten(1).T, expected, atol=1e-5, rtol=0)
    assert expected.std(0).mean() > 1e-3  # pixels differ


def test_in_double_precision_they_differ_by_rounding_alone() -> None:
    net = narrow_net().double()
    before, after = (frame.double() for frame in frames(19, 17))
    places = [(y, x) for y in (0, 7, 8, 18) for x in (0, 3, 16)]
    found = all_logits(net, before, after)
    for at, (y, x) in enumerate(places):
        expected = net.of_windows(windows(before, after, places[at : at + 1]))[0]
        torch.testing.assert_close(found[0, :, y, x], expected, atol=1e-12, rtol=0)


def test_the_published_size_gives_its_windows_logits_too() -> None:
    net = narrow_net(1.0)
    before, after = frames(16, 16)
    around = torch.cat([before, after], 1)[..., :8, :8] - 0.5
    dense = net(F.pad(around, (39, 38, 39, 38), mode="replicate"))
    places = [(0, 0), (5, 2)]
    expected = net.of_windows(windows(before[..., :8, :8], after[..., :8, :8], places))
    found = torch.stack([dense[0, :, y, x] for y, x in places])
    torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=0)


def test_the_height_of_bands_does_not_matter(net: AdaConvNet, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = frames(43, 21, batch=2)
    whole = all_logits(net, before, after)
    monkeypatch.setattr("vfi_plugin.models.adaconv.bands._FEATURE_BYTES", 0)
    bands = list(LogitBands.of_pair(net, before, after))
    assert [band.shape[2] for band in bands] == [8, 8, 8, 8, 8, 3]
    torch.testing.assert_close(torch.cat(bands, 2), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(16, 16), (17, 30)])
def test_any_size_is_the_kernels_of_its_windows_over_repeated_edges(
    net: AdaConvNet, model: Model, size: tuple[int, int]
) -> None:
    before, after = frames(*size)
    found = model.interpolate(before, after)
    places = [(0, 0), (5, 9), (size[0] - 1, size[1] - 1)]
    weights = net.of_windows(windows(before, after, places)).softmax(1).view(len(places), 2, 1, 41, 41)
    padded = [F.pad(frame, (20, 20, 20, 20), mode="replicate")[0] for frame in (before, after)]
    for (y, x), weight in zip(places, weights, strict=True):
        under = torch.stack([frame[:, y : y + 41, x : x + 41] for frame in padded])
        torch.testing.assert_close(found[0, :, y, x], (weight * under).sum((0, 2, 3)), atol=1e-5, rtol=0)


def test_the_gradient_through_network_and_kernels_is_that_of_finite_differences() -> None:
    net = narrow_net().double()
    generator = torch.Generator().manual_seed(2)
    around = torch.rand(1, 6, 85, 85, dtype=torch.float64, generator=generator) - 0.5
    sources = torch.randn(2, 1, 3, 48, 48, dtype=torch.float64, generator=generator)
    aim = torch.randn(1, 3, 8, 8, dtype=torch.float64, generator=generator)
    leaves = [net.layers[0][0].weight, net.layers[6][1].bias, net.head.bias]  # type: ignore[index]
    steps = [torch.randn(leaf.shape, dtype=torch.float64, generator=generator) for leaf in leaves]

    def loss() -> torch.Tensor:
        return (adaptive_conv(*sources, net(around), origin=(20, 20)) * aim).sum()

    for leaf in leaves:
        leaf.requires_grad_()
    gradients = torch.autograd.grad(loss(), leaves)
    found = sum(float((gradient * step).sum()) for gradient, step in zip(gradients, steps, strict=True))
    length, ends = 1e-8, []  # so short that it crosses no ReLU
    with torch.no_grad():
        for factor in (length, -2 * length):
            for leaf, step in zip(leaves, steps, strict=True):
                leaf += factor * step
            ends.append(float(loss()))
    assert abs(found) > 1e-3
    assert found == pytest.approx((ends[0] - ends[1]) / (2 * length), rel=1e-4)


def test_the_network_runs_once_for_a_frame_and_all_that_is_told_of_it(model: Model) -> None:
    assert isinstance(model, AdaConvModel)
    seen: list[int] = []
    handle = model.net.layers[7].register_forward_hook(  # type: ignore[index]
        lambda _layer, _inputs, output: seen.append(output.shape[0] * output.shape[2] * output.shape[3])
    )
    before, after = frames(24, 32)
    motion = model.estimate(before, after)
    assert not seen
    motion.apply(before * 9, after * 9)
    motion.flow_form()
    motion.guide_frame(before, after)
    handle.remove()
    assert sum(seen) == 24 * 32  # each pixel once


@pytest.mark.parametrize(("t", "later"), [(0.25, False), (0.7, True)])
def test_other_times_are_middles_of_middles(model: Model, t: float, later: bool) -> None:
    before, after = frames(16, 24)
    middle = model.interpolate(before, after)
    expected = model.interpolate(middle, after) if later else model.interpolate(before, middle)
    torch.testing.assert_close(model.interpolate(before, after, t), expected, atol=1e-5, rtol=0)


def test_a_batch_equals_its_pairs(model: Model) -> None:
    before, after = frames(16, 24, batch=2)
    alone = torch.cat([model.interpolate(before[i : i + 1], after[i : i + 1]) for i in (0, 1)])
    torch.testing.assert_close(model.interpolate(before, after), alone, atol=1e-5, rtol=0)


def test_payloads_of_any_channels_and_range_are_moved_as_the_guide(model: Model) -> None:
    before, after = frames(16, 24)
    motion = model.estimate(before, after)
    guide = motion.guide_frame(before, after)
    payload = [torch.cat([frame * 3000, -frame[:, :1]], 1) for frame in (before, after)]
    moved = motion.apply(*payload)
    torch.testing.assert_close(moved, torch.cat([guide * 3000, -guide[:, :1]], 1), rtol=1e-4, atol=1e-4)


def test_random_weights_survive_saving_and_loading(net: AdaConvNet, model: Model) -> None:
    assert isinstance(model, AdaConvModel)
    expected, found = net.state_dict(), model.net.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_plain_state_of_the_network_is_recognised() -> None:
    (variant,) = VARIANTS
    with torch.device("meta"):
        state = AdaConvNet().state_dict()
    assert variant.match(Container(Path("trained.pt"), state, "")).fits


def test_a_known_translation_is_put_in_the_middle(tmp_path: Path) -> None:
    net = AdaConvNet(WIDTH)
    net.head.weight.data.zero_()
    taps = net.head.bias.data.fill_(-1e4).view(2, 41, 41)
    taps[0, 20 + 5, 20 - 12] = taps[1, 20 - 5, 20 + 12] = 0.0
    save_weights(tmp_path / "w.safetensors", "adaconv", Weights(net.state_dict(), "", "", "", WIDTH), "0" * 64)
    model = load_model("adaconv", weights=tmp_path / "w.safetensors", device="cpu")
    world = torch.rand(1, 3, 60, 90)
    # Content goes 12 px to the right and 5 up from each frame to the next.
    before, between, after = (world[..., 10 + 5 * n : 50 + 5 * n, 24 - 12 * n : 88 - 12 * n] for n in range(3))
    motion = model.estimate(before, after)
    assert isinstance(motion, AdaptiveMotion)
    inner = (..., slice(5, -5), slice(12, -12))
    torch.testing.assert_close(motion.apply(before * 900, after * 900)[inner], between[inner] * 900)
    flows = motion.flow_form()
    assert flows.flow_t_to_0[0, :, 20, 30].tolist() == [-12.0, 5.0]
    assert flows.flow_t_to_1[0, :, 20, 30].tolist() == [12.0, -5.0]
    assert torch.equal(flows.pick(before, after)[inner], between[inner])
