"""Small pictures made without a large float one are those that the long way gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vfi_plugin.image.window import Window
from vfi_plugin.media.movie_clip import MovieClip
from vfi_plugin.media.movie_shrunk import block_means, cut_rgb, shrunk_rgb

from .made_clip import MadeClip, backdrop, looker


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint32])
@pytest.mark.parametrize("factor", [1, 3, 4])
def test_block_means_are_means(dtype: type, factor: int) -> None:
    plane = (np.random.default_rng(1).random((25, 38)) * 1000 - 200 * (dtype is not np.uint32)).astype(dtype)
    height, width = 25 // factor, 38 // factor
    blocks = plane[: height * factor, : width * factor].astype(np.float64)
    expected = blocks.reshape(height, factor, width, factor).mean(axis=(1, 3))
    np.testing.assert_allclose(block_means(plane, factor), expected, rtol=1e-5, atol=1e-3)


def test_a_part_of_a_plane_of_halfs_has_the_means_of_that_part() -> None:
    plane = np.random.default_rng(2).random((40, 61)).astype(np.float16)
    part = plane[3:37, 5:50]
    np.testing.assert_array_equal(block_means(part, 4), block_means(part.copy(), 4))


def test_small_halfs_and_large_ones_come_through_exactly() -> None:
    halfs = np.arange(0x7C00, dtype=np.uint16).view(np.float16).reshape(-1, 32)
    np.testing.assert_array_equal(block_means(halfs, 1), halfs.astype(np.float32))


@pytest.mark.parametrize("place", [(0, 0), (95, 159), (40, 80)])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_one_bad_value_anywhere_is_counted(place: tuple[int, int], value: float) -> None:
    picture = np.tile(backdrop(1, 97, 160), (6, 5, 1))[:577, :799]  # neither side is a multiple of the factor of 2
    spoilt = picture.copy()
    spoilt[place[0] * 6, place[1] * 5] = value
    assert looker(MadeClip(lambda _: picture, 1)).look(1001).non_finite == 0
    look = looker(MadeClip(lambda _: spoilt, 1)).look(1001)
    assert look.non_finite == 3
    assert np.isfinite(look.rgb).all()


def test_the_digest_tells_the_last_bit() -> None:
    picture = backdrop(1).astype(np.float16)
    other = picture.copy()
    other.view(np.uint16)[50, 60, 1] ^= 1
    digests = [looker(MadeClip(lambda _, p=p: p, 1)).look(1001).digest for p in (picture, picture.copy(), other)]  # type: ignore[misc]
    assert digests[0] == digests[1] != digests[2]


def test_a_movie_seen_small_is_the_movie_read_and_averaged(tmp_path: Path) -> None:
    import av

    tinted = backdrop(3, 96, 160)[..., :1] * np.array([1.0, 0.9, 0.8])  # movies hold fine shapes in luma alone
    picture = np.rint(tinted * 255).astype(np.uint8)
    with av.open(str(tmp_path / "a.mp4"), "w") as file:
        stream = file.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *stream.encode(None)]:
            file.mux(packet)
    with MovieClip(tmp_path / "a.mp4") as clip:
        planes = clip.read(1).parts[0].planes
        full = np.stack([planes[name] for name in "RGB"], axis=-1)
        decoded = clip.decoded(1)  # type: ignore[attr-defined]
        for factor in (2, 3, 4):
            height, width = 96 // factor, 160 // factor
            blocks = full[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
            # Chroma is half as fine, so that its filters may differ by some codes at edges.
            difference = np.abs(shrunk_rgb(decoded, factor) - blocks.mean(axis=(1, 3)))
            assert difference.mean() < 0.004
            assert difference.max() < 0.04
        window = Window(30, 21, 40, 32)
        assert np.abs(cut_rgb(decoded, window) - full[21:53, 30:70]).mean() < 0.006
