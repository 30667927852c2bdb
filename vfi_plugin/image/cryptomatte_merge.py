"""Cryptomattes as numbers: ranked lists of (ID, coverage) in each pixel, taken apart, merged and put back.

Cryptomatte specification 1.2.0: layer ``<name>00`` holds rank 0 in red (ID) and green (coverage), rank 1 in blue and
alpha, layer ``<name>01`` ranks 2 and 3, and so on. An ID is 32 bits of a hash that travel as a float; any arithmetic on
it names another object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint32]
Coverage = npt.NDArray[np.float32]

# Rows are taken in bands whose sorted lists and their indices stay within this.
_BAND_BYTES = 64 << 20
# ID, mass as a double, and two arrays of indices, each with a copy while it is sorted.
_BYTES_AN_ENTRY = 2 * (4 + 8 + 8 + 8)


def unpack_ranks(planes: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]]) -> tuple[Bits, Coverage]:
    """(ID, coverage) planes of each rank, ``(H, W)`` float32, as ``(R, H, W)`` bit patterns and ``(R, H, W)`` float32.

    Raises ``ValueError`` on IDs of another type: in half floats their bits are lost already.
    """
    for bits, _ in planes:
        if bits.dtype != np.float32:
            raise ValueError(f"cryptomatte IDs are float32, got {bits.dtype}: pick them whole instead")
    ids = np.stack([np.ascontiguousarray(bits).view(np.uint32) for bits, _ in planes])
    return ids, np.stack([coverage for _, coverage in planes]).astype(np.float32, copy=False)


def pack_ranks(ids: Bits, coverage: Coverage) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """The inverse of ``unpack_ranks``: (ID, coverage) planes, float32, with every bit of the IDs kept."""
    return [(rank.view(np.float32), amount) for rank, amount in zip(ids, coverage, strict=True)]


def merge_ranked(ids: Bits, coverage: Coverage, weights: npt.NDArray[np.float32], ranks: int) -> tuple[Bits, Coverage]:
    """Merges the lists of several taps into one list a pixel.

    Coverage is linear in light, object by object, so a filter may be applied to it object by object: every entry counts
    its coverage times its tap's weight, entries with equal ID bits add, the empty ID (0 and -0) is dropped, and the
    largest ``ranks`` remain, largest first, equal ones by rising ID bits. Nothing is renormalised: what is missing to 1
    was cut off or empty. Sums are made in double precision and rounded once.

    Args:
        ids: ``(S, R, H, W)`` uint32, the bits of the IDs; S taps, R ranks.
        coverage: ``(S, R, H, W)`` float32, in [0, 1].
        weights: ``(S, H, W)`` float32; those of the taps that made the alpha of the same pixel.
        ranks: length of the lists to return.

    Returns:
        ``(ranks, H, W)`` uint32 and ``(ranks, H, W)`` float32; places beyond a list's end are 0 in both.
    """
    taps, depth, height, width = ids.shape
    if coverage.shape != ids.shape or weights.shape != (taps, height, width):
        raise ValueError(
            f"ids {ids.shape}, coverage {coverage.shape} and weights {weights.shape} do not belong together"
        )
    merged_ids = np.zeros((ranks, height, width), np.uint32)
    merged_coverage = np.zeros((ranks, height, width), np.float32)
    rows = max(1, _BAND_BYTES // max(1, taps * depth * width * _BYTES_AN_ENTRY))
    for top in range(0, height, rows):
        band = slice(top, top + rows)
        mass = coverage[:, :, band].astype(np.float64) * weights[:, np.newaxis, band]
        entries = (taps * depth, *mass.shape[2:])
        kept, amount = _merge_entries(ids[:, :, band].reshape(entries), mass.reshape(entries), ranks)
        merged_ids[: len(kept), band], merged_coverage[: len(kept), band] = kept, amount
    return merged_ids, merged_coverage


def _merge_entries(ids: Bits, mass: npt.NDArray[np.float64], ranks: int) -> tuple[Bits, npt.NDArray[np.float64]]:
    """One list of ``(K, H, W)`` entries a pixel -> the ``min(K, ranks)`` heaviest objects of each."""
    by_id = np.argsort(ids, axis=0, kind="stable")
    ids, mass = np.take_along_axis(ids, by_id, axis=0), np.take_along_axis(mass, by_id, axis=0)
    for entry in range(1, len(ids)):  # equal IDs now lie side by side: each hands its mass on to the next
        is_same = ids[entry] == ids[entry - 1]
        mass[entry] += np.where(is_same, mass[entry - 1], 0)
        mass[entry - 1][is_same] = 0
    is_object = (ids & 0x7FFFFFFF != 0) & (mass > 0)
    ids, mass = np.where(is_object, ids, 0), np.where(is_object, mass, 0)
    by_mass = np.lexsort((ids, -mass), axis=0)[:ranks]
    return np.take_along_axis(ids, by_mass, axis=0), np.take_along_axis(mass, by_mass, axis=0)
