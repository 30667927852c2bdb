"""What an exported network sees of a picture: the curve of ``image.guide_curve``, for TorchScript."""

from __future__ import annotations

import math

import torch
from torch import nn

from vfi_plugin.image import guide_curve


class Guide(nn.Module):
    """Scene-linear light to a display-like picture in [0, 1].

    Networks were trained on display-referred pictures. Nuke hands over scene-linear ones, from below 0 to far above 1,
    and ``image.guide_curve`` says how these are shown to a network without losing either end. The curve is fixed: it
    does not look at the pair, so that a node gives the same frame whatever was rendered before. Where a plate is much
    darker or brighter than a well-lit one, ``stops`` brings it to where networks see best.

    The numbers are attributes because TorchScript knows no constants of a module.
    """

    def __init__(self) -> None:
        super().__init__()
        self.toe_end: float = guide_curve.TOE_END
        self.toe_slope: float = guide_curve.CONTRAST * guide_curve.TOE_SLOPE
        self.power: float = 1.0 / guide_curve.GAMMA
        self.power_scale: float = guide_curve.POWER_SCALE
        self.offset: float = 1.0 - guide_curve.POWER_SCALE - guide_curve.CONTRAST * guide_curve.TOE_CODE
        self.log_toe_end: float = math.log(guide_curve.TOE_END)
        self.shoulder: list[float] = _numbers(guide_curve.SHOULDER)
        self.negatives: list[float] = _numbers(guide_curve.NEGATIVES)
        self.largest: float = guide_curve.HALF_MAX

    def forward(self, light: torch.Tensor, stops: float) -> torch.Tensor:
        """The guide, of the same shape.

        Args:
            light: (N, 3, H, W) float32 RGB, scene-linear, unbounded; NaN is shown as 0, Inf as the largest half float.
            stops: exposure that is added for the network's eyes only.
        """
        light = torch.where(torch.isnan(light), torch.zeros_like(light), light) * 2.0**stops
        light = light.clamp(-self.largest, self.largest)
        log = light.abs().clamp(min=self.toe_end).log()
        bent = (log.clamp(max=0.0) * self.power).exp() * self.power_scale + self.offset
        bent = bent + light.clamp(-self.toe_end, self.toe_end) * self.toe_slope
        bent = bent - self.tail(log.clamp(min=0.0), self.shoulder)
        below = self.tail((log - self.log_toe_end).clamp(min=0.0), self.negatives)
        return torch.where(light < -self.toe_end, below, bent)

    def tail(self, distance: torch.Tensor, numbers: list[float]) -> torch.Tensor:
        """How much room is left at a logarithmic distance from a joint."""
        reach = 1.0 / (1.0 + numbers[0] * distance)
        return (numbers[1] * reach + numbers[2]) * reach


def _numbers(tail: guide_curve.Tail) -> list[float]:
    return [tail.beta, tail.square, tail.linear]
