"""What a model is, in facts, and the words that options of models have. Nothing here loads torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from vfi_plugin.errors import UsageError

PRECISIONS = ("float32", "float16")
"""What a network's convolutions may compute in."""

DETAILS = (1.0, 0.5, 0.25)
"""Sizes at which motion can be looked for, as parts of the frame's; see ``models.detail``."""

DEVICES_SEPARATOR = ","
"""Between the names of devices that share the work of one job."""

CARRIER, LED_BY = "dis", "disfast"
"""The model whose motion carries what models that paint cannot, and the one whose motion those follow that follow."""

NOT_PUBLISHED = "as a file of weights tells; none were published"
"""Licence and training data of networks whose weights everyone trains for themselves."""


class WeightsFacts(Protocol):
    """What a file of weights tells, whether its tensors were read or not.

    Attributes:
        variant: which architecture of the network they are for.
        parameters: how many numbers were trained.
        sha256: of the file.
        licence, training_data: as the file tells, or None where it does not.
        follows: whether they are for frames that have met.
    """

    @property
    def variant(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> int: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def licence(self) -> str | None: ...  # noqa: D102
    @property
    def training_data(self) -> str | None: ...  # noqa: D102
    @property
    def follows(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class ModelInfo:
    """The facts about a model that callers and users need.

    Attributes:
        name: what it is called by.
        title: its name for humans.
        paper: authors, title, venue.
        year: of publication.
        any_time: whether any ``t`` is predicted directly; otherwise 0.5 only, and other times by recursion.
        extrapolates: whether ``t`` outside [0, 1] makes sense.
        size_multiple: frames are padded to a multiple of this many pixels inside the model.
        reach_px: the largest motion it can follow from one frame to the other, in pixels. None where there is no fixed
            bound.
        parameters: number of trained ones.
        multiply_adds: convolutions' multiply-adds a pixel of the frame, for one frame between a pair, at the published
            width.
        licence: of the weights in use.
        training_data: what these weights were trained on.
        weights_sha256: of the weights file, or None where there are none.
        frames_at_once: where not ``any_time``: how many frames, evenly spaced between a pair, one run of it gives.
        paints: whether it makes pixels in guide space instead of motion; another motion then carries all but colour.
        overlap_px: how much a tile of a large frame has to show around itself: as far as the network sees, measured by
            ``models.field``; see ``docs/large-frames.md``. 0 where frames are not cut up for it.
        finds_flow: whether what it finds is flow and nothing else, so that it can be found on smaller frames.
        follows: whether a retime shows it frames that the fast classic has moved onto each other already, as its
            weights ask; see ``models.following``.
    """

    name: str
    title: str
    paper: str
    year: int
    any_time: bool
    extrapolates: bool
    size_multiple: int
    reach_px: float | None
    parameters: int
    multiply_adds: int
    licence: str
    training_data: str
    weights_sha256: str | None
    frames_at_once: int = 1
    paints: bool = False
    overlap_px: int = 0
    finds_flow: bool = False
    follows: bool = False

    @property
    def makes_any_time(self) -> bool:
        """Whether a retime moves things to any time: what follows the fast classic is moved by it."""
        return self.any_time or self.follows

    @property
    def carrier(self) -> str:
        """The model whose motion carries what this one does not paint."""
        return LED_BY if self.follows else CARRIER

    @property
    def is_tiled(self) -> bool:
        """Whether large frames are cut up for it; a classic, or one that paints a frame as a whole, sees all of it."""
        return self.overlap_px > 0

    @property
    def is_classic(self) -> bool:
        """Whether it looks for motion at a reduced size in large frames, as the classics do."""
        return not self.is_tiled and not self.paints

    def at_detail(self, detail: float | None) -> ModelInfo:
        """The facts where motion is looked for at a part of the frame's size; None: as the model chooses.

        Raises:
            UsageError: the model finds something else than flow, or ``detail`` is not in ``DETAILS``.
        """
        if detail is None:
            return self
        if detail not in DETAILS:
            allowed = ", ".join(f"{each:g}" for each in DETAILS)
            raise UsageError(f"detail {detail!r} is unknown; use one of {allowed}, or leave it out")
        if not self.finds_flow:
            raise UsageError(
                f"{self.name} finds more than flow, which cannot be looked for on smaller frames; leave detail out, or"
                " use a model of flow, such as dis or rife"
            )
        return replace(
            self,
            size_multiple=round(self.size_multiple / detail),
            reach_px=None if self.reach_px is None else self.reach_px / detail,
            overlap_px=round(self.overlap_px / detail),
        )

    def with_weights(self, weights: WeightsFacts) -> ModelInfo:
        """The facts with those that a file of weights tells; what it leaves out stays as it was."""
        return replace(
            self,
            parameters=weights.parameters,
            licence=weights.licence or self.licence,
            training_data=weights.training_data or self.training_data,
            weights_sha256=weights.sha256,
            follows=weights.follows,
        )
