"""A pair of large frames that is looked at: the whole of it by the classic, tiles of it by a network."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar, cast

import torch

from vfi_plugin.image.window import Window
from vfi_plugin.models.dis.model import DisModel, DisPair
from vfi_plugin.models.disfast.model import FastModel
from vfi_plugin.models.following import FollowingModel
from vfi_plugin.models.fused.model import FusedModel, FusedPair
from vfi_plugin.models.model import SMALLEST_SIDE_PX, Model
from vfi_plugin.models.times import reached_time
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.enlarged import LaterMotion
from vfi_plugin.motion.motion import Motion
from vfi_plugin.render.alignment import CellMotion, Shifts, aligns, look_factor
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.large_motion import FlowBlocks
from vfi_plugin.render.met_frames import FollowedTiles, FollowedWhole
from vfi_plugin.render.mixed_blocks import MixedBlocks
from vfi_plugin.render.network_tiles import NetworkTiles, TileSize, offsets_of
from vfi_plugin.render.painted_whole import PaintedWhole

_Kind = TypeVar("_Kind", bound=Motion)


class StillPair:
    """A pair that nothing looks at, whose frames are mixed in pieces."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def at(self, t: float) -> ViewMotion:
        """No motion."""
        return FlowBlocks.still(self._window, t)


class LargePair:
    """Motion comes first, over the whole frame at a reduced size: what moves further than a tile is then known.

    Args:
        model: looks at it, or at tiles of it.
        guides: of the pair.
        tiles: how large they may be.
        taps: how flows sample the payload.
        cells: their motion, of whom has looked at the frame already: it is no large one then. None: it is looked at.
    """

    def __init__(
        self, model: Model, guides: LargeGuides, tiles: TileSize, taps: str, cells: CellMotion | None = None
    ) -> None:
        self._model, self._guides, self._tiles, self._taps = model, guides, tiles, taps
        self._given = cells
        self._mixed: FusedPair | None = None

    def at(self, t: float) -> ViewMotion:
        """The motion at ``t``, in pieces."""
        window, model = self._guides.window, self._model
        known = model.info.extrapolates or 0.0 <= t <= 1.0
        if not known:
            classic = self._fused(model) if isinstance(model, FusedModel) else self._classic
            return FlowBlocks(classic.continued(t).with_taps(self._taps), window)
        if isinstance(model, DisModel):
            return FlowBlocks(self._bent(self._classic.enlarged(t), t).with_taps(self._taps), window)
        if isinstance(model, FusedModel):
            return MixedBlocks(self._bent(self._fused(model).motion(t), t).with_taps(self._taps), window)
        return self._following(model, t) if isinstance(model, FollowingModel) else self._by_network(t)

    def _by_network(self, t: float) -> ViewMotion:
        window, model = self._guides.window, self._model
        made = t if model.info.any_time else float(reached_time(t, model.info.frames_at_once))
        # Painted colour and kernels go straight, and all that goes with them by the classic's motion does so too.
        motion = LaterMotion(lambda: self._classic.enlarged(made).with_taps(self._taps), model.device)
        shifts = self._cells.shifts(model, made) if aligns(model) else Shifts.none(window)
        if not model.info.is_tiled:
            offsets, _ = offsets_of(shifts.of(window), made)
            is_large = self._given is None
            return PaintedWhole(
                motion, window, model=model, guides=self._guides, t=made, offsets=offsets, is_large=is_large
            )
        return NetworkTiles(
            motion,
            window,
            model=model,
            guides=self._guides,
            t=made,
            size=self._tiles,
            shifts=shifts,
            taps=self._taps,
            bend=self._bend(made),
        )

    def _following(self, model: FollowingModel, t: float) -> ViewMotion:
        guides, info = self._guides, model.info
        straight = self._classic.enlarged(t)
        flows = (straight if info.paints else self._bent(straight, t)).with_taps(self._taps)
        if t in (0.0, 1.0) or min(guides.window.shape) < SMALLEST_SIDE_PX:
            return FlowBlocks(flows, guides.window)
        if not info.is_tiled:
            return FollowedWhole(flows, guides.window, model=model.network, guides=guides, t=t)
        shifts = Shifts.none(guides.window)
        return FollowedTiles(
            flows,
            guides.window,
            model=model.network,
            guides=guides,
            t=t,
            size=self._tiles,
            shifts=shifts,
            taps=self._taps,
        )

    def _bent(self, motion: _Kind, t: float) -> _Kind:
        bend = self._bend(t)
        return motion if bend is None else cast(_Kind, motion.bent(bend))

    def _bend(self, t: float) -> Bend | None:
        curvature = self._guides.curvature
        return None if curvature is None else curvature.bend(t, self._guides.window)

    @cached_property
    def _cells(self) -> CellMotion:
        if self._given is not None:
            return self._given
        window, cpu = self._guides.window, torch.device("cpu")
        factor = look_factor(window)
        first, second = (self._guides.reduced(which, factor, cpu) for which in (0, 1))
        return CellMotion.found((first, second), factor, window)

    @cached_property
    def _classic(self) -> DisPair:
        kind = FastModel if isinstance(self._model, FollowingModel) else DisModel
        classic = self._model if isinstance(self._model, DisModel) else kind(self._model.device)
        factor = classic.factor(*self._guides.window.shape)
        return classic.pair.of_reduced(self._reduced(factor), factor, self._guides.window.shape)

    def _fused(self, model: FusedModel) -> FusedPair:
        if self._mixed is None:
            factor = model.factor(*self._guides.window.shape)
            lights = [self._guides.peaks(which, factor, model.device) for which in (0, 1)]
            size = self._guides.window.shape
            self._mixed = model.of_reduced(self._reduced(factor), (lights[0], lights[1]), factor, size)
        return self._mixed

    def _reduced(self, factor: int) -> tuple[torch.Tensor, torch.Tensor]:
        first, second = (self._guides.reduced(which, factor, self._model.device) for which in (0, 1))
        return first, second
