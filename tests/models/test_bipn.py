"""BiPN: the numbers of its paper, order in time, and every number of frames."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin import models
from vfi_plugin.models.bipn.checkpoint import VARIANTS
from vfi_plugin.models.bipn.info import VARIANT_NAMES, info_of, parse_variant
from vfi_plugin.models.bipn.model import BipnModel
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.painting import PaintingModel
from vfi_plugin.models.times import FINEST, reached_time, time_steps
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.painted import PaintedMotion

WIDTH = 0.0625
SINGLE, MULTISCALE = "3", "3-multiscale"


def model(folder: Path, variant: str = SINGLE) -> PaintingModel:
    """A narrow network with random weights."""
    torch.manual_seed(2)
    frames, scales = int(variant[0]), 4 if variant.endswith("multiscale") else 1
    net, path = Bipn(WIDTH, frames, scales), folder / f"{variant}.safetensors"
    save_weights(path, "bipn", Weights(net.state_dict(), variant, "", "", WIDTH, "CC0", "noise"), "none")
    loaded = models.load_model("bipn", weights=path, device="cpu")
    assert isinstance(loaded, BipnModel)
    return loaded


def frames(height: int, width: int, pairs: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(3)
    return torch.rand(pairs, 3, height, width, generator=made), torch.rand(pairs, 3, height, width, generator=made)


def test_the_network_has_the_feature_maps_of_the_papers_figures() -> None:
    with torch.device("meta"):
        net = Bipn()
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items() if value.ndim == 4}
    encoders = [
        [shape[:2] for name, shape in shapes.items() if f"{way}_encoder" in name] for way in ("forward", "reverse")
    ]
    assert encoders == [[(128, 3), (256, 128), (512, 256)]] * 2
    assert [shape[:2] for name, shape in shapes.items() if "decoder" in name] == [
        (512, 1024),  # a convolution: outputs first
        (512, 256),  # transposed ones: inputs first
        (256, 128),
        (128, 9),
    ]
    assert sum(parameter.numel() for parameter in net.parameters()) == 12_618_761
    assert models.model_info("bipn").parameters == 12_618_761


def test_the_stated_multiply_adds_are_those_that_run() -> None:
    counted = 0

    def count(layer: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal counted
        places = inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else output
        weight = layer.weight
        assert isinstance(weight, torch.Tensor)
        counted += weight.numel() * places.shape[2] * places.shape[3]

    with torch.device("meta"):
        net = Bipn(frames=5, scales=4)
        for layer in net.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                layer.register_forward_hook(count)
        net(torch.empty(1, 3, 128, 192), torch.empty(1, 3, 128, 192))
    assert info_of("5-multiscale").multiply_adds == round(counted / (128 * 192))


@pytest.mark.parametrize("variant", [variant.name for variant in VARIANTS])
def test_one_run_gives_as_many_frames_as_the_weights_are_for(variant: str, tmp_path: Path) -> None:
    made = model(tmp_path, variant).paint(*frames(48, 70))
    assert made.shape == (1, int(variant[0]), 3, 48, 70)
    assert torch.isfinite(made).all()
    assert models.model_info("bipn", tmp_path / f"{variant}.safetensors").frames_at_once == int(variant[0])


def test_a_plain_state_of_the_network_is_known_by_its_shapes(tmp_path: Path) -> None:
    path = tmp_path / "anything.pth"
    torch.save(Bipn(frames=5).state_dict(), path)
    info = models.load_model("bipn", weights=path, device="cpu").info
    assert (info.frames_at_once, info.size_multiple) == (5, 8)


@pytest.mark.parametrize("variant", [SINGLE, MULTISCALE])
@pytest.mark.parametrize("size", [(61, 97), (16, 16)])
def test_any_size_gives_what_its_padded_frame_gives(size: tuple[int, int], variant: str, tmp_path: Path) -> None:
    net, (before, after) = model(tmp_path, variant), frames(*size)
    multiple = net.info.size_multiple
    grown = [F.pad(x, (0, -size[1] % multiple, 0, -size[0] % multiple), mode="replicate") for x in (before, after)]
    made = net.interpolate(before, after)
    assert torch.allclose(made, net.interpolate(*grown)[..., : size[0], : size[1]], atol=1e-5)


def test_a_batch_gives_what_its_items_give(tmp_path: Path) -> None:
    net, (before, after) = model(tmp_path, MULTISCALE), frames(64, 64, 2)
    together = net.interpolate(before, after, 0.25)
    for n in (0, 1):
        assert torch.allclose(
            together[n : n + 1], net.interpolate(before[n : n + 1], after[n : n + 1], 0.25), atol=1e-5
        )


def test_the_halves_that_finer_scales_see_are_in_the_order_of_their_encoders() -> None:
    """The forward encoder is shown the first frames, earliest first; the reverse one the last ones, latest first."""
    net = Bipn(WIDTH, 3, 2)
    seen: list[torch.Tensor] = []
    for encoder in (net.stages[1].forward_encoder, net.stages[1].reverse_encoder):
        assert isinstance(encoder, torch.nn.Module)
        encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    coarse, fine = net.by_scale(*(2 * frame - 1 for frame in frames(32, 32)))
    enlarged = F.interpolate(coarse[0], scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(seen[0][0, 3:].unflatten(0, (2, 3)), enlarged[[0, 1]], atol=1e-6)
    assert torch.allclose(seen[1][0, 3:].unflatten(0, (2, 3)), enlarged[[2, 1]], atol=1e-6)
    assert fine.shape == (1, 3, 3, 32, 32)


@pytest.mark.parametrize(("at_once", "steps"), [(1, 8), (2, 9), (3, 16), (4, 25), (5, 36), (6, 49), (7, 8)])
def test_times_are_made_to_an_eighth_or_finer(at_once: int, steps: int) -> None:
    assert time_steps(at_once) == steps >= FINEST
    assert reached_time(1 / (at_once + 1), at_once) == Fraction(1, at_once + 1)


def test_times_between_known_frames_are_painted_between_their_neighbours(tmp_path: Path) -> None:
    net, (before, after) = model(tmp_path), frames(32, 40)
    known = [before, *net.paint(before, after).unbind(1), after]
    assert torch.equal(net.interpolate(before, after, 0.5), known[2])
    assert torch.equal(net.interpolate(before, after, 0.75), known[3])
    between = net.paint(known[1], known[2]).unbind(1)
    assert torch.equal(net.interpolate(before, after, 0.25 + 2 / 16), between[1])
    for t, end in ((0.0, before), (1.0, after)):
        assert torch.equal(net.interpolate(before, after, t), end)


def test_the_motion_that_carries_other_channels_is_the_classics_at_the_same_time(tmp_path: Path) -> None:
    net, (before, after) = model(tmp_path), frames(64, 64)
    motion = net.prepare(before, after).motion(0.3)  # 5/16 is made
    assert isinstance(motion, PaintedMotion)
    classic = models.load_model("dis", device="cpu").estimate(before, after, 5 / 16).flow_form()
    assert torch.equal(motion.carried.flow_t_to_0, classic.flow_t_to_0)
    assert torch.equal(motion.carried.weight_0, classic.weight_0)


@pytest.mark.parametrize("variant", VARIANT_NAMES)
def test_the_numbers_that_are_counted_off_the_layers_are_the_networks(variant: str) -> None:
    frames, scales = parse_variant(variant)
    with torch.device("meta"):
        net = Bipn(frames=frames, scales=scales)
    assert info_of(variant).parameters == sum(parameter.numel() for parameter in net.parameters())
