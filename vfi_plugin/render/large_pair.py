"""A pair of large frames that is looked at: the whole of it by the classic, tiles of it by a network."""

from __future__ import annotations

from functools import cached_property

import torch

from vfi_plugin.image.window import Window
from vfi_plugin.models.dis.model import DisModel, DisPair
from vfi_plugin.models.model import Model
from vfi_plugin.models.times import reached_time
from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.enlarged import EnlargedMotion, LaterMotion
from vfi_plugin.render.alignment import CellMotion, Shifts, aligns, look_factor
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.large_motion import FlowBlocks
from vfi_plugin.render.network_tiles import NetworkTiles, TileSize, offsets_of
from vfi_plugin.render.painted_whole import PaintedWhole


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

    def at(self, t: float) -> ViewMotion:
        """The motion at ``t``, in pieces."""
        window, model = self._guides.window, self._model
        known = model.info.extrapolates or 0.0 <= t <= 1.0
        if not known:
            return FlowBlocks(self._classic.continued(t).with_taps(self._taps), window)
        if isinstance(model, DisModel):
            return FlowBlocks(self._bent(self._classic.enlarged(t), t).with_taps(self._taps), window)
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

    def _bent(self, motion: EnlargedMotion, t: float) -> EnlargedMotion:
        bend = self._bend(t)
        return motion if bend is None else motion.bent(bend)

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
        height, width = self._guides.window.shape
        classic = self._model if isinstance(self._model, DisModel) else DisModel(self._model.device)
        factor = classic.factor(height, width)
        first, second = (self._guides.reduced(which, factor, classic.device) for which in (0, 1))
        return classic.pair.of_reduced((first, second), factor, (height, width))
