"""VGG-19 up to one of its layers, with the weights that the user has.

Simonyan and Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015. Layers are
numbered as torchvision numbers them; the code is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from vfi_plugin.errors import UsageError, WeightsError
from vfi_plugin.models.variant import Values, Variant, check_finite

Tensor = torch.Tensor

_STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions; each ends in a halving

# Of ImageNet's pictures, RGB in [0, 1]: what the published weights expect to be taken off and divided by.
_MEAN = (0.485, 0.456, 0.406)
_SPREAD = (0.229, 0.224, 0.225)


class Vgg19(nn.Module):
    """All convolutions of VGG-19, numbered as torchvision numbers them: ReLUs and halvings count."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for channels, count in _STAGES:
            for _ in range(count):
                layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
                inputs = channels
            layers.append(nn.MaxPool2d(2))
        self.features: nn.Sequential = nn.Sequential(*layers)


def layer_numbers() -> dict[str, int]:
    """Name -> number in ``Vgg19.features``: conv1_1 is 0, relu1_1 is 1, ..., conv5_4 is 34, relu5_4 is 35."""
    numbers: dict[str, int] = {}
    number = 0
    for stage, (_, count) in enumerate(_STAGES, 1):
        for layer in range(1, count + 1):
            numbers |= {f"conv{stage}_{layer}": number, f"relu{stage}_{layer}": number + 1}
            number += 2
        number += 1
    return numbers


class Vgg19Features(nn.Module):
    """One layer of VGG-19 for frames; the layers after it are not there.

    Raises:
        UsageError: no layer is called so.
    """

    def __init__(self, layer: str) -> None:
        super().__init__()
        numbers = layer_numbers()
        if layer not in numbers:
            raise UsageError(f"got the layer {layer!r}; VGG-19 has conv1_1 to conv5_4, and relu1_1 to relu5_4")
        with torch.device("meta"):  # the weights come from a file: to draw 20 million numbers first takes a second
            kept = list(Vgg19().features)[: numbers[layer] + 1]
        self.features = nn.Sequential(*kept).to_empty(device="cpu")
        self._least_px = 2 ** sum(isinstance(module, nn.MaxPool2d) for module in kept)
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("spread", torch.tensor(_SPREAD).view(3, 1, 1), persistent=False)
        self.mean: Tensor
        self.spread: Tensor

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Takes its layers' tensors out of those of the whole network, ``features.N.weight`` and ``.bias``."""
        self.load_state_dict({name: state[name] for name in self.state_dict()})

    def forward(self, frames: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1] -> (N, C, h, w); H and W are halved, rounded down, once a stage passed.

        Raises:
            UsageError: a frame so small that nothing is left of it.
        """
        if min(frames.shape[2:]) < self._least_px:
            size = f"{frames.shape[3]}x{frames.shape[2]}"
            raise UsageError(f"got frames of {size} px; this layer of VGG-19 needs sides from {self._least_px} px")
        features: Tensor = self.features((frames - self.mean) / self.spread)
        return features


def _convolutions(values: Values) -> Values:
    """Without what classifies, which follows them and is not used."""
    return {name: value for name, value in values.items() if name.startswith("features.")}


_FILE = Variant("", "VGG-19 (torchvision)", Vgg19, lambda name: name, _convolutions)


def read_vgg19(path: str | Path) -> dict[str, Tensor]:
    """The tensors of all of VGG-19's convolutions, by torchvision's names.

    All must be there, also for an early layer: those of VGG-16 begin with the same names and shapes.

    Raises:
        WeightsError: the file is not there, damaged, or of another network.
    """
    from vfi_plugin.models.container import read_container  # loads safetensors, which a stand-in needs not

    match = _FILE.match(container := read_container(path))
    if not match.fits:
        raise WeightsError(
            f"{container.path.name} is not VGG-19: {match.difference()}; give torchvision's vgg19 weights, whose"
            " tensors are called features.0.weight to features.34.bias (not vgg16, not vgg19_bn)"
        )
    check_finite(state := match.state(), container.path.name)
    return state
