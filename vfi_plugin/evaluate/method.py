"""What is measured side by side: a model, and always the plain ways that it has to beat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.codes import WHITE, Codes
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.model import Model

Frames = npt.NDArray[Any]
"""``(H, W, 3)`` float RGB, 1 is white; not clamped."""

Beside = tuple[Codes, Codes] | None
"""The frames at t = -1 and t = 2, where there are such; a network looks at two frames, a retime at those around too."""

AVERAGE = "average"
CLASSICS = ("dis", "phase")

PHASE_MOST_PIXELS = 1024 * 576
"""Above this ``phase`` is left out unless it is asked for: it takes 9 s a megapixel and frame on one core (``dis``:
1.3), so 4 s for DAVIS's frames, the largest of the older sets, and 19 s for an HD frame."""


class Method(Protocol):
    """Makes frames between two."""

    @property
    def name(self) -> str:
        """As tables call it."""

    @property
    def info(self) -> ModelInfo | None:
        """The facts of a model; None for what is none."""

    def frames(self, before: Codes, after: Codes, times: Sequence[Fraction], beside: Beside = None) -> Iterator[Frames]:
        """The frame at each of ``times``, rising, in (0, 1)."""


class FrameAverage:
    """Both frames mixed by time: what a blend in an editor gives, and the least that a model must beat."""

    name = AVERAGE
    info = None

    def frames(
        self,
        before: Codes,
        after: Codes,
        times: Sequence[Fraction],
        beside: Beside = None,  # noqa: ARG002
    ) -> Iterator[Frames]:
        """``(1 - t) before + t after``; a tie of the rounding that follows goes to the even code."""
        first, second = before.astype(np.float64), after.astype(np.float64)
        for t in times:
            # Whole steps first: in (1 - t) * first + t * second the rounding of t would break ties at random.
            steps = first * (t.denominator - t.numerator) + second * t.numerator
            yield steps / t.denominator / WHITE


class ModelMethod:
    """A model's own frame: what the published network shows, residuals included, from code / 255 and nothing else."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.info.name
        self.info: ModelInfo | None = model.info

    def frames(
        self,
        before: Codes,
        after: Codes,
        times: Sequence[Fraction],
        beside: Beside = None,  # noqa: ARG002
    ) -> Iterator[Frames]:
        """The pair is looked at once, then asked for each time.

        Raises:
            UsageError: frames smaller than models take.
        """
        first, second = self._guide(before), self._guide(after)
        self._model.check(first, second, float(times[0]))
        with torch.inference_mode():
            pair = self._model.prepare(first, second)
        for t in times:
            with torch.inference_mode():  # not around the yield: it would hold for whoever asks for the next frame
                made = pair.motion(float(t)).guide_frame(first, second)[0]
            yield made.permute(1, 2, 0).float().cpu().numpy()

    def _guide(self, codes: Codes) -> torch.Tensor:
        """(1, 3, H, W) float32 in [0, 1]."""
        guide = torch.from_numpy(np.ascontiguousarray(codes.transpose(2, 0, 1))).to(self._model.device)
        return (guide.float() / WHITE)[None]


def classics_asked(text: str, most_pixels: int) -> tuple[str, ...]:
    """Which classics run beside the model.

    Args:
        text: "auto", "none", or names from ``CLASSICS`` with commas between.
        most_pixels: of the largest frame; "auto" leaves ``phase`` out above ``PHASE_MOST_PIXELS``.

    Raises:
        UsageError: another name.
    """
    if text == "none":
        return ()
    if text == "auto":
        return CLASSICS if most_pixels <= PHASE_MOST_PIXELS else ("dis",)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in CLASSICS]:
        raise UsageError(f"got classic {', '.join(unknown)!r}; give auto, none, or some of {','.join(CLASSICS)}")
    return names
