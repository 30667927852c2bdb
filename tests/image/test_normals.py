"""Normals blend as directions; their length, their background and their encoding stay what they were."""

from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.image.normals import (
    NormalEncoding,
    blend_normals,
    decode_normals,
    detect_encoding,
    encode_normals,
    renormalise,
)

UNSIGNED = NormalEncoding(is_unsigned=True, background=0.5)


def pixel(*xyz: float) -> np.ndarray:
    return np.array(xyz, np.float32).reshape(1, 1, 3)


def weight(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


def blended(before: np.ndarray, after: np.ndarray, t: float) -> np.ndarray:
    return blend_normals(before, after, (weight(1 - t), weight(t)))[0, 0]


def sphere(size: int) -> np.ndarray:
    """Normals of a ball on a black ground, ``(size, size, 3)``."""
    y, x = np.mgrid[-1.2 : 1.2 : size * 1j, -1.2 : 1.2 : size * 1j]
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    return np.where((z > 0)[..., None], np.stack([x, y, z], axis=-1), 0).astype(np.float32)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.77])
def test_a_turning_surface_keeps_unit_length(t: float) -> None:
    assert np.linalg.norm(blended(pixel(1, 0, 0), pixel(0, 1, 0), t)) == pytest.approx(1, abs=1e-6)


def test_half_way_between_x_and_y_is_their_bisector() -> None:
    np.testing.assert_allclose(blended(pixel(1, 0, 0), pixel(0, 1, 0), 0.5), [0.5**0.5, 0.5**0.5, 0], atol=1e-6)


def test_a_soft_edge_stays_soft() -> None:
    assert np.linalg.norm(blended(pixel(0.4, 0, 0), pixel(0, 0.2, 0), 0.5)) == pytest.approx(0.3, abs=1e-6)


def test_a_surface_that_enters_fades_in() -> None:
    np.testing.assert_allclose(blended(pixel(0, 0, 0), pixel(0, 0, 1), 0.25), [0, 0, 0.25], atol=1e-7)


def test_background_stays_exactly_zero() -> None:
    assert not blended(pixel(0, 0, 0), pixel(0, 0, 0), 0.5).any()


def test_opposed_normals_are_picked_from_the_frame_with_more_weight() -> None:
    assert blended(pixel(0, 0, 1), pixel(0, 0, -1), 0.49995).tolist() == [0, 0, 1]
    assert blended(pixel(0, 0, 1), pixel(0, 0, -1), 0.50001).tolist() == [0, 0, -1]


def test_renormalise_sets_the_length_and_keeps_the_direction() -> None:
    vectors = np.random.default_rng(2).normal(size=(9, 8, 3)).astype(np.float32)
    length = np.random.default_rng(3).random((9, 8), np.float32)
    result = renormalise(vectors, length, vectors)
    np.testing.assert_allclose(np.linalg.norm(result, axis=-1), length, rtol=1e-5)
    np.testing.assert_allclose(np.cross(result, vectors), 0, atol=1e-5)
    assert result.dtype == np.float32


def test_signed_and_unsigned_normals_are_told_apart() -> None:
    ball = sphere(48)
    assert detect_encoding(ball) == NormalEncoding()
    assert detect_encoding((ball + 1) / 2) == UNSIGNED
    on_black = np.where(ball.any(axis=-1, keepdims=True), (ball + 1) / 2, 0)
    assert detect_encoding(on_black) == NormalEncoding(is_unsigned=True, background=0.0)
    assert detect_encoding(on_black.astype(np.float16)) == NormalEncoding(is_unsigned=True, background=0.0)


def test_signed_normals_that_are_all_positive_stay_signed() -> None:
    positive = np.abs(sphere(48))
    assert not detect_encoding(positive).is_unsigned


def test_a_direction_that_fits_both_encodings_counts_as_signed() -> None:
    both = np.array([0.29588, 0.29588, 0.90825], np.float32)  # of length 1, and so is twice it less 1
    assert np.linalg.norm(2 * both - 1) == pytest.approx(np.linalg.norm(both), abs=1e-3) == pytest.approx(1, abs=1e-3)
    assert not detect_encoding(np.tile(both, (6, 6, 1))).is_unsigned


@pytest.mark.parametrize("stored", [np.zeros((4, 4, 3)), np.full((4, 4, 3), 0.5), np.full((4, 4, 3), np.nan)])
def test_a_picture_without_a_surface_counts_as_signed(stored: np.ndarray) -> None:
    assert detect_encoding(stored.astype(np.float32)) == NormalEncoding()


@pytest.mark.parametrize("background", [0.0, 0.5])
def test_encoding_is_undone(background: float) -> None:
    encoding = NormalEncoding(is_unsigned=True, background=background)
    stored = np.where(sphere(32).any(axis=-1, keepdims=True), (sphere(32) + 1) / 2, background).astype(np.float32)
    vectors = decode_normals(stored, encoding)
    np.testing.assert_allclose(vectors, sphere(32), atol=1e-6)
    np.testing.assert_allclose(encode_normals(vectors, encoding), stored, atol=1e-6)


def test_premultiplied_encoded_normals_decode_to_premultiplied_vectors() -> None:
    normal, alpha = pixel(0.6, 0, -0.8), weight(0.25)
    stored = (normal + 1) / 2 * alpha[..., None]
    encoding = NormalEncoding(is_unsigned=True)
    vectors = decode_normals(stored, encoding, alpha)
    np.testing.assert_allclose(vectors, normal * 0.25, atol=1e-6)
    np.testing.assert_allclose(encode_normals(vectors, encoding, alpha), stored, atol=1e-6)
