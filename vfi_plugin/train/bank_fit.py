"""A bank that fits its footage: as large and as long as frames and clips allow, and what it has to leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.footage import Footage

Tell = Callable[[str], None]
"""Says a line that whoever trains should know."""


def unheard(_: str) -> None:
    """For who does not listen."""


_MOST_MEASURED = 256
"""Footage whose frames are measured beforehand. Sets of 50,000 clips have frames of one size, and opening them all
would take as long as decoding what is chosen from them."""

_MOST_LISTED = 5
"""Clips that a note names; of the others it says how many they are."""

_ENOUGH = 0.5
"""Share of all frames that must lie in clips as long as a window, or windows are made shorter."""


@dataclass(frozen=True)
class Fit:
    """What a bank is made of in the end.

    Attributes:
        recipe: with the side and the frames that were found to fit.
        lengths: frames of each footage; 0 for what is left out.
        left_out: why, a phrase for each.
    """

    recipe: BankRecipe
    lengths: npt.NDArray[np.float64]
    left_out: list[str]


def fitted(footage: Sequence[Footage], recipe: BankRecipe) -> Fit:
    """Finds what of a recipe the footage allows.

    Raises:
        InputError: footage that is not there or damaged.
    """
    sampled = set(np.linspace(0, len(footage) - 1, min(len(footage), _MOST_MEASURED)).astype(int).tolist())
    measured = [_measured(take, sized=place in sampled) for place, take in enumerate(footage)]
    lengths = np.array([length for length, _ in measured], np.float64)
    frames = _frames(lengths, recipe)
    sides = [min(size) // recipe.shrink for _, size in measured if size is not None]
    side = min([recipe.side, *(side for side in sides if side >= recipe.smallest)])
    left_out = []
    for place, (length, size) in enumerate(measured):
        reason = ""
        if length < frames:
            reason = f"{footage[place].name} has {length} frames, a window takes {frames}"
        elif size is not None and min(size) // recipe.shrink < side:
            reason = too_small(footage[place], (size[0] // recipe.shrink, size[1] // recipe.shrink), side)
        if reason:
            lengths[place] = 0.0
            left_out.append(reason)
    return Fit(replace(recipe, side=side, frames=frames), lengths, left_out)


def too_small(take: Footage, size: tuple[int, int], side: int) -> str:
    """Says that frames (width, height in px) hold no crop."""
    return f"{take.name} has frames of {size[0]}x{size[1]} px, a crop is {side} px wide"


def say(left_out: Sequence[str], of: int, tell: Tell) -> None:
    """Tells in one note what was left out.

    Raises:
        InputError: nothing is left.
    """
    if not left_out:
        return
    more = len(left_out) - _MOST_LISTED
    listed = "; ".join(left_out[:_MOST_LISTED]) + (f"; and {more} more" if more > 0 else "")
    if len(left_out) == of:
        raise InputError(f"no clip can be used: {listed}; give others, a smaller --crop or a smaller --frame-step")
    tell(f"{len(left_out)} of {of} clips are left out: {listed}")


def _frames(lengths: npt.NDArray[np.float64], recipe: BankRecipe) -> int:
    """The longest windows for which most of the footage is long enough."""
    for frames in range(recipe.frames, recipe.fewest, -1):
        if lengths[lengths >= frames].sum() >= _ENOUGH * lengths.sum():
            return frames
    return recipe.fewest


def _measured(take: Footage, *, sized: bool) -> tuple[int, tuple[int, int] | None]:
    """How many frames it has, and their width and height where they are wanted."""
    if take.files and not sized:
        return -(-len(take.files) // take.step), None
    with take.opened() as reel:
        return len(reel), reel.size if sized else None
