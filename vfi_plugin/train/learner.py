"""A network and its optimiser: one step down at a time, and what must be kept to go on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from vfi_plugin.errors import RenderError

Tensor = torch.Tensor

_LEAST_SCALE = 1.0
"""Of a float16 loss. Scaling lifts small gradients; where they overflow even without it, something else is wrong."""


class Learner:
    """A network that learns.

    Args:
        net: what is trained.
        optimiser: over its parameters.
        clip: the longest that its gradient may be; None for no limit.
        scaled: whether losses are scaled before gradients are taken, as float16 needs.
    """

    def __init__(
        self, net: nn.Module, optimiser: torch.optim.Optimizer, *, clip: float | None = None, scaled: bool = False
    ) -> None:
        self.net = net
        self._optimiser = optimiser
        self._clip = math.inf if clip is None else clip
        self._parameters = list(net.parameters())
        self._scaler = torch.amp.GradScaler(self._parameters[0].device.type, enabled=scaled)

    def set_rate(self, learning_rate: float) -> None:
        """What the next steps go by."""
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate

    def lower(self, terms: Mapping[str, Tensor], what: str) -> dict[str, float]:
        """Goes one step down the sum of the terms, and gives them as they were before it.

        Args:
            terms: scalars.
            what: is lowered, for messages: "step 12".

        Raises:
            RenderError: a term or the gradient is not finite; the weights are those before the step. Where losses are
                scaled, a gradient that overflows costs the step, and the next has half the scale.
        """
        self._optimiser.zero_grad()
        self._scaler.scale(torch.stack(list(terms.values())).sum()).backward()  # type: ignore[no-untyped-call]
        self._scaler.unscale_(self._optimiser)
        length = nn.utils.clip_grad_norm_(self._parameters, self._clip)
        # One wait for the device, not one for each number.
        *values, gradient = torch.stack([*(term.detach().float() for term in terms.values()), length.float()]).tolist()
        self._check(dict(zip(terms, values, strict=True)), gradient, what)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return dict(zip(terms, values, strict=True))

    def _check(self, values: Mapping[str, float], gradient: float, what: str) -> None:
        total = sum(values.values())
        may_overflow = self._scaler.is_enabled() and self._scaler.get_scale() > _LEAST_SCALE
        if math.isfinite(total) and (math.isfinite(gradient) or may_overflow):
            return
        terms = ", ".join(f"{name} {value:g}" for name, value in values.items())
        raise RenderError(
            f"{what} gives a loss of {total:g} ({terms}) and a gradient of length {gradient:g}, which must be finite;"
            " look at the batch it had, or train with a smaller learning rate"
        )

    def state(self, *, moments: bool = True) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The network's tensors ("net.conv.weight") and the optimiser's ("optimiser.0.exp_avg"), and plain values.

        Without ``moments`` the optimiser's are left out; who goes on from that begins with none.
        """
        tensors = {f"net.{name}": tensor for name, tensor in self.net.state_dict().items()}
        kept = self._optimiser.state_dict()["state"] if moments else {}
        for index, moments_of_one in kept.items():
            tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in moments_of_one.items()}
        return tensors, {"optimiser": type(self._optimiser).__name__, "scaler": self._scaler.state_dict()}

    def restore(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Goes on from what ``state`` gave.

        Raises:
            ValueError: that is another optimiser's.
            RuntimeError: that is another network's, as torch says it.
        """
        if values["optimiser"] != (own_kind := type(self._optimiser).__name__):
            raise ValueError(f"{values['optimiser']} and not {own_kind}")
        own = {name.removeprefix("net."): tensor for name, tensor in tensors.items() if name.startswith("net.")}
        self.net.load_state_dict(own)
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimiser":
                index, _, moment = rest.partition(".")
                moments.setdefault(int(index), {})[moment] = tensor
        self._optimiser.load_state_dict(
            {"state": moments, "param_groups": self._optimiser.state_dict()["param_groups"]}
        )
        if self._scaler.is_enabled() and values["scaler"]:  # else the scale begins anew, which costs some steps at most
            self._scaler.load_state_dict(values["scaler"])


@contextmanager
def held(net: nn.Module | None) -> Iterator[None]:
    """While this lasts, a network is not trained and gathers no gradients; what was frozen stays so afterwards."""
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad] if net is not None else []
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)
