"""From flow between two frames to flow from a frame between them: forward splatting, with holes filled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.splat import splat_sum
from vfi_plugin.kernels.warp import warp
from vfi_plugin.motion.small_things import small_things

Tensor = torch.Tensor

# exp(-50 e): a pixel whose guide differs by 0.1 from what its flow leads to counts e^5 times less where two land
# together. 20 to 50 give the same quality on real clips; 50 is better at occlusions.
_MATCH_SHARPNESS = 50.0
_LOWEST_LOG_WEIGHT = -15.0  # keeps a lone bad pixel above the filled-hole level in float32

# Splatted weight under this is a hole: gradually replaced by what surrounds it.
_HOLE_WEIGHT = 1e-3

# Splatted share from which a pixel is that of a small thing: half of it. A mean of two motions would be neither.
_IN_FRONT = 0.5

# Guide difference, averaged over 5x5, that decides which direction's flow is believed; soft, so that noise of
# about 0.01 makes no flicker.
_CHOICE_SOFTNESS = 0.03
_CHOICE_WINDOW_PX = 5


@dataclass(frozen=True)
class Direction:
    """Flow from one guide to the other, as far as it can be trusted.

    Attributes:
        flow: (N, 2, H, W) px.
        log_weight: (N, 1, H, W) <= 0: how well colours agree.
        in_front: (N, 1, H, W), 1 in small things that pass in front of what lies on their way; None where are none.
    """

    flow: Tensor
    log_weight: Tensor
    in_front: Tensor | None = None

    @classmethod
    def between(
        cls, here: Tensor, there: Tensor, flow: Tensor, *, small: bool = True, known: Tensor | None = None
    ) -> Direction:
        """Judges a flow by what it leads to; guides are (N, 3, H, W) in [0, 1].

        ``small``: looks for small things; ``known``: (N, 1, H, W), 1 in what passes in front whatever its size.
        """
        mismatch = (warp(there, flow) - here).abs().mean(1, keepdim=True)
        log_weight = (-_MATCH_SHARPNESS * mismatch).clamp(min=_LOWEST_LOG_WEIGHT)
        found = small_things(here, there, flow) if small else None
        if known is not None and bool(known.any()):
            found = known if found is None else torch.maximum(found, known)
        return cls(flow, log_weight, found)


def project(direction: Direction, t: float | Tensor) -> Tensor:
    """The flow as seen from the frame that lies ``t`` of the way along it, (N, 2, H, W) px, defined everywhere."""
    weight = direction.log_weight.exp()
    if direction.in_front is None:
        return _landed(direction, weight, t)
    behind = _landed(direction, weight * (1.0 - direction.in_front), t)
    payload = torch.cat([direction.flow * direction.in_front, direction.in_front], 1)
    front = splat_sum(payload, direction.flow * t)
    share = front[:, 2:].clamp(max=1.0)
    return torch.lerp(behind, front[:, :2] / front[:, 2:].clamp(min=_HOLE_WEIGHT), (share >= _IN_FRONT).to(share))


def _landed(direction: Direction, weight: Tensor, t: float | Tensor) -> Tensor:
    landed = splat_sum(torch.cat([direction.flow * weight, weight], 1), direction.flow * t)
    return fill_holes(landed[:, :2], landed[:, 2:])


def fill_holes(weighted: Tensor, weight: Tensor) -> Tensor:
    """``weighted / weight`` where there is weight, and the average of ever wider surroundings where there is none.

    Push-pull over a pyramid of averages (Gortler et al., "The Lumigraph", 1996): smooth, no search, no order.

    Args:
        weighted: (N, C, H, W) values times weight.
        weight: (N, 1, H, W) >= 0.
    """
    levels = [(weighted, weight)]
    while max(levels[-1][1].shape[-2:]) > 1:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    tiny = torch.finfo(torch.float32).tiny
    values = levels[-1][0] / levels[-1][1].clamp(min=tiny)
    for fine, fine_weight in reversed(levels[:-1]):
        around = F.interpolate(values, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        trust = (fine_weight / _HOLE_WEIGHT).clamp(max=1.0)
        values = torch.lerp(around, fine / fine_weight.clamp(min=tiny), trust)
    return values


def _halved(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, 2, ceil_mode=True, count_include_pad=False)


def choose(guides: tuple[Tensor, Tensor], candidates: tuple[Tensor, Tensor], t: float | Tensor) -> Tensor:
    """Per pixel, whichever motion (N, 2, H, W) px per unit of time makes both guides agree better at ``t``; soft."""
    costs = [_disagreement(guides, motion, t) for motion in candidates]
    believe_first = torch.sigmoid((costs[1] - costs[0]) / _CHOICE_SOFTNESS)
    return torch.lerp(candidates[1], candidates[0], believe_first)


def _disagreement(guides: tuple[Tensor, Tensor], motion: Tensor, t: float | Tensor) -> Tensor:
    difference = (warp(guides[0], -t * motion) - warp(guides[1], (1.0 - t) * motion)).abs().mean(1, keepdim=True)
    return F.avg_pool2d(difference, _CHOICE_WINDOW_PX, 1, _CHOICE_WINDOW_PX // 2, count_include_pad=False)
