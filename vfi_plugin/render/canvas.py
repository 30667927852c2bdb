"""A frame put together from pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.channel_class import Treatment
from vfi_plugin.image.frame import Frame, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.render.compose import framed, made_planes, part_window
from vfi_plugin.render.group_work import Moment, ViewMotion
from vfi_plugin.render.large_motion import LargeMotion, is_out_of_memory
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.pieces import Piece

_BLENDED = (Treatment.BLEND, Treatment.BLEND_PREMULTIPLIED)


def composed(pair: tuple[Frame, Frame], motions: Mapping[str, ViewMotion], layout: Layout, moment: Moment) -> Frame:
    """As ``compose`` gives it, views of a ``LargeMotion`` piece by piece: in memory are sources, result and one piece.

    Colour and what is blended like it fades from a piece into the next one; what is picked, and ranked lists, are
    those of the piece whose core a pixel is in.
    """
    canvas = _Canvas(pair, layout)
    for view, moved in motions.items():
        canvas.draw(view, moved, moment)
    return framed(pair, layout, moment, lambda place, _: canvas.planes[place])


def pieces_of(moved: ViewMotion) -> Iterator[Piece]:
    """The pieces that a motion comes in: one where it is for a whole frame."""
    return moved.pieces() if isinstance(moved, LargeMotion) else iter([Piece.alone(moved.window, moved)])


class _Canvas:
    """The planes of a frame that is made, by their places in the layout."""

    def __init__(self, pair: tuple[Frame, Frame], layout: Layout) -> None:
        self._pair, self._layout = pair, layout
        self.planes: dict[int, Plane] = {}
        self._windows: dict[int, Window] = {}

    def draw(self, view: str, moved: ViewMotion, moment: Moment) -> None:
        """Makes all pieces of a view, in order; where memory runs out, once more in smaller ones."""
        try:
            self._draw(view, pieces_of(moved), moment)
        except (MemoryError, RuntimeError) as error:
            if not (isinstance(moved, LargeMotion) and is_out_of_memory(error) and moved.takes_less()):
                raise
            error.__traceback__ = None  # its frames hold what there was no more room beside
        else:
            return
        self.draw(view, moved, moment)

    def _draw(self, view: str, pieces: Iterator[Piece], moment: Moment) -> None:
        for piece in pieces:
            made = made_planes(self._pair, piece.moved, self._layout, view, moment)
            for place, plane in made.items():
                self._put(place, plane, piece)

    def _put(self, place: int, plane: Plane, piece: Piece) -> None:
        """``plane`` is over the window of the piece's motion."""
        onto, window = self._plane(place, plane)
        fade = piece.fade if self._blends(place, plane) else None
        shown = (piece.core if fade is None else piece.target).intersection(window)
        if not shown.width or not shown.height:
            return
        fresh = plane[shown.slices_in(piece.moved.window)]
        there = onto[shown.slices_in(window)]
        there[...] = fresh if fade is None else _faded(there, fresh, fade.share(shown))

    def _blends(self, place: int, plane: Plane) -> bool:
        return self._layout.roles[place].treatment in _BLENDED and plane.dtype.kind == "f"

    def _plane(self, place: int, like: Plane) -> tuple[Plane, Window]:
        if place not in self.planes:
            window = part_window(self._pair, self._layout.roles[place].part)
            self.planes[place], self._windows[place] = np.zeros(window.shape, like.dtype), window
        return self.planes[place], self._windows[place]


def _faded(there: Plane, fresh: Plane, share: npt.NDArray[np.float32]) -> Plane:
    """Where the share is 1 nothing of what was there is left, not even Inf or NaN."""
    before, after = (plane.astype(np.float32, copy=False) for plane in (there, fresh))
    with np.errstate(invalid="ignore"):  # Inf on both sides
        mixed = before + share * (after - before)
    kept: Plane = np.where(share >= 1.0, after, mixed).astype(there.dtype)
    return kept
