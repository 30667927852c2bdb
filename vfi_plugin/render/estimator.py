"""From the guides of a pair to a motion at any time, view by view, by the job's model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.window import Window
from vfi_plugin.models.device_limits import hold_to
from vfi_plugin.models.following import as_weights_ask
from vfi_plugin.models.given import GivenPair
from vfi_plugin.models.info import LED_BY
from vfi_plugin.models.model import SMALLEST_SIDE_PX, Model, Pair
from vfi_plugin.models.registry import load_model, resolve_device
from vfi_plugin.models.resizing import averaged
from vfi_plugin.motion.continued import continued, continued_velocity
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.painted import PaintedMotion
from vfi_plugin.render.alignment import CellMotion, aligns, look_factor
from vfi_plugin.render.appetite import SMALLEST_TILE_PX
from vfi_plugin.render.curved_path import Curvature, planes
from vfi_plugin.render.device_copies import on_device
from vfi_plugin.render.given_vectors import GivenFlows
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.large_pair import LargePair, StillPair
from vfi_plugin.render.network_tiles import TileSize
from vfi_plugin.render.painted_colour import PaintedColour
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.source import GuidePair
from vfi_plugin.render.tiling import Tiling


@dataclass(frozen=True)
class GuideColour:
    """How the guides of a pair were made from the clip's colour."""

    transform: GuideTransform
    gain: float

    def painted(self, motion: PaintedMotion) -> PaintedColour:
        """What a network painted, ready to be put in the place of moved colour."""
        guide = motion.painted[0].permute(1, 2, 0).float().cpu().numpy()
        return PaintedColour(guide, self.transform, self.gain)


class ViewPair(Protocol):
    """A pair of one view that has been looked at."""

    def at(self, t: float) -> ViewMotion:
        """Its motion at ``t``; no motion at all where nothing was estimated."""


@dataclass(frozen=True)
class ExposedPair:
    """A pair as an open shutter sees it."""

    pair: ViewPair

    def at(self, t: float) -> ViewMotion:
        """See ``Motion.for_exposure``."""
        return self.pair.at(t).for_exposure()


@dataclass(frozen=True)
class WholePair:
    """A pair whose frames are looked at and made at once."""

    pair: Pair | None
    window: Window
    filter: str
    colour: GuideColour | None = None
    extrapolates: bool = False
    curvature: Curvature | None = None

    def at(self, t: float) -> ViewMotion:
        """Its motion at ``t``; no motion at all where nothing was estimated."""
        if self.pair is None:
            return ViewMotion(FlowMotion.still(torch.zeros(1, 1, *self.window.shape), t), self.window)
        known = self.extrapolates or 0.0 <= t <= 1.0
        motion = self.pair.motion(t) if known else continued(self.pair.middle_flows(), t)
        if any(side < SMALLEST_SIDE_PX for side in self.window.shape):
            cropped = motion if isinstance(motion, PaintedMotion) else motion.flow_form()
            motion = cropped.cropped(*self.window.shape)
        bend = None if self.curvature is None else self.curvature.bend(t, self.window)
        motion = (motion if bend is None else motion.bent(bend)).with_taps(self.filter)
        if isinstance(motion, PaintedMotion) and self.colour is not None:
            return ViewMotion(motion.carried, self.window, self.colour.painted(motion))
        return ViewMotion(motion, self.window)

    def velocity(self, t: float) -> torch.Tensor:
        """How far what is seen at ``t`` moves from the earlier frame to the later, (1, 2, H, W) px, y down.

        Raises:
            UsageError: nothing was estimated.
        """
        if self.pair is None:
            raise UsageError("no motion was looked for, so there are no vectors; use method motion")
        known = 0.0 <= t <= 1.0
        velocity = self.pair.velocity(t) if known else continued_velocity(self.pair.middle_flows(), t)
        height, width = self.window.shape
        velocity = velocity[..., :height, :width]
        if self.curvature is None or not known:
            return velocity
        return velocity + self.curvature.gained(t, self.window).to(velocity.device)


class AlignedPair:
    """A pair that a model is shown aligned; past its ends motion is carried on as of any other."""

    def __init__(self, aligned: LargePair, as_one: Callable[[], WholePair]) -> None:
        self._aligned, self._find = aligned, as_one

    def at(self, t: float) -> ViewMotion:
        """See ``ViewPair.at``."""
        return self._aligned.at(t) if 0.0 <= t <= 1.0 else self._as_one.at(t)

    @cached_property
    def _as_one(self) -> WholePair:
        return self._find()


def load_job_model(job: RetimeJob, device: str | None = None) -> Model | None:
    """The model of a job, ready for work; None where the method uses none. Raises as ``load_model``.

    ``device`` is one of the job's; None for its first.
    """
    options = job.options
    if options.method != "motion" or job.vectors is not None:
        return None
    place = options.devices[0] if device is None else device
    if job.model.follows and options.exposure is not None:  # an open shutter sees what is followed alone
        return load_model(LED_BY, device=place)
    model = load_model(
        job.model.name, weights=options.weights, device=place, precision=options.precision, detail=options.detail
    )
    return as_weights_ask(model)


class Estimator:
    """Looks at the guides of pairs, by the job's model, or by vectors that were given in its place."""

    def __init__(
        self,
        model: Model | None,
        sampling: str,
        transform: GuideTransform,
        tiling: Tiling,
        on_less: Callable[[str], None],
        device: torch.device | None = None,
        *,
        in_pieces: bool = True,
    ) -> None:
        self._model = model
        self._filter = sampling
        self._transform = transform
        self._tiling = tiling
        self._in_pieces = in_pieces
        self._tiles = TileSize(tiling.tile_px or SMALLEST_TILE_PX, on_less)
        self._device = device or (torch.device("cpu") if model is None else model.device)

    @classmethod
    def of(
        cls,
        job: RetimeJob,
        model: Model | None = None,
        on_less: Callable[[str], None] = lambda _: None,
        device: str | None = None,
    ) -> Estimator:
        """With ``model``, which ``load_job_model`` gave for such a job; None: it is loaded where one is needed.

        ``on_less`` is told where memory runs out and tiles become smaller. ``device`` as in ``load_job_model``.
        """
        told = job.options.filter, job.transform, job.tiling, on_less
        if job.vectors is not None:
            made = cls(None, *told, resolve_device(job.options.devices[0] if device is None else device))
        else:
            made = cls(model or load_job_model(job, device), *told, in_pieces=not job.wants_whole_motion)
        hold_to(made._device, None if job.options.memory_gb is None else job.tiling.cap_bytes)
        return made

    def prepare(self, guides: Mapping[str, GuidePair | LargeGuides]) -> dict[str, ViewPair]:
        """Looks at the pair of every view once."""
        return {
            view: self._large(pair) if isinstance(pair, LargeGuides) else self._whole(pair)
            for view, pair in guides.items()
        }

    def _large(self, guides: LargeGuides) -> ViewPair:
        assert self._model is not None  # no guides are made where no model looks at them
        return LargePair(self._model, guides, self._tiles, self._filter)

    def _whole(self, pair: GuidePair) -> ViewPair:
        if self._model is None and self._tiling.is_large(pair.window):
            return StillPair(pair.window)
        aligned = self._aligned(pair)
        return self._as_one(pair) if aligned is None else AlignedPair(aligned, lambda: self._as_one(pair))

    def _as_one(self, pair: GuidePair) -> WholePair:
        colour = GuideColour(self._transform, pair.gain)
        extrapolates = self._model is not None and self._model.info.extrapolates
        return WholePair(self._looked_at(pair), pair.window, self._filter, colour, extrapolates, pair.curvature)

    def _aligned(self, pair: GuidePair) -> LargePair | None:
        """A pair that moves further than the model can follow; None where it can, or motion is wanted as one."""
        model, guides = self._model, None if pair.pieces is None else replace(pair.pieces, curvature=pair.curvature)
        if model is None or guides is None or pair.flows is not None or not (self._in_pieces and aligns(model)):
            return None
        factor = look_factor(pair.window)
        first, second = (averaged(planes(guide), factor) for guide in (pair.before, pair.after))
        cells = CellMotion.found((first, second), factor, pair.window)
        if cells.is_still_for(model):
            return None
        one_tile = 1 << max(pair.window.shape).bit_length()
        return LargePair(model, guides, TileSize(one_tile), self._filter, cells)

    def _looked_at(self, pair: GuidePair) -> Pair | None:
        if pair.flows is not None:
            return self._given(pair, pair.flows)
        if self._model is None:
            return None
        return self._model.prepare(self._tensor(pair.before), self._tensor(pair.after))

    def _given(self, pair: GuidePair, flows: GivenFlows) -> GivenPair:
        forward, backward = (None if flow is None else self._tensor(flow) for flow in (flows.forward, flows.backward))
        return GivenPair((self._tensor(pair.before), self._tensor(pair.after)), forward, backward)

    def _tensor(self, guide: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> torch.Tensor:
        """(H, W, C) as (1, C, H, W) on the device, its edges repeated up to the smallest size that models take."""
        missing = [max(SMALLEST_SIDE_PX - side, 0) for side in guide.shape[:2]]
        if any(missing):
            guide = np.pad(guide, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
        return on_device(planes(guide), self._device)
