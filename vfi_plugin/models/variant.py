"""An architecture of a network, and how the file that its authors published names its tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.errors import WeightsError

if TYPE_CHECKING:
    from vfi_plugin.models.container import Container

Shape = tuple[int, ...]
Values = Mapping[str, object]


def as_it_is(values: Values) -> Values:
    """For a published file that is a plain mapping of tensors."""
    return values


@dataclass(frozen=True)
class Variant:
    """One architecture.

    Attributes:
        name: what tells it from the network's other variants, such as "4.25"; "" where there is one.
        title: the published file, for messages: "SepConv (network-l1.pytorch)".
        build: makes the network at its published size, without weights that mean anything.
        published: the published name of one of the network's own tensors.
        unwrap: the tensors, by published name, out of what the file holds at its top level; what is not there is left
            out, never an error.
        may_lack: end of the names of tensors that older files lack and that have no influence.
    """

    name: str
    title: str
    build: Callable[[], nn.Module]
    published: Callable[[str], str]
    unwrap: Callable[[Values], Values] = as_it_is
    may_lack: str = "num_batches_tracked"

    @cached_property
    def own_names(self) -> dict[str, str]:
        """Published name -> name in the network."""
        return {self.published(name): name for name in self._tensors}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Published name -> shape."""
        return {self.published(name): tuple(tensor.shape) for name, tensor in self._tensors.items()}

    @cached_property
    def _tensors(self) -> dict[str, torch.Tensor]:
        with torch.device("meta"):
            return self.build().state_dict()

    def match(self, container: Container) -> Match:
        """Compares a published file with this architecture."""
        values = self.unwrap(container.values)
        tensors = {name: value for name, value in values.items() if isinstance(value, torch.Tensor)}
        return Match(self, tensors)


@dataclass(frozen=True)
class Match:
    """How well the tensors of a file, by published name, fit a variant."""

    variant: Variant
    tensors: Mapping[str, torch.Tensor]

    @property
    def missing(self) -> list[str]:
        """Names the network has and the file lacks."""
        lacking = [name for name in self.variant.shapes if name not in self.tensors]
        return [name for name in lacking if not name.endswith(self.variant.may_lack)]

    @property
    def surplus(self) -> list[str]:
        """Names the file has and the network lacks."""
        return [name for name in self.tensors if name not in self.variant.shapes]

    @property
    def misshaped(self) -> list[str]:
        """Names whose tensors have another shape than the network's."""
        shapes = self.variant.shapes
        return [name for name, tensor in self.tensors.items() if name in shapes and tuple(tensor.shape) != shapes[name]]

    @property
    def share(self) -> float:
        """The share of the network's tensors that the file has in the right shape."""
        found = len(self.variant.shapes) - len(self.missing) - len(self.misshaped)
        return found / len(self.variant.shapes)

    @property
    def fits(self) -> bool:
        """Whether every tensor is there, in its shape, and no other."""
        return not (self.missing or self.surplus or self.misshaped)

    def difference(self) -> str:
        """What does not fit, for a message: "lacks conv1.weight and 3 more"."""
        parts = [
            f"{what} {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
            for what, names in (
                ("it lacks", self.missing),
                ("it also has", self.surplus),
                ("of another shape is", self.misshaped),
            )
            if names
        ]
        return ", ".join(parts) or "nothing differs"

    def state(self) -> dict[str, torch.Tensor]:
        """The tensors by the network's own names."""
        return {self.variant.own_names[name]: tensor for name, tensor in self.tensors.items()}


def check_finite(state: Mapping[str, torch.Tensor], source: str) -> None:
    """Raises WeightsError where a tensor has no plain numbers in it, or some that are not finite."""
    for name, tensor in state.items():
        plain = tensor.device.type == "cpu" and tensor.layout == torch.strided and not tensor.is_quantized
        if not plain or not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"{source} is damaged: {name} has no finite numbers in it; get it again")


def load_state(net: nn.Module, state: Mapping[str, torch.Tensor], may_lack: str, source: str) -> None:
    """Puts tensors into a network.

    Raises:
        WeightsError: a tensor is missing, surplus, of another shape or without finite numbers; it is named.
    """
    own = net.state_dict()
    missing = [name for name in own if name not in state and not name.endswith(may_lack)]
    surplus = [name for name in state if name not in own]
    wrong = [name for name in own if name in state and state[name].shape != own[name].shape]
    for what, names in (("lacks", missing), ("has the unknown", surplus), ("has another shape for", wrong)):
        if names:
            raise WeightsError(f"{source} {what} {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}")
    check_finite(state, source)
    net.load_state_dict({name: tensor.to(own[name].dtype) for name, tensor in state.items()}, strict=False)
