"""Surface normals between two frames: blended as vectors, with their length restored.

The mean of two unit vectors is shorter than 1, so a plain blend darkens every relit surface that turns. A renderer's
own filter, though, makes normals shorter where an edge is soft, and that must stay. So the length of the blend is set
to the blend of the lengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Scalars = npt.NDArray[np.float32]

# Two opposed normals cancel; below this length the direction that is left is rounding error.
_NO_DIRECTION = 1e-4
# Half floats keep normals to 1/1000, and filtered ones are shorter: within this of 1 a length counts as 1.
_UNIT_TOLERANCE = 0.05
# "Most" of the covered pixels.
_MAJORITY = 0.5


@dataclass(frozen=True)
class NormalEncoding:
    """How normals are stored: as they are (signed) or as ``(n + 1) / 2``, and the value where there is no surface."""

    is_unsigned: bool = False
    background: float = 0.0


def detect_encoding(stored: npt.NDArray[Any]) -> NormalEncoding:
    """The encoding of normals ``(H, W, 3)``.

    Unsigned where nothing is negative and most pixels with a surface have length 1 once decoded, and more of them
    than have length 1 as they are. Pixels of value (0, 0, 0) or (0.5, 0.5, 0.5) have no surface. A picture without
    any surface counts as signed.
    """
    values = stored.reshape(-1, 3).astype(np.float32)
    is_zero, is_centre = (values == 0).all(axis=1), (np.abs(values - 0.5) < 1e-3).all(axis=1)
    surface = values[~(is_zero | is_centre)]
    if not len(surface) or not surface.min() >= 0:
        return NormalEncoding()
    decoded, plain = _share_of_units(2 * surface - 1), _share_of_units(surface)
    if decoded <= max(_MAJORITY, plain):
        return NormalEncoding()
    return NormalEncoding(is_unsigned=True, background=0.5 if is_centre.sum() > is_zero.sum() else 0.0)


def _share_of_units(vectors: npt.NDArray[np.float32]) -> float:
    lengths = np.linalg.norm(vectors, axis=1)
    return float(np.mean(np.abs(lengths - 1) < _UNIT_TOLERANCE))


def decode_normals(stored: npt.NDArray[Any], encoding: NormalEncoding, alpha: Scalars | None = None) -> Vectors:
    """Stored normals ``(H, W, 3)`` as float32 vectors; no surface becomes the zero vector.

    ``alpha`` ``(H, W)`` where the stored values are premultiplied: then so are the vectors.
    """
    values = stored.astype(np.float32)
    if not encoding.is_unsigned:
        return values
    centre = np.float32(1) if alpha is None else alpha[..., np.newaxis]
    has_none = (values == encoding.background).all(axis=-1, keepdims=True)
    return np.where(has_none, np.float32(0), 2 * values - centre)


def encode_normals(vectors: Vectors, encoding: NormalEncoding, alpha: Scalars | None = None) -> Vectors:
    """The inverse of ``decode_normals``."""
    if not encoding.is_unsigned:
        return vectors
    centre = np.float32(1) if alpha is None else alpha[..., np.newaxis]
    has_none = (vectors == 0).all(axis=-1, keepdims=True)
    return np.where(has_none, np.float32(encoding.background), (vectors + centre) / 2)


def renormalise(blended: Vectors, length: Scalars, picked: Vectors) -> Vectors:
    """Blended normals with the length they should have.

    Args:
        blended: ``(H, W, 3)`` float32, the weighted blend of decoded vectors.
        length: ``(H, W)`` float32, the blend of the vectors' lengths by the same weights; 0 where there is no surface.
        picked: ``(H, W, 3)`` float32, the vectors of the frame with more weight; taken where the blend has no
            direction (shorter than 1e-4) although there is a surface.
    """
    norm = np.linalg.norm(blended, axis=-1)
    has_direction = norm >= _NO_DIRECTION
    scale = np.divide(length, norm, out=np.zeros_like(norm), where=has_direction)
    return np.where(has_direction[..., np.newaxis], blended * scale[..., np.newaxis], picked).astype(
        np.float32, copy=False
    )


def blend_normals(before: Vectors, after: Vectors, weights: tuple[Scalars, Scalars]) -> Vectors:
    """Two pictures of decoded normals ``(H, W, 3)`` blended by weights ``(H, W)`` that sum to 1 and renormalised."""
    first, second = weights
    blended = before * first[..., np.newaxis] + after * second[..., np.newaxis]
    length = np.linalg.norm(before, axis=-1) * first + np.linalg.norm(after, axis=-1) * second
    picked = np.where((first >= second)[..., np.newaxis], before, after)
    return renormalise(blended, length, picked)
