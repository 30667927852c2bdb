"""A12: a streak of an open shutter, vectors out, and vectors in."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt
import pytest

import vfi_plugin as vfi
from vfi_plugin.errors import InputError, MissingFramesError, UsageError

from .product import read_frames, same_bits, stacked

LAYERS = ("forward.u", "forward.v", "backward.u", "backward.v")
Pixels = npt.NDArray[Any]


def frame_of(folder: Path, number: int, name: str = "o") -> tuple[dict[str, Any], dict[str, Pixels]]:
    return read_frames(folder, name, [number])[number]


def retimed(source: str, folder: Path, **options: Any) -> Path:
    vfi.retime(source, folder / "o.####.exr", **{"speed": 1, "device": "cpu", "cuts": "off", **options})
    return folder


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> tuple[material.Clip, str]:
    clip = material.impulse(count=3)
    return clip, clip.write(tmp_path_factory.mktemp("disc"))


@pytest.fixture(scope="module")
def streak(disc: tuple[material.Clip, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return retimed(disc[1], tmp_path_factory.mktemp("streak"), shutter=0.5, samples=32)


def test_the_streak_is_half_as_long_as_the_motion_and_even(disc: tuple[material.Clip, str], streak: Path) -> None:
    """The default model: no one tells it where the disc goes."""
    clip, _ = disc
    header, channels = frame_of(streak, 1002)
    row = channels["R"][45].astype(np.float64)
    middle = clip.place("disc", 1002)[0]
    # A disc that is swept over 10 px holds half its plateau 10 px apart, whatever its own shape.
    assert edge(row, middle, 1) - edge(row, middle, -1) == pytest.approx(10, abs=1)
    plateau = row[int(middle) - 2 : int(middle) + 3]
    assert plateau.max() / plateau.min() < 1.1
    # 100 for the 4 px of the disc over the 10 px of its way, twice as long as the pause between.
    assert plateau.mean() == pytest.approx(100 * 4 / 10, rel=0.03)
    assert header["vfi/shutter"] == "0.5 frames, from -0.25 to +0.25, 32 samples"
    assert header["vfi/model"] == vfi.default_model()


def edge(row: Pixels, middle: float, way: int) -> float:
    """Where a row falls to half of what it is in the middle, between pixels by a straight line."""
    at, half = int(middle), row[int(middle)] / 2
    while row[at + way] > half:
        at += way
    return at + way * float((row[at] - half) / (row[at] - row[at + way]))


def test_no_light_is_lost_or_won(disc: tuple[material.Clip, str], streak: Path) -> None:
    clip, _ = disc
    for channel in "RGB":
        before = clip.planes(1002)[channel].astype(np.float64).sum()
        assert frame_of(streak, 1002)[1][channel].astype(np.float64).sum() == pytest.approx(before, rel=0.005)


def test_without_a_shutter_frames_are_the_source_bit_for_bit(disc: tuple[material.Clip, str], tmp_path: Path) -> None:
    clip, source = disc
    retimed(source, tmp_path, shutter=0)
    for number in clip.numbers:
        assert same_bits(
            frame_of(tmp_path, number)[1], material.read_exr(Path(source).parent / f"impulse.{number}.exr")[1]
        )


def test_what_an_end_or_a_cut_hides_is_held(disc: tuple[material.Clip, str], streak: Path, tmp_path: Path) -> None:
    """Half of the shutter sees the first frame stand still; beside a cut it is the same."""
    clip, source = disc
    first = clip.planes(1001)["R"]
    row = frame_of(streak, 1001)[1]["R"]
    assert row.max() > 0.5 * first.max()
    assert row.astype(np.float64).sum() == pytest.approx(first.astype(np.float64).sum(), rel=0.005)
    retimed(source, tmp_path, shutter=0.5, cuts="1002")
    assert same_bits(frame_of(tmp_path, 1001)[1], material.read_exr(Path(source).parent / "impulse.1001.exr")[1])
    assert frame_of(tmp_path, 1001)[0]["vfi/model"] == "copy"


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> tuple[material.Clip, str]:
    clip = material.pan(192, 108, count=4)
    return clip, clip.write(tmp_path_factory.mktemp("pan"))


def endpoint_errors(channels: dict[str, Pixels], layer: str, motion: tuple[float, float]) -> Pixels:
    """Distance of a layer from the true motion in px, y up, away from the border that the motion leaves."""
    inner = (slice(16, -16), slice(16, -16))
    u, v = channels[f"{layer}.u"][inner], channels[f"{layer}.v"][inner]
    return np.asarray(np.hypot(u - motion[0], v - motion[1]))


@pytest.mark.parametrize("speed", [1, 0.5], ids=["originals", "half speed"])
def test_vectors_lead_to_the_next_and_the_previous_output_frame(
    moving: tuple[material.Clip, str], tmp_path: Path, speed: float
) -> None:
    clip, source = moving
    retimed(source, tmp_path, speed=speed, vectors=True)
    right, up = speed * clip.velocity[0], -speed * clip.velocity[1]
    for number in (1002, 1003):
        _, channels = frame_of(tmp_path, number)
        assert set(channels) == {"R", "G", "B", *LAYERS}
        assert channels["forward.u"].dtype == np.float32
        assert np.median(endpoint_errors(channels, "forward", (right, up))) < 0.3
        assert np.median(endpoint_errors(channels, "backward", (-right, -up))) < 0.3
    _, ends = frame_of(tmp_path, 1001)
    assert not ends["backward.u"].any()
    assert not ends["backward.v"].any()


def test_originals_keep_their_pixels_beside_vectors(moving: tuple[material.Clip, str], tmp_path: Path) -> None:
    clip, source = moving
    retimed(source, tmp_path, vectors=True)
    for number in clip.numbers:
        made, original = frame_of(tmp_path, number)[1], material.read_exr(Path(source).parent / f"pan.{number}.exr")[1]
        assert same_bits({name: made[name] for name in original}, original)


def test_vectors_given_back_move_as_they_were_found(moving: tuple[material.Clip, str], tmp_path: Path) -> None:
    _, source = moving
    retimed(source, tmp_path / "vectors", vectors_only=True)
    assert set(frame_of(tmp_path / "vectors", 1002)[1]) == set(LAYERS)
    retimed(source, tmp_path / "found", speed=0.5)
    retimed(source, tmp_path / "given", speed=0.5, vectors_from=str(tmp_path / "vectors" / "o.####.exr"))
    for number in (1002, 1004, 1006):
        found, given = (stacked(frame_of(tmp_path / name, number)[1]) for name in ("found", "given"))
        error = float(np.mean((found.astype(np.float64) - given) ** 2))
        assert error == 0 or 10 * math.log10(1 / error) >= 50
    assert frame_of(tmp_path / "given", 1002)[0]["vfi/model"] == "vectors"


def test_vectors_of_the_source_itself_are_followed(tmp_path: Path) -> None:
    """One direction is enough: what moves is where its own vectors say."""
    clip = material.layered(160, 90, count=2)
    source = clip.write(tmp_path / "in")
    retimed(source, tmp_path / "out", speed=0.5, vectors_from=source)
    made = stacked(frame_of(tmp_path / "out", 1002)[1])
    truth = clip.truth(1001.5)
    mixed = (stacked(clip.planes(1001)) + stacked(clip.planes(1002))) / 2
    errors = [float(np.mean((picture - truth) ** 2)) for picture in (made, mixed)]
    assert errors[0] < errors[1] / 2


def test_vectors_that_are_not_there_are_told(moving: tuple[material.Clip, str], tmp_path: Path) -> None:
    _, source = moving
    with pytest.raises(InputError, match=r"no motion vectors in .*; it has B, G, R"):
        retimed(source, tmp_path, speed=0.5, vectors_from=source)
    few = material.layered(192, 108, count=2).write(tmp_path / "few")
    with pytest.raises(MissingFramesError, match="no vectors for frames 1003-1004"):
        retimed(source, tmp_path, speed=0.5, vectors_from=few)
    with pytest.raises(UsageError, match=r"has a channel forward\.u already"):
        retimed(few, tmp_path, vectors=True)
