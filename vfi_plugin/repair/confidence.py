"""How far a made frame can be trusted: whether what the earlier and the later frame say of each pixel agrees.

Both guides are moved to the time that is made. Where the motion is right and nothing is hidden they show the same;
where something is hidden in one of them, or the motion found the wrong place, they differ (brightness constancy as a
measure of trust: Niklaus and Liu 2020, "Softmax Splatting", section 3.2). How much is much depends on the picture: a
difference as large as the local contrast means that the two have nothing in common. So over a small window::

    confidence = 1 - mean (a - b)^2 / (var a + var b + C)    held at 0

With a = b it is 1; for two pictures that have nothing to do with each other it is 0 or less. It is the product of the
contrast and structure terms of SSIM (Wang et al. 2004) with the difference of the means taken off, and its constant.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.motion.flow import FlowMotion

Plane = npt.NDArray[np.float32]

_WINDOW_PX = 7
"""Of the local mean: wide enough to hold grain and a texture's period, narrower than what hides things."""

_INVISIBLE = 0.03**2
"""SSIM's C2 for pictures in [0, 1]: a difference of 3 % on a flat area is nothing one would see."""

WORST_SHARE = 0.1
"""Of the pixels, the least trusted, a frame is judged by: it fails at edges that move, which are few; the mean of all
would not notice, and the very least is one pixel's grain."""


def confidence_map(guide_0: Plane, guide_1: Plane, motion: FlowMotion) -> Plane:
    """Confidence of each pixel at the time of ``motion``.

    Args:
        guide_0: (H, W, 3) float32 in [0, 1] of the earlier frame.
        guide_1: the same of the later one, bent by the same gain.
        motion: flows over the same pixels; every motion has this form.

    Returns:
        (H, W) float32 in [0, 1].
    """
    both = [torch.from_numpy(np.ascontiguousarray(guide.transpose(2, 0, 1)))[None] for guide in (guide_0, guide_1)]
    first, second = motion.moved(*(guide.to(motion.device) for guide in both))
    mean_0, mean_1 = _local_mean(first), _local_mean(second)
    variance = _local_mean(first * first) - mean_0**2 + _local_mean(second * second) - mean_1**2
    difference = _local_mean((first - second) ** 2)
    # Means over colours before the quotient: a channel that is flat and equal must not vouch for the others.
    ratio = difference.mean(1) / (variance.clamp(min=0.0).mean(1) + _INVISIBLE)
    confidence: Plane = (1.0 - ratio).clamp(0.0, 1.0)[0].cpu().numpy()
    return confidence


def frame_confidence(confidence: Plane) -> float:
    """Of a whole frame: the mean over the tenth of the pixels (H, W) that are trusted least."""
    count = max(1, round(confidence.size * WORST_SHARE))
    return float(np.partition(confidence, count - 1, axis=None)[:count].mean())


def _local_mean(values: torch.Tensor) -> torch.Tensor:
    """Mean over a square window, (N, C, H, W); beyond the edge there is nothing, and it does not count."""
    return torch.nn.functional.avg_pool2d(
        values, _WINDOW_PX, stride=1, padding=_WINDOW_PX // 2, count_include_pad=False
    )
