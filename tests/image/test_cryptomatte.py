"""Cryptomattes keep their IDs bit for bit, and their coverage adds up object by object."""

from __future__ import annotations

import json
import struct
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfi_plugin.image import cryptomatte_merge
from vfi_plugin.image.cryptomatte_header import (
    cryptomatte_headers,
    id_of_name,
    merge_cryptomatte_attributes,
    murmur3_32,
    sidecar_manifests,
)
from vfi_plugin.image.cryptomatte_merge import merge_ranked, pack_ranks, unpack_ranks
from vfi_plugin.image.frame import Attribute

from .channel_headers import cryptomatte

A, B, C = (int(id_of_name(name)) for name in ("apple", "boat", "cat"))
Pixel = list[tuple[int, float]]


def merged(taps: list[Pixel], weights: list[float], ranks: int) -> Pixel:
    """``merge_ranked`` for one pixel."""
    depth = max(1, *(len(tap) for tap in taps))
    padded = [tap + [(0, 0.0)] * (depth - len(tap)) for tap in taps]
    ids = np.array([[bits for bits, _ in tap] for tap in padded], np.uint32)[..., None, None]
    coverage = np.array([[cover for _, cover in tap] for tap in padded], np.float32)[..., None, None]
    bits, cover = merge_ranked(ids, coverage, np.array(weights, np.float32)[:, None, None], ranks)
    return [(int(one), float(amount)) for one, amount in zip(bits[:, 0, 0], cover[:, 0, 0], strict=True)]


def test_two_objects_share_a_pixel_half_and_half() -> None:
    assert sorted(merged([[(A, 1.0)], [(B, 1.0)]], [0.5, 0.5], 2)) == sorted([(A, 0.5), (B, 0.5)])


def test_equal_ids_add_and_the_larger_comes_first() -> None:
    (first, second) = merged([[(A, 0.7), (B, 0.3)], [(B, 0.6), (A, 0.4)]], [0.5, 0.5], 2)
    assert (first[0], second[0]) == (A, B)
    assert (first[1], second[1]) == pytest.approx((0.55, 0.45))


def test_the_empty_id_is_dropped_with_its_coverage() -> None:
    assert merged([[(0, 1.0), (A, 0.5)], [(0x80000000, 1.0)]], [0.5, 0.5], 3) == [(A, 0.25), (0, 0.0), (0, 0.0)]


def test_what_falls_off_the_end_is_not_made_up_for() -> None:
    assert merged([[(A, 0.5), (B, 0.25), (C, 0.25)]], [1.0], 1) == [(A, 0.5)]


def test_equal_coverage_is_ordered_by_bits() -> None:
    assert merged([[(max(A, B), 0.5), (min(A, B), 0.5)]], [1.0], 2) == [(min(A, B), 0.5), (max(A, B), 0.5)]


PIXELS = st.lists(
    st.tuples(st.sampled_from([0, 0x80000000, A, B, C, 7, 0x7FC00001]), st.integers(0, 64).map(lambda n: n / 64)),
    max_size=4,
)


def by_hand(taps: list[Pixel], weights: list[float], ranks: int) -> Pixel:
    """The same filter said with a dictionary, pixel by pixel."""
    total: dict[int, float] = defaultdict(float)
    for tap, weight in zip(taps, weights, strict=True):
        for bits, cover in tap:
            total[bits] += cover * weight
    objects = [(bits, amount) for bits, amount in total.items() if bits not in (0, 0x80000000) and amount > 0]
    ranked = sorted(objects, key=lambda entry: (-entry[1], entry[0]))[:ranks]
    return ranked + [(0, 0.0)] * (ranks - len(ranked))


@given(st.lists(st.tuples(PIXELS, st.sampled_from([0.0, 0.125, 0.25, 0.5])), min_size=2, max_size=5), st.integers(1, 8))
@settings(deadline=None)
def test_a_pixel_is_the_weighted_sum_over_objects(taps: list[tuple[Pixel, float]], ranks: int) -> None:
    # All numbers are small multiples of powers of two, so both forms are exact and may be compared for equality.
    pixels, weights = [tap for tap, _ in taps], [weight for _, weight in taps]
    assert merged(pixels, weights, ranks) == by_hand(pixels, weights, ranks)


def random_lists(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    ids = rng.choice(np.array([0, A, B, C, 9, 10, 11], np.uint32), (3, 4, height, width))
    coverage = rng.random((3, 4, height, width), np.float32)
    weights = rng.dirichlet(np.ones(3), (height, width)).transpose(2, 0, 1).astype(np.float32)
    return ids, coverage, weights


def test_bands_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = random_lists(13, 7)
    whole = merge_ranked(*lists, 4)
    monkeypatch.setattr(cryptomatte_merge, "_BAND_BYTES", 12 * 7 * 56 * 2)
    for banded, together in zip(merge_ranked(*lists, 4), whole, strict=True):
        assert np.array_equal(banded, together)


def test_the_order_of_taps_and_ranks_changes_nothing() -> None:
    ids, coverage, weights = random_lists(6, 5)
    bits, cover = merge_ranked(ids, coverage, weights, 4)
    turned_bits, turned_cover = merge_ranked(ids[::-1, ::-1], coverage[::-1, ::-1], weights[::-1], 4)
    assert np.array_equal(bits, turned_bits)
    np.testing.assert_allclose(cover, turned_cover, rtol=1e-6)


def test_lists_are_sorted_and_their_ids_come_from_the_sources() -> None:
    ids, coverage, weights = random_lists(16, 16)
    bits, cover = merge_ranked(ids, coverage, weights, 6)
    assert all((before >= after).all() for before, after in pairwise(cover))
    assert set(bits.ravel().tolist()) <= set(ids.ravel().tolist()) | {0}
    assert np.array_equal(bits == 0, cover == 0)


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    ids, coverage, weights = random_lists(4, 4)
    with pytest.raises(ValueError, match="do not belong together"):
        merge_ranked(ids, coverage, weights[:2], 4)


def test_every_bit_of_an_id_survives_its_way_through_the_lists() -> None:
    patterns = np.array([[0x7FC00001, 0xFF800000, 0x00000001, A]], np.uint32)  # NaN, -Inf, a denormal, a hash
    planes = [(patterns.view(np.float32), np.ones((1, 4), np.float32)), (np.zeros((1, 4), np.float32),) * 2]
    ids, coverage = unpack_ranks(planes)
    assert np.array_equal(ids[0], patterns)
    packed = pack_ranks(ids, coverage)
    assert packed[0][0].tobytes() == patterns.tobytes()
    assert len(packed) == 2


def test_ids_in_half_are_refused() -> None:
    with pytest.raises(ValueError, match="float16"):
        unpack_ranks([(np.zeros((2, 2), np.float16), np.zeros((2, 2), np.float32))])


# Values of the reference implementation SMHasher and its ports, seed 0 except the last.
@pytest.mark.parametrize(
    ("data", "seed", "expected"),
    [
        (b"", 0, 0),
        (b"", 1, 0x514E28B7),
        (b"hello", 0, 0x248BFA47),
        (b"hello, world", 0, 0x149BBB7F),
        (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
    ],
)
def test_the_hash_is_murmur3(data: bytes, seed: int, expected: int) -> None:
    assert murmur3_32(data, seed) == expected


def test_an_id_is_always_a_normal_float() -> None:
    for number in range(4000):
        (value,) = struct.unpack("<f", struct.pack("<I", int(id_of_name(f"object {number}"))))
        assert np.isfinite(value)
        assert abs(value) >= np.finfo(np.float32).tiny


def header(name: str, key: str = "1234567", **manifest: str) -> dict[str, Attribute]:
    return cryptomatte(name, key, manifest=json.dumps(manifest))


def manifest_of(attributes: dict[str, Attribute]) -> object:
    (found,) = cryptomatte_headers(attributes)
    return found.manifest


def test_the_manifest_of_a_new_frame_names_the_objects_of_both() -> None:
    union = merge_cryptomatte_attributes(header("c", apple="1", boat="2"), header("c", "other12", boat="2", cat="3"))
    assert manifest_of(union) == {"apple": "1", "boat": "2", "cat": "3"}


def test_a_manifest_that_gains_nothing_stays_byte_for_byte() -> None:
    kept = cryptomatte("c", manifest='{ "apple" : "1",  "boat":"2"}')
    assert merge_cryptomatte_attributes(kept, header("c", apple="1")) == kept


@pytest.mark.parametrize("broken", ["", "{", "[1]", '{"a": 1}', "[" * 100_000])
def test_a_broken_manifest_stays_as_it_is(broken: str) -> None:
    kept = cryptomatte("c", manifest=broken)
    assert merge_cryptomatte_attributes(kept, header("c", apple="1")) == kept
    whole = header("c", apple="1")
    assert merge_cryptomatte_attributes(whole, kept) == whole


def test_cryptomattes_of_other_names_do_not_mix() -> None:
    kept = header("c", apple="1")
    assert merge_cryptomatte_attributes(kept, header("d", cat="3")) == kept


def test_names_survive_quotes_and_letters_of_any_alphabet() -> None:
    union = merge_cryptomatte_attributes(header("c", apple="1"), header("c", **{'"quoted" \\ дом': "2"}))
    assert manifest_of(union) == {"apple": "1", '"quoted" \\ дом': "2"}


def test_a_sidecar_stays_named() -> None:
    kept = {**cryptomatte("c", manif_file="c.json"), **cryptomatte("d", "7654321")}
    assert sidecar_manifests(merge_cryptomatte_attributes(kept, header("c", apple="1"))) == ("c.json",)
