"""PhaseNet against what it must give whatever its weights are: nobody has published some to compare with."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import vfi_plugin.models as models
from vfi_plugin.cli.main import main
from vfi_plugin.errors import WeightsError
from vfi_plugin.models.phasenet.checkpoint import VARIANTS, build
from vfi_plugin.models.phasenet.info import FAITHFUL, IMPROVED
from vfi_plugin.models.phasenet.model import PhaseNetModel, info_of, load
from vfi_plugin.models.phasenet.net import Given, PhaseNet, pyramid_of
from vfi_plugin.models.phasenet.planes import planes_from_rgb, rgb_from_planes
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.painted import PaintedMotion

Tensor = torch.Tensor

WIDTH = 0.125


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def compact(variant: str = FAITHFUL) -> PhaseNet:
    torch.manual_seed(3)
    return build(variant, WIDTH).eval().requires_grad_(False)


def model_of(net: PhaseNet, variant: str = FAITHFUL) -> PhaseNetModel:
    return load(Weights(net.state_dict(), variant, "none", "a test", WIDTH), torch.device("cpu"))


def without_finest(plane: Tensor) -> Tensor:
    """A picture (N, H, W) put together again without its high-pass."""
    pyramid = pyramid_of(plane)
    parts = pyramid.analyse(plane)
    return pyramid.synthesise(replace(parts, high_pass=torch.zeros_like(plane)))


def inputs_of_blocks(net: PhaseNet, *planes: Tensor) -> list[list[Tensor]]:
    """What each block is given, in the order of its runs."""
    seen: list[list[Tensor]] = [[] for _ in net.blocks]
    for block, given in zip(net.blocks, seen, strict=True):
        block.register_forward_pre_hook(lambda _, inputs, given=given: given.append(inputs[0]))
    net(*planes)
    return seen


def test_the_published_size_is_built_without_arguments() -> None:
    with torch.device("meta"):
        nets = [PhaseNet(), PhaseNet(blends_high_pass=True)]
    assert [sum(parameter.numel() for parameter in net.parameters()) for net in nets] == [462_457, 462_522]
    assert models.model_info("phasenet").parameters == info_of(FAITHFUL).parameters == 462_457
    assert info_of(IMPROVED).parameters == 462_522


def test_the_layers_are_those_of_the_paper() -> None:
    with torch.device("meta"):
        net = PhaseNet()
    first = [(block.conv1.in_channels, block.conv1.out_channels, block.conv1.kernel_size[0]) for block in net.blocks]
    assert first == [(2, 64, 1), (81, 64, 1), (88, 64, 1), *[(88, 64, 3)] * 5]
    assert {block.conv1.padding_mode for block in net.blocks} == {"reflect"}
    assert [block.conv2 is None for block in net.blocks] == [True] + [False] * 7
    assert [head.out_channels for head in net.heads] == [1] + [8] * 7


def test_multiply_adds_are_those_of_all_levels_of_a_large_frame() -> None:
    counted, side = 0, 512

    def count(layer: Any, _: object, output: Tensor) -> None:
        nonlocal counted
        counted += output[0, 0].numel() * layer.weight.numel()

    net = compact()
    for layer in net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    net(noise(1, side, side), noise(1, side, side))
    # The narrow network has 8 features instead of 64, and its first layers take 8 + 16 + 8 channels.
    finest = 32 * 8 * 9 + 8 * 8 * 9 + 8 * 8
    told = finest * models.model_info("phasenet").multiply_adds / (3 * 88_064)
    assert counted / side**2 == pytest.approx(told, rel=0.06)  # levels are a little larger than halves


@pytest.mark.parametrize("size", [(48, 64), (51, 77)])
@pytest.mark.parametrize("variant", [FAITHFUL, IMPROVED])
def test_with_all_true_parts_given_it_gives_the_true_frame(size: tuple[int, int], variant: str) -> None:
    planes = noise(3, 2, *size)
    truth = pyramid_of(planes[2]).analyse(planes[2])
    made = compact(variant)(planes[0], planes[1], Given(truth, 0)).plane
    expected = planes[2] if variant == IMPROVED else without_finest(planes[2])
    assert float((made - expected).abs().max()) < 1e-5


def test_levels_that_are_given_are_not_predicted() -> None:
    planes, net = noise(3, 1, 64, 64), compact()
    truth = pyramid_of(planes[2]).analyse(planes[2])
    sizes = [phase.shape[2] for phase in net(planes[0], planes[1], Given(truth, 4)).phases]
    assert sizes == [12, 16, 24]  # three bands and the low-pass
    everything = net(planes[0], planes[1])
    assert len(everything.phases) == 6
    assert torch.equal(everything.plane, net(planes[0], planes[1], Given(truth, 7)).plane)


def test_of_two_equal_frames_the_low_pass_and_all_amplitudes_come_back_whatever_the_weights() -> None:
    plane, net = noise(1, 48, 48), compact()
    truth = pyramid_of(plane).analyse(plane)
    made = net(plane, plane, Given(truth, 1)).plane
    assert float((made - without_finest(plane)).abs().max()) < 1e-5
    pair = torch.stack([truth.bands[1], truth.bands[1]])
    coarser = net.low_pass(torch.stack([truth.low_pass, truth.low_pass]))[1]
    bands, _ = net.bands(1, pair, coarser.enlarged((pair.shape[3], pair.shape[4])))
    assert torch.allclose(bands.abs(), truth.amplitude(1), atol=1e-6)


def test_the_ratio_of_both_frames_is_seen_by_the_network() -> None:
    later = noise(1, 48, 64)
    seen = inputs_of_blocks(compact(), 0.25 * later, later)
    low = seen[0][0][0]
    assert float(low.abs().max()) == 1.0
    assert torch.allclose(low[0], 0.25 * low[1], atol=1e-6)
    for inputs in [block[0] for block in seen[1:] if block]:
        before, after = inputs[0, 16:20], inputs[0, 20:24]  # after 8 features and 8 phases
        assert float(after.max()) == pytest.approx(1.0)
        assert torch.allclose(before, 0.25 * after, atol=1e-5)
        turns = inputs[0, 8:12] - inputs[0, 12:16]  # in half turns
        strong = after > 1e-3  # elsewhere a phase is rounding
        assert float((turns - 2.0 * torch.round(turns / 2.0))[strong].abs().max()) < 1e-3
        assert float(inputs[0, 8:16].abs().max()) <= 1.0


def test_the_same_pair_twice_as_bright_gives_the_same_frame_twice_as_bright() -> None:
    before, after, net = noise(1, 40, 56), noise(1, 40, 56, seed=1), compact()
    assert float((net(2.0 * before, 2.0 * after).plane - 2.0 * net(before, after).plane).abs().max()) < 1e-4


def test_all_levels_from_the_seventh_on_share_one_block() -> None:
    runs = [len(block) for block in inputs_of_blocks(compact(), noise(1, 256, 256), noise(1, 256, 256))]
    assert runs == [1, 1, 1, 1, 1, 1, 1, 4]  # ten levels of bands
    runs = [len(block) for block in inputs_of_blocks(compact(), noise(1, 16, 16), noise(1, 16, 16))]
    assert runs == [1, 1, 1, 0, 0, 0, 0, 0]


def told(net: PhaseNet, phase: float, share: float) -> PhaseNet:
    """Predicts one phase and one share of the later frame's amplitude and low-pass everywhere."""
    for n, head in enumerate(net.heads):
        torch.nn.init.zeros_(head.weight)
        shares = torch.full((4 if n else 1,), math.atanh(2.0 * share - 1.0))
        # The share of the low-pass is the earlier frame's.
        head.bias.data = torch.cat([torch.full((4,), math.atanh(phase / math.pi)), shares]) if n else -shares
    return net


@pytest.mark.parametrize("share", [0.001, 0.25, 0.999])
def test_shares_mix_low_pass_and_amplitudes_of_both_frames(share: float) -> None:
    plane = noise(1, 48, 48)
    dark, net = torch.zeros_like(plane), told(compact(), 0.0, share)
    whole = told(compact(), 0.0, 0.5)(plane, plane).plane
    assert torch.allclose(net(dark, plane).plane, share * whole, atol=1e-5)
    assert torch.allclose(net(plane, dark).plane, (1.0 - share) * whole, atol=1e-5)


def test_phases_are_predicted_themselves_not_their_differences() -> None:
    painted = told(compact(), 2.0, 0.5)(noise(1, 32, 32), noise(1, 32, 32))
    for phase in painted.phases:
        assert torch.allclose(phase, torch.tensor(2.0), atol=1e-5)


@pytest.mark.parametrize("later", [False, True])
def test_the_improved_form_takes_the_finest_detail_by_its_mask(later: bool) -> None:
    before, after, net, plain = noise(1, 48, 56), noise(1, 48, 56, seed=1), compact(IMPROVED), compact()
    net.load_state_dict(plain.state_dict(), strict=False)
    torch.nn.init.zeros_(net.detail.weight)
    torch.nn.init.constant_(net.detail.bias, 20.0 if later else -20.0)
    added = net(before, after).plane - plain(before, after).plane
    source = after if later else before
    assert float((added - (source - without_finest(source))).abs().max()) < 1e-5


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (16, 200), (61, 97)])
@pytest.mark.parametrize("variant", [FAITHFUL, IMPROVED])
def test_any_size_from_16_px_keeps_its_size(size: tuple[int, int], variant: str) -> None:
    model = model_of(compact(variant), variant)
    made = model.interpolate(noise(1, 3, *size), noise(1, 3, *size, seed=1))
    assert made.shape == (1, 3, *size)
    assert bool(torch.isfinite(made).all())


def test_a_batch_gives_what_its_items_give() -> None:
    model, before, after = model_of(compact()), noise(2, 3, 32, 40), noise(2, 3, 32, 40, seed=1)
    together = model.interpolate(before, after)
    for n in (0, 1):
        alone = model.interpolate(before[n : n + 1], after[n : n + 1])
        assert float((together[n : n + 1] - alone).abs().max()) < 1e-3


@pytest.mark.parametrize("variant", [FAITHFUL, IMPROVED])
def test_compact_weights_come_back_from_a_file(variant: str, tmp_path: Path) -> None:
    net, path = compact(variant), tmp_path / "compact.safetensors"
    save_weights(path, "phasenet", Weights(net.state_dict(), variant, "", "", WIDTH, "CC0", "noise"), "none")
    again = models.load_model("phasenet", weights=path, device="cpu")
    pair = noise(1, 3, 32, 48), noise(1, 3, 32, 48, seed=1)
    assert torch.equal(again.interpolate(*pair), model_of(net, variant).interpolate(*pair))
    assert (again.info.licence, again.info.training_data) == ("CC0", "noise")


def test_a_state_of_either_form_is_told_apart_by_its_content(tmp_path: Path) -> None:
    for variant in (FAITHFUL, IMPROVED):
        torch.save(build(variant, 1.0).state_dict(), tmp_path / "state.pth")
        model = models.load_model("phasenet", weights=tmp_path / "state.pth", device="cpu")
        assert isinstance(model, PhaseNetModel)
        assert model.net.blends_high_pass == (variant == IMPROVED)
    assert [variant.name for variant in VARIANTS] == [FAITHFUL, IMPROVED]
    torch.save({"blocks.0.conv1.weight": torch.zeros(1)}, tmp_path / "state.pth")
    with pytest.raises(WeightsError, match="is not of PhaseNet"):
        models.load_model("phasenet", weights=tmp_path / "state.pth", device="cpu")


def test_other_times_are_painted_between_painted_frames_and_the_rest_goes_by_the_classic() -> None:
    model, before, after = model_of(compact()), noise(1, 3, 32, 48), noise(1, 3, 32, 48, seed=1)
    middle = model.interpolate(before, after)
    assert torch.equal(model.interpolate(before, after, 0.75), model.interpolate(middle, after))
    motion = model.estimate(before, after, 0.75)
    assert isinstance(motion, PaintedMotion)
    classic = models.load_model("dis", device="cpu").estimate(before, after, 0.75)
    assert torch.equal(motion.apply(before, after), classic.apply(before, after))


def test_planes_lie_between_0_and_1_and_give_the_frame_back() -> None:
    frame = noise(2, 3, 20, 30)
    planes = planes_from_rgb(frame)
    assert 0.0 <= float(planes.min()) <= float(planes.max()) <= 1.0
    assert torch.allclose(rgb_from_planes(planes), frame, atol=1e-5)
    white = planes_from_rgb(torch.ones(1, 3, 1, 1)).flatten()
    assert torch.allclose(white, torch.tensor([1.0, 128 / 255, 128 / 255]), atol=1e-5)


def test_it_is_said_that_it_cannot_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "compact.safetensors"
    save_weights(path, "phasenet", Weights(compact().state_dict(), FAITHFUL, "", "", WIDTH), "none")
    assert main(["models", "export", "phasenet", "--weights", str(path), "--out", str(tmp_path / "x.pt")]) == 2
    assert "not all of it can be traced" in capsys.readouterr().err
