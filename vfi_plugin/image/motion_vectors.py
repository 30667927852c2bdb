"""Motion vector channels at another speed: what a renderer wrote for its frame step, told for the new one.

With a source position T(o) at output frame o, the vectors of an output frame belong to the source motion over
T(o+1) - T(o) source frames forwards, and over T(o) - T(o-1) backwards; a source vector holds for one. Motion within
one source frame is taken to be straight and even.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelRole, OptionValue
from vfi_plugin.image.channel_names import flat

Vectors = npt.NDArray[np.float32]


class Direction(str, Enum):
    """Where vectors point.

    ``NEXT`` and ``PREVIOUS`` lead from a pixel to where its content is in that frame. ``BOTH`` is Blender's X Y Z W:
    X Y leads to the previous frame, and Z W is where the pixel is less where it will be, so the next frame is at
    -(Z, W) (measured on renders of Blender 3.4).
    """

    NEXT = "next"
    PREVIOUS = "prev"
    BOTH = "both"


@dataclass(frozen=True)
class Speeds:
    """Source frames for one output frame: 0.5 is half speed, negative plays backwards, 0 stands still.

    ``forward`` is T(o+1) - T(o), ``backward`` is T(o) - T(o-1); they differ while the speed changes.
    """

    forward: float
    backward: float

    @classmethod
    def constant(cls, speed: float) -> Speeds:
        """The same speed before and after the frame."""
        return cls(speed, speed)


@dataclass(frozen=True)
class VectorConvention:
    """What the numbers of a vector layer mean.

    Attributes:
        direction: which frame the vectors lead to.
        units: ``pixels``, ``ndc`` (-1 to 1 across the screen) or ``norm01`` (fractions of a largest motion).
        y: ``up`` or ``down``.
        offset: the value that means no motion: 0, or 0.5 in encodings without negative values.
        is_premultiplied: filtered with the alpha; matters only with an offset.
        is_assumed: no name or override told the direction.
        largest: of ``norm01``: the motion in pixels that is stored as 1; None where nobody said.
        frames: how many frames the motion is for: 1, or the length of the shutter it was measured over.
    """

    direction: Direction = Direction.NEXT
    units: str = "pixels"
    y: str = "up"
    offset: float = 0.0
    is_premultiplied: bool = False
    is_assumed: bool = False
    largest: float | None = None
    frames: float = 1.0


_TO_PREVIOUS = frozenset({"backward", "motionback", "backvector", "backvec"})
_TO_NEXT = frozenset({"forward", "motionfore", "vrayvelocity", "velocity", "vec"})
# RenderMan's raster space counts rows from the top.
_Y_DOWN = frozenset({"motionfore", "motionback"})


def convention_of(role: ChannelRole, suffixes: frozenset[str]) -> VectorConvention:
    """What a vector layer's name tells of its convention; overrides win.

    ``suffixes`` are the last pieces of the layer's channels in lower case: ``vector`` with x y z w is Blender's,
    ``vector`` alone is Fusion's and leads to the next frame.
    """
    name = flat(role.layer.rpartition(".")[2]) or flat(role.suffix).rstrip("xyz")
    is_blender = name == "vector" and {"x", "y", "z", "w"} <= suffixes
    direction = Direction.BOTH if is_blender else Direction.PREVIOUS if name in _TO_PREVIOUS else Direction.NEXT
    is_known = is_blender or name == "vector" or name in _TO_PREVIOUS | _TO_NEXT
    told: Mapping[str, OptionValue] = role.options
    return VectorConvention(
        direction=Direction(told.get("direction", direction)),
        units=str(told.get("units", "pixels")),
        y=str(told.get("y", "down" if name in _Y_DOWN else "up")),
        offset=float(told.get("offset", 0.0)),
        is_premultiplied=bool(told.get("premult", False)),
        is_assumed=not is_known and "direction" not in told,
        largest=float(told["max"]) if "max" in told else None,
        frames=float(told.get("shutter", 1.0)) if told.get("per") == "shutter" else 1.0,
    )


def pixel_scale(convention: VectorConvention, size: tuple[int, int]) -> tuple[float, float]:
    """Pixels a frame, to the right and down, for 1 of x and of y; ``size`` is (height, width) of the picture.

    Raises:
        UsageError: fractions of a largest motion that nobody told.
    """
    height, width = size
    if convention.units == "norm01":
        if convention.largest is None:
            raise UsageError(
                "vectors in fractions of a largest motion mean nothing without it; add it, in pixels, such as max=64"
            )
        across = down = convention.largest / (1.0 - convention.offset)
    else:
        across, down = (width / 2, height / 2) if convention.units == "ndc" else (1.0, 1.0)
    turned = down if convention.y == "down" else -down
    return across / convention.frames, turned / convention.frames


def vectors_to_pixels(
    vectors: Vectors,
    convention: VectorConvention,
    size: tuple[int, int],
    *,
    alpha: npt.NDArray[np.float32] | None = None,
) -> Vectors:
    """Stored vectors as motion over one frame.

    Args:
        vectors: ``(H, W, 2)`` float32, as stored.
        convention: what the numbers mean.
        size: (height, width) of the picture that they are for.
        alpha: ``(H, W)``, of premultiplied vectors.

    Returns:
        ``(H, W, 2)`` float32 pixels, x then y, y down. What is not finite is taken as no motion.
    """
    moved = vectors - _centre(convention, alpha)
    if convention.is_premultiplied and alpha is not None:
        whole = alpha[..., np.newaxis]
        moved = np.divide(moved, whole, out=np.zeros_like(moved), where=whole > 0)
    scaled = moved * np.asarray(pixel_scale(convention, size), np.float32)
    return np.where(np.isfinite(scaled), scaled, np.float32(0)).astype(np.float32)


def rescale_vectors(
    vectors: Vectors,
    speeds: Speeds,
    convention: VectorConvention | None = None,
    *,
    opposite: Vectors | None = None,
    alpha: npt.NDArray[np.float32] | None = None,
) -> Vectors:
    """The vectors of an output frame from those of the source frame they were taken from.

    Works in any units and any direction of y, because a change of speed only scales. Backwards in time the next output
    frame is the previous source frame: vectors are then taken from ``opposite``, and where there are none, the motion
    is taken to have been straight and the sign is turned.

    Args:
        vectors: ``(H, W, C)`` float32, as stored; x y z w in this order for ``Direction.BOTH``.
        speeds: of the output frame.
        convention: what the numbers mean; pixels to the next frame where it is None.
        opposite: ``(H, W, C)``, the layer that leads the other way in time; not for ``Direction.BOTH``.
        alpha: ``(H, W)``, of premultiplied vectors with an offset.

    Raises:
        ValueError: ``Direction.BOTH`` without exactly four channels.
    """
    known = convention or VectorConvention()
    centre = _centre(known, alpha)
    if known.direction is Direction.BOTH:
        return _rescale_both(vectors, speeds, centre)
    speed = speeds.forward if known.direction is Direction.NEXT else speeds.backward
    if speed < 0 and opposite is not None:
        return _scaled(opposite, -speed, centre)
    return _scaled(vectors, speed, centre)


def _centre(convention: VectorConvention, alpha: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    """The stored value of no motion, as an array that stretches over ``(H, W, C)``."""
    offset = np.float32(convention.offset)
    if convention.is_premultiplied and alpha is not None:
        return (offset * alpha[..., np.newaxis]).astype(np.float32)
    return np.asarray(offset)


def _rescale_both(vectors: Vectors, speeds: Speeds, centre: npt.NDArray[np.float32]) -> Vectors:
    if vectors.shape[-1] != 4:
        raise ValueError(f"vectors to both sides have four channels x y z w, got {vectors.shape[-1]}")
    to_previous, from_next = vectors[..., :2], vectors[..., 2:]
    # From X Y = previous - now and Z W = now - next: played backwards each is the other with its sign turned,
    # and a negative speed turns the sign.
    return np.concatenate(
        [
            _scaled(to_previous if speeds.backward >= 0 else from_next, speeds.backward, centre),
            _scaled(from_next if speeds.forward >= 0 else to_previous, speeds.forward, centre),
        ],
        axis=-1,
    )


def _scaled(vectors: Vectors, speed: float, centre: npt.NDArray[np.float32]) -> Vectors:
    if speed == 0:  # not by multiplication: a background of infinity would become NaN
        return np.broadcast_to(centre, vectors.shape).astype(np.float32)
    return (centre + np.float32(speed) * (vectors - centre)).astype(np.float32)
