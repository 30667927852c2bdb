"""Networks in half precision: their convolutions in float16, their coordinates and what they hand over in float32."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import fields, replace
from typing import Any, TypeVar

import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.models.fused.model import FusedModel
from vfi_plugin.models.info import PRECISIONS
from vfi_plugin.models.model import Model, Pair
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.part import Part, WholeFrames
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

AnyMotion = TypeVar("AnyMotion", bound=Motion)


def in_precision(model: Model, precision: str) -> Model:
    """The model as it is, or with its convolutions in float16.

    Raises:
        UsageError: an unknown precision, or float16 for a model that has no convolutions.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"precision {precision!r} is unknown; use one of {', '.join(PRECISIONS)}")
    if precision == "float32":
        return model
    if not isinstance(model, NetworkModel):
        raise UsageError(f"the model {model.info.name} is no network, so float16 means nothing for it; use float32")
    return model.with_half_convolutions() if isinstance(model, FusedModel) else HalfPrecisionModel(model)


class HalfPrecisionModel(Model):
    """A network run under torch's autocast: half the memory traffic, and tensor cores, on a GPU; slow on a CPU."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.info = model.info
        self.follows_in_whole = model.follows_in_whole
        self.device = model.device

    def with_detail(self, detail: float) -> Model:
        """The same of the model at another detail."""
        return HalfPrecisionModel(self._model.with_detail(detail))

    def prepare(self, before: torch.Tensor, after: torch.Tensor) -> Pair:
        """Looks at a pair, as the model does."""
        with self._autocast():
            return _HalfPrecisionPair(self._model.prepare(before, after), self._autocast())

    def look_at_whole(self, frames: WholeFrames, t: float) -> Any:
        """As the model does."""
        with self._autocast():
            return self._model.look_at_whole(frames, t)

    def paint_whole(self, frames: WholeFrames, t: float) -> torch.Tensor:
        """As the model does; float32."""
        with self._autocast():
            return self._model.paint_whole(frames, t).float()

    def prepare_part(self, before: torch.Tensor, after: torch.Tensor, part: Part) -> Pair:
        """Looks at a part of a pair, as the model does."""
        with self._autocast():
            return _HalfPrecisionPair(self._model.prepare_part(before, after, part), self._autocast())

    def interpolate(self, before: torch.Tensor, after: torch.Tensor, t: float = 0.5) -> torch.Tensor:
        """The frame that the model gives, in float32; painting models look for no motion."""
        with self._autocast():
            return self._model.interpolate(before, after, t).float()

    def check(self, before: torch.Tensor, after: torch.Tensor, t: float) -> None:
        """As the model does."""
        self._model.check(before, after, t)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.float16)


class _HalfPrecisionPair(Pair):
    def __init__(self, pair: Pair, autocast: AbstractContextManager[object]) -> None:
        self._pair, self._autocast = pair, autocast

    def motion(self, t: float) -> Motion:
        with self._autocast:
            return widened(self._pair.motion(t))

    def middle_flows(self) -> FlowMotion:
        with self._autocast:
            return widened(self._pair.middle_flows())

    def velocity(self, t: float) -> torch.Tensor:
        with self._autocast:
            return self._pair.velocity(t).float()


def widened(motion: AnyMotion) -> AnyMotion:
    """A motion with all its tensors in float32, those of the motions in it too: payloads are float32."""
    changed: dict[str, object] = {}
    for field in fields(motion):  # type: ignore[arg-type]  # every kind of motion is a dataclass
        value = getattr(motion, field.name)
        if isinstance(value, Motion):
            changed[field.name] = widened(value)
        elif isinstance(value, torch.Tensor) and value.dtype == torch.float16:
            changed[field.name] = value.float()
    return replace(motion, **changed)  # type: ignore[type-var]
