"""Perceptual distances: VGG-19's layers from a file, and the stand-in that needs none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vfi_plugin.errors import UsageError, WeightsError
from vfi_plugin.train.oriented_filters import derivative_filters
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.vgg import Vgg19, layer_numbers

Tensor = torch.Tensor
WIDTHS = (64, 64, 128, 128, *[256] * 4, *[512] * 8)
# As torchvision numbers the convolutions; 2, 3 and 4 times two and two steps apart, with a halving between.
NUMBERS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Weights of VGG-19's shape, as if trained: the next layer gets what is about as large."""
    made = torch.Generator().manual_seed(2)
    tensors = {}
    for number, inputs, outputs in zip(NUMBERS, (3, *WIDTHS), WIDTHS, strict=False):
        weight = torch.randn(outputs, inputs, 3, 3, generator=made) * (2 / (9 * inputs)) ** 0.5
        tensors |= {f"features.{number}.weight": weight, f"features.{number}.bias": torch.zeros(outputs)}
    return tensors


@pytest.fixture(scope="module")
def weights(state: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    torch.save(state | {"classifier.0.weight": torch.zeros(2, 2)}, path)  # torchvision's file has more
    return path


def by_hand(state: dict[str, Tensor], frames: Tensor, convolutions: int) -> Tensor:
    """Another way to VGG's features before the last ReLU: layer by layer."""
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    features = (frames - mean.view(1, 3, 1, 1)) / spread.view(1, 3, 1, 1)
    for place, number in enumerate(NUMBERS[:convolutions]):
        if place in (2, 4, 8, 12):
            features = torch.max_pool2d(features, 2)
        weight, bias = state[f"features.{number}.weight"], state[f"features.{number}.bias"]
        features = torch.conv2d(features if not place else features.relu(), weight, bias, padding=1)
    return features


def test_all_convolutions_of_vgg_19_have_20_024_384_parameters() -> None:
    with torch.device("meta"):
        net = Vgg19()
    assert sum(parameter.numel() for parameter in net.parameters()) == 20_024_384
    numbers = layer_numbers()
    assert tuple(number for name, number in numbers.items() if name.startswith("conv")) == NUMBERS
    assert (numbers["conv5_4"], numbers["relu3_3"]) == (34, 15)


def test_the_papers_layer_is_conv5_4_before_its_relu(weights: Path, state: dict[str, Tensor]) -> None:
    perceptual, frames = Perceptual.of_vgg19(weights), noise(1, 3, 48, 64)
    features = perceptual.features(frames)
    assert features.shape == (1, 512, 3, 4)
    assert float(features.min()) < 0.0
    assert torch.allclose(features, by_hand(state, frames, 16), atol=1e-4)
    assert perceptual.name == "VGG-19 conv5_4"


def test_another_layer_and_divisor_can_be_asked_for(weights: Path, state: dict[str, Tensor]) -> None:
    perceptual = Perceptual.of_vgg19(weights, "relu3_3", divisor=1.0)
    made, true = noise(1, 3, 32, 32), noise(1, 3, 32, 32, seed=2)
    features = [by_hand(state, frames, 7).relu() for frames in (made, true)]
    assert perceptual.features(made).shape == (1, 256, 8, 8)
    expected = torch.nn.functional.mse_loss(*features)
    assert float(perceptual(made, true)) == pytest.approx(float(expected), rel=1e-4)
    scaled = Perceptual.of_vgg19(weights, "relu3_3")
    assert float(scaled(made, true)) == pytest.approx(float(expected) / 12.75**2, rel=1e-4)


def test_a_safetensors_file_gives_the_same(weights: Path, state: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "vgg19.safetensors")
    frames = noise(2, 3, 16, 16)
    found = [
        Perceptual.of_vgg19(path, "conv2_1").features(frames) for path in (weights, tmp_path / "vgg19.safetensors")
    ]
    assert torch.equal(*found)


def test_nothing_of_it_is_trained_and_frames_get_a_gradient(weights: Path) -> None:
    for perceptual in (Perceptual.of_vgg19(weights, "conv3_1"), Perceptual.stand_in()):
        assert not any(parameter.requires_grad for parameter in perceptual.parameters())
        made = noise(1, 3, 32, 32).requires_grad_()
        perceptual(made, noise(1, 3, 32, 32, seed=2)).backward()
        assert made.grad is not None
        assert torch.isfinite(made.grad).all()
        assert made.grad.any()


def test_a_file_of_another_network_is_refused_and_says_why(state: dict[str, Tensor], tmp_path: Path) -> None:
    # VGG-16 has the same first seven convolutions, and three fewer in all.
    sixteen = {name: tensor for name, tensor in state.items() if not name.startswith(("features.16", "features.34"))}
    for name, tensors, said in (
        ("sixteen.pth", sixteen, r"is not VGG-19: it lacks features\.16\.weight and 3 more; give torchvision's"),
        (
            "wide.pth",
            state | {"features.0.weight": torch.zeros(8, 3, 3, 3)},
            r"of another shape is features\.0\.weight",
        ),
        ("broken.pth", state | {"features.0.bias": torch.full((64,), torch.nan)}, "no finite numbers"),
    ):
        torch.save(tensors, tmp_path / name)
        with pytest.raises(WeightsError, match=said):
            Perceptual.of_vgg19(tmp_path / name, "relu3_3")


def test_there_is_no_way_from_a_missing_file_to_the_stand_in(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no weights file"):
        Perceptual.of_vgg19(tmp_path / "vgg19.pth")
    assert "stand-in" in Perceptual.stand_in().name


def test_an_unknown_layer_and_too_small_a_frame_are_refused(weights: Path) -> None:
    with pytest.raises(UsageError, match="conv1_1 to conv5_4"):
        Perceptual.of_vgg19(weights, "conv6_1")
    with pytest.raises(UsageError, match="sides from 4 px"):
        Perceptual.of_vgg19(weights, "conv3_1").features(noise(1, 3, 3, 32))
    with pytest.raises(UsageError, match="16 px or more"):
        Perceptual.stand_in()(noise(1, 3, 12, 32), noise(1, 3, 12, 32))


def test_the_stand_in_is_zero_for_equal_frames_and_above_for_others() -> None:
    stand_in, frames = Perceptual.stand_in(), noise(2, 3, 32, 48)
    assert float(stand_in(frames, frames)) == 0.0
    one = frames.clone()
    one[0, 1, 5, 7] += 0.05
    for other in (one, frames + 0.1, frames.flip(3), frames.roll(1, 3)):
        assert float(stand_in(other, frames)) > 0.0


def test_the_stand_in_counts_lost_texture_for_more_than_lost_light() -> None:
    frames = 0.5 + 0.1 * (noise(1, 3, 64, 64) - 0.5)
    blurred = nn.functional.avg_pool2d(frames, 3, 1, 1, count_include_pad=False)
    brighter = frames + (blurred - frames).square().mean().sqrt()
    stand_in = Perceptual.stand_in()
    assert float(stand_in(blurred, frames)) > 10 * float(stand_in(brighter, frames))


def test_the_stand_ins_filters_see_neither_level_nor_their_own_direction() -> None:
    filters = derivative_filters()[:, 0]
    assert torch.allclose(filters.sum((1, 2)), torch.zeros(8), atol=1e-6)
    assert torch.allclose(filters.clamp(min=0).sum((1, 2)), torch.ones(8), atol=1e-6)
    assert torch.allclose(filters[0].sum(0), -filters[0].sum(0).flip(0), atol=1e-6)
    assert float(filters[0].sum(1).abs().max()) < 1e-6  # the first looks across; it sees no change from row to row
    assert torch.allclose(filters[2], filters[0].T, atol=1e-6)
