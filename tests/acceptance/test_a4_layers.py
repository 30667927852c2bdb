"""A4: a layered render, every channel treated as what it is, and all of them agreeing with each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import material
import numpy as np
import pytest

import vfi_plugin

from .product import Pixels, read_frames, same_bits

BAND_PX = 2
Frame = tuple[dict[str, Any], dict[str, Pixels]]
CRYPTO_IDS = ("crypto00.red", "crypto00.blue")


@dataclass(frozen=True)
class Layered:
    """A clip and two retimes of it: output number -> frame."""

    clip: material.Clip
    sources: dict[int, Frame]
    half: dict[int, Frame]
    quarter: dict[int, Frame]

    def between(self) -> list[tuple[float, float, dict[str, Pixels]]]:
        """``(speed, position, channels)`` of all in-betweens."""
        speeds = ((0.5, self.half), (0.25, self.quarter))
        frames = [(speed, 1001 + (n - 1001) * speed, frame[1]) for speed, run in speeds for n, frame in run.items()]
        return [frame for frame in frames if frame[1] % 1]


def retimed(pattern: str, target: Path, speed: float) -> dict[int, Frame]:
    report = vfi_plugin.retime(pattern, target / "slow.####.exr", speed=speed, channels="all")
    return read_frames(target, "slow", report.written)


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Layered:
    folder = tmp_path_factory.mktemp("a4")
    clip = material.layered(count=3)
    pattern = clip.write(folder / "in")
    sources = read_frames(folder / "in", clip.name, clip.numbers)
    return Layered(clip, sources, retimed(pattern, folder / "half", 0.5), retimed(pattern, folder / "quarter", 0.25))


def test_channels_keep_their_names_order_and_types(layers: Layered) -> None:
    names = [channel.name for channel in layers.sources[1001][0]["channels"]]
    types = {name: plane.dtype for name, plane in layers.sources[1001][1].items()}
    assert len(names) == 15
    for header, channels in (*layers.half.values(), *layers.quarter.values()):
        assert [channel.name for channel in header["channels"]] == names
        assert {name: plane.dtype for name, plane in channels.items()} == types


def test_source_frames_come_through_with_every_layer_untouched(layers: Layered) -> None:
    for number, (_, channels) in layers.sources.items():
        assert same_bits(layers.half[1001 + 2 * (number - 1001)][1], channels)
        assert same_bits(layers.quarter[1001 + 4 * (number - 1001)][1], channels)


def test_ids_and_hashes_are_values_of_the_input(layers: Layered) -> None:
    for name in ("id.r", *CRYPTO_IDS):
        known = {value for _, planes in layers.sources.values() for value in np.unique(planes[name].view(np.uint32))}
        for _, position, channels in layers.between():
            assert set(np.unique(channels[name].view(np.uint32))) <= known | {0}, (name, position)


def test_depth_has_nothing_between_the_objects(layers: Layered) -> None:
    for _, position, channels in layers.between():
        assert set(np.unique(channels["depth.Z"])) <= set(np.float32(list(material.DEPTHS.values()))), position


def test_ids_depth_and_vectors_of_a_pixel_tell_of_the_same_object(layers: Layered) -> None:
    for speed, position, channels in layers.between():
        for name, number in material.OBJECTS.items():
            here = channels["id.r"] == number
            assert (channels["depth.Z"][here] == material.DEPTHS[name]).all(), position
            u, v = material.OBJECT_VELOCITIES[name]
            for channel, whole in (("forward.u", u), ("forward.v", -v)):
                wanted = whole * speed
                assert np.abs(channels[channel][here].astype(np.float32) - wanted).max() <= 0.05 * abs(wanted), (
                    channel,
                    position,
                )


def test_objects_are_where_they_would_have_been_rendered(layers: Layered) -> None:
    """Off the true edges by more than a band, ids are those of the truth, save where nobody could know."""
    for _, position, channels in layers.between():
        truth = layers.clip.planes(position)["id.r"]
        right = channels["id.r"] == truth
        far = ~near_an_edge(truth)
        share = 1 - right[far].mean()
        print(f"A4 position {position}: {share:.4%} of the pixels off the edges have another object's id")
        assert share < 0.005, position


def near_an_edge(ids: Pixels) -> Pixels:
    square = np.ones((2 * BAND_PX + 1, 2 * BAND_PX + 1), np.uint8)
    plane = ids.astype(np.float32)
    return cv2.dilate(plane, square) != cv2.erode(plane, square)


def test_normals_keep_unit_length(layers: Layered) -> None:
    for _, position, channels in layers.between():
        length = np.sqrt(sum(channels[f"N.{axis}"].astype(np.float64) ** 2 for axis in "XYZ"))
        assert np.abs(length - 1).max() < 0.01, position


def test_cryptomatte_coverage_is_ranked_and_whole_but_for_a_third_object(layers: Layered) -> None:
    for _, position, channels in layers.between():
        first, second = channels["crypto00.green"], channels["crypto00.alpha"]
        assert (first >= second).all(), position
        assert second.min() >= 0
        assert (first + second).max() < 1.001, position
        # Two ranks hold two objects; where three meet, the least is cut off, as the specification says.
        assert ((first + second) < 0.99).mean() < 0.005, position
        assert (channels["crypto00.red"][first > 0] != channels["crypto00.blue"][first > 0]).all(), position


def test_the_cryptomatte_in_front_is_the_object_of_the_pixel(layers: Layered) -> None:
    for _, position, channels in layers.between():
        inside = channels["crypto00.green"] > 0.99
        for name, number in material.OBJECTS.items():
            mine = inside & (channels["crypto00.red"].view(np.uint32) == material.crypto_id(name).view(np.uint32))
            assert (channels["id.r"][mine] == number).mean() > 0.995, (name, position)


def test_the_manifest_is_kept(layers: Layered) -> None:
    wanted = {name: value for name, value in layers.sources[1001][0].items() if name.startswith("cryptomatte/")}
    assert len(wanted) == 4
    for header, _ in layers.half.values():
        assert {name: value for name, value in header.items() if name.startswith("cryptomatte/")} == wanted
