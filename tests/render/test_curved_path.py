"""The way between two frames, told by the frames around them: analytic motion, and what must leave it straight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np
import pytest
import torch
from large_pans import WHOLE, guide_of, in_pieces

import vfi_plugin as vfi
from vfi_plugin.image.guide_curve import encode
from vfi_plugin.image.window import Window
from vfi_plugin.render.curved_path import curvature
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.render.way import Way

SIZE = (320, 192)
FIRST = 1001
SPEEDING_UP = 0.12
"""Half of the acceleration, in steps of the pan a frame a frame: 0.72 px of 6 px right."""


def speeding_up(elapsed: float) -> float:
    """How many frames of the even pan have passed."""
    return elapsed + SPEEDING_UP * elapsed * elapsed


def clip(passed: Callable[[float], float], count: int = 6) -> material.Clip:
    even = material.pan(*SIZE, count=count)
    return replace(even, picture=lambda position: even.picture(FIRST + passed(position - FIRST)))


def psnr(folder: Path, shown: material.Clip, position: Fraction, number: int) -> float:
    """Of a frame against the clip at a position, in units of the guide, 24 px from the edges."""
    _, planes = material.read_exr(folder / f"x.{number}.exr")
    made = encode(np.stack([planes[name].astype(np.float32) for name in "RGB"], axis=-1))
    error = (made - encode(shown.truth(position)))[24:-24, 24:-24]
    return float(-10 * np.log10(np.square(error).mean()))


def rendered(source: str, folder: Path, **options: Any) -> dict[str, bytes]:
    vfi.retime(source, folder / "x.####.exr", **{"speed": 0.5, "model": "disfast", "device": "cpu", **options})
    return {path.name: pixels(path) for path in sorted(folder.glob("x.*.exr"))}


def pixels(path: Path) -> bytes:
    """All but what is near the edges, where content that comes in or goes out has no way that can be measured."""
    _, planes = material.read_exr(path)
    return b"".join(planes[name][24:-24, 24:-24].tobytes() for name in sorted(planes))


@pytest.mark.parametrize("model", ["disfast", "dis", "rife", "superslomo"])
def test_what_speeds_up_is_where_it_was(tmp_path: Path, model: str) -> None:
    """Straight ways put it 0.18 px of 7 px too far on; the parabola through all four frames does not."""
    shot = clip(speeding_up, count=4)
    source = shot.write(tmp_path / "in")
    place = {"speed": 0.5, "frames": "1004", "model": model}
    rendered(source, tmp_path / "curved", **place)
    rendered(source, tmp_path / "straight", **place, path="straight")
    curved, straight = (psnr(tmp_path / name, shot, Fraction(2005, 2), 1004) for name in ("curved", "straight"))
    assert curved > straight + 1.0


def test_at_any_time_between_the_frames(tmp_path: Path) -> None:
    """A quarter of the way the curve lies three quarters as far beside the straight line as in the middle."""
    shot = clip(speeding_up, count=4)
    source = shot.write(tmp_path / "in")
    rendered(source, tmp_path / "curved", speed=0.25)
    rendered(source, tmp_path / "straight", speed=0.25, path="straight")
    for number in (1006, 1007, 1008):
        position = FIRST + Fraction(number - FIRST, 4)
        assert psnr(tmp_path / "curved", shot, position, number) > psnr(tmp_path / "straight", shot, position, number)


# Six frames: what is between the inner ones has four around it.
STRAIGHT: dict[str, Callable[[float], float]] = {
    "it stands still": lambda _: 0.0,
    "it moves evenly": lambda elapsed: elapsed,
    "it is animated on twos": lambda elapsed: 2.0 * (elapsed // 2),
    "it trembles": lambda elapsed: elapsed + 0.4 * (round(elapsed) % 2),
}


@pytest.mark.parametrize("motion", STRAIGHT)
def test_the_way_stays_straight_where(tmp_path: Path, motion: str) -> None:
    """Bit for bit: nothing is sampled anew for the sake of noise."""
    source = clip(STRAIGHT[motion]).write(tmp_path / "in")
    assert rendered(source, tmp_path / "curved") == rendered(source, tmp_path / "straight", path="straight")


def test_no_way_leads_through_a_cut(tmp_path: Path) -> None:
    """The third frame begins another shot: the pair after it has no frame before it that counts."""
    shots = [material.pan(*SIZE, count=3), clip(speeding_up, count=6)]
    source = shots[1].write(tmp_path / "in")
    for number in (1001, 1002):
        upside_down = {name: plane[::-1, ::-1] for name, plane in shots[0].planes(number).items()}
        material.write_exr(shots[1].path(tmp_path / "in", number), upside_down)
    made = rendered(source, tmp_path / "curved"), rendered(source, tmp_path / "straight", path="straight")
    different = [name for name in made[0] if made[0][name] != made[1][name]]
    assert different == ["x.1008.exr"]  # 1004.5; 1003.5 has a cut before, 1005.5 nothing after
    told = rendered(source, tmp_path / "told", cuts="1003 1006")
    assert told["x.1008.exr"] == made[1]["x.1008.exr"]


def test_chunks_follow_the_ways_of_the_whole(tmp_path: Path) -> None:
    source = clip(speeding_up).write(tmp_path / "in")
    whole = rendered(source, tmp_path / "whole")
    for number in range(1001, 1012):
        rendered(source, tmp_path / "chunks", frames=str(number))
    assert {path.name: pixels(path) for path in (tmp_path / "chunks").glob("x.*.exr")} == whole


@pytest.mark.parametrize("model", ["disfast", "superslomo"])
def test_pieces_of_a_large_frame_follow_the_same_way(tmp_path: Path, model: str) -> None:
    source = clip(speeding_up, count=4).write(tmp_path / "in")
    frame = {"frames": "1004", "model": model}
    straight = guide_of(in_pieces(source, WHOLE, **frame, path="straight"))
    whole, cut = (guide_of(in_pieces(source, tiling, **frame)) for tiling in (WHOLE, Tiling(1 << 33, 0, 128)))
    inner = (slice(32, -32), slice(32, -32))
    assert np.abs(whole - straight)[inner].max() > 0.01
    assert np.abs(cut - whole)[inner].max() < 1e-3


def test_vectors_tell_how_fast_it_is_at_the_time(tmp_path: Path) -> None:
    """From one output frame to the next, which a straight way has alike on both sides of a frame between."""
    source = clip(speeding_up, count=4).write(tmp_path / "in")
    vfi.retime(source, tmp_path / "x.####.exr", speed=0.25, frames="1006", model="disfast", vectors_only=True)
    _, planes = material.read_exr(tmp_path / "x.1006.exr")
    before, here, after = (speeding_up(time) for time in (1.0, 1.25, 1.5))
    for name, passed in (("backward.u", here - before), ("forward.u", after - here)):
        found = np.median(np.abs(planes[name][24:-24, 24:-24]))
        assert abs(found - material.PAN[0] * passed) < 0.06


def test_what_a_repair_makes_lies_on_the_way_too(tmp_path: Path) -> None:
    """The frames beside are nearer here than the pair's own to each other: two pairs of one frame, one of two."""
    shot = clip(speeding_up, count=7)
    source = shot.write(tmp_path / "in")
    for path in ("curved", "straight"):
        target = tmp_path / path / "x.####.exr"
        vfi.repair_clip(source, target, frames="1004", model="disfast", device="cpu", path=path)
    curved, straight = (psnr(tmp_path / path, shot, Fraction(1004), 1004) for path in ("curved", "straight"))
    assert curved > straight + 1.0


def test_a_repair_does_without_a_frame_beside_that_cannot_be_read(tmp_path: Path) -> None:
    """Nobody listed it, and no cuts are looked for; the way then is straight, as nothing tells of what comes after."""
    shot = clip(speeding_up, count=6)
    source = shot.write(tmp_path / "in")
    broken = shot.path(tmp_path / "in", 1006)
    broken.write_bytes(broken.read_bytes()[:-200])
    how = {"frames": "1004", "model": "disfast", "device": "cpu", "cuts": "off"}
    vfi.repair_clip(source, tmp_path / "made" / "x.####.exr", **how)
    vfi.repair_clip(source, tmp_path / "straight" / "x.####.exr", **how, path="straight")
    assert pixels(tmp_path / "made" / "x.1004.exr") == pixels(tmp_path / "straight" / "x.1004.exr")


@pytest.mark.parametrize("times", [(0, 1, 2, 3), (0, 1, 3, 4), (0, 2, 4, 5), (0, 3, 5, 9)])
def test_a_parabola_is_measured_whatever_the_frames_are_apart(times: tuple[int, ...]) -> None:
    """Position 3 time + 0.6 time^2 along x: 1.2 px a frame a frame, so 1.2 (length of the pair)^2 in terms of it."""

    def place(time: int) -> float:
        return 3.0 * time + 0.6 * time * time

    velocities = [torch.zeros(1, 2, 48, 64) for _ in range(3)]
    for velocity, first, second in zip(velocities, times, times[1:], strict=False):
        velocity[:, 0] = place(second) - place(first)
    way = Way.through((1, 2, 3, 4), [Fraction(time) for time in times], 1)
    assert way is not None
    found = curvature((velocities[0], velocities[1], velocities[2]), way.durations, 2, Window(0, 0, 128, 96))
    wanted = 2 * (1.2 * (times[2] - times[1]) ** 2 - 0.05)  # pixels of the frame; the least is taken off
    torch.testing.assert_close(found.field[:, 0], torch.full_like(found.field[:, 0], wanted))
    assert not found.field[:, 1].any()


def test_frames_that_say_nothing_of_a_pair() -> None:
    def through(times: list[int], at: int) -> Way | None:
        return Way.through(range(1, len(times) + 1), [Fraction(time) for time in times], at)

    way = through([0, 1, 3, 4], 1)
    assert way is not None
    assert (way.frames, way.durations) == ((1, 2, 3, 4), (1, 2, 1))
    assert through([0, 1, 2, 3], 0) is None
    assert through([0, 1, 2, 3], 2) is None
    assert through([0, 3, 4, 5], 1) is None  # three times as long as the pair


def test_times_in_any_order_find_their_frames(tmp_path: Path) -> None:
    """More pairs than are kept in small, and back to such as were forgotten."""
    source = clip(speeding_up, count=24).write(tmp_path / "in")
    random = np.random.default_rng(3)
    positions = [float(number) + 0.5 for number in random.permutation(np.arange(1003, 1022))] * 2
    jumping = vfi.TimeMap.from_positions(positions, start=1)
    rendered(source, tmp_path / "out", speed=None, time_map=jumping, cuts="off")
    made = [pixels(tmp_path / "out" / f"x.{number:04d}.exr") for number in range(1, 39)]
    assert made[:19] == made[19:]


def test_a_repair_bends_no_way_through_a_cut_that_is_told(tmp_path: Path) -> None:
    """Frame 1006 begins another shot, so of what comes after 1005 nothing is known."""
    source = clip(speeding_up, count=8).write(tmp_path / "in")
    for name, more in (("told", {"cuts": "1006"}), ("straight", {"path": "straight", "cuts": "1006"}), ("none", {})):
        target = tmp_path / name / "x.####.exr"
        vfi.repair_clip(
            source, target, **{"frames": "1004", "model": "disfast", "device": "cpu", "cuts": "off", **more}
        )
    made = {name: pixels(tmp_path / name / "x.1004.exr") for name in ("told", "straight", "none")}
    assert made["told"] == made["straight"] != made["none"]


def test_a_part_of_a_repair_is_what_it_is_in_the_whole(tmp_path: Path) -> None:
    """What tells the way may lie outside of the part."""
    source = clip(speeding_up, count=8).write(tmp_path / "in")
    how = {"frames": "1004", "model": "disfast", "device": "cpu", "cuts": "off"}
    vfi.repair_clip(source, tmp_path / "whole" / "x.####.exr", **how)
    vfi.repair_clip(source, tmp_path / "part" / "x.####.exr", **how, part="1001-1005")
    assert pixels(tmp_path / "part" / "x.1004.exr") == pixels(tmp_path / "whole" / "x.1004.exr")


def test_a_repair_copies_frames_that_are_not_good_as_they_are(tmp_path: Path) -> None:
    """A movie is written anew, held repeats in it too; no way leads through such a frame."""
    source = clip(speeding_up, count=6).write(tmp_path / "in")
    vfi.retime(source, tmp_path / "in.mkv", fps=24, source_fps=24)
    how = {"frames": "5", "kinds": "duplicate", "duplicates": "hold", "cuts": "off", "model": "disfast"}
    report = vfi.repair_clip(tmp_path / "in.mkv", tmp_path / "out" / "x.####.exr", **how)
    assert len(list((tmp_path / "out").glob("x.*.exr"))) == 6, report


def test_an_unknown_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(vfi.VfiError, match="path 'bent' is unknown; use one of curved, straight"):
        vfi.retime(tmp_path / "a.####.exr", tmp_path / "b.####.exr", speed=0.5, path="bent")
