"""A10: a ramp with a freeze and a reverse part, given in every way there is; frames have their number burnt in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import material
import numpy as np
import opentimelineio as otio
import pytest

import vfi_plugin
from vfi_plugin.render.options import RetimeOptions

from .product import Pixels, numbers_in, read_frames, retime_arguments, same_bits, vfi_here

KEYS = ((1001, 1), (1041, 41), (1081, 51), (1101, 51), (1141, 31))
OUTPUTS = range(1001, 1142)
BLOCK_PX = 32

CURVE = "curve {letter}x1001 1 x1041 41 x1081 51 x1101 51 x1141 31"
LINEAR, SMOOTH = CURVE.format(letter="L "), CURVE.format(letter="")
TIME_WARP = "TimeWarp {{\n lookup {{{{{curve}}}}}\n filter nearest\n name TimeWarp1\n xpos 10\n}}\n"
KRONOS = (
    "Kronos {{\n input.first 1\n input.last 101\n timing2 Frame\n timingFrame2 {{{{{curve}}}}}\n"
    " vectorDetailReg 0.3\n name Kronos1\n}}\n"
)
Frames = dict[int, tuple[dict[str, Any], dict[str, Pixels]]]


def linear(out: int) -> Fraction:
    """The source position of an output frame, by hand."""
    for (out_0, source_0), (out_1, source_1) in pairwise(KEYS):
        if out_0 <= out <= out_1:
            return source_0 + Fraction(source_1 - source_0, out_1 - out_0) * (out - out_0)
    raise ValueError(out)


def smooth(out: int) -> float:
    """Cubic Hermite spans with slopes worked out by hand.

    Inner keys: the chord between their neighbours, kept between 0 and three times the chord on either side: 50/80; 0,
    beside a flat span; 0. Ends without curvature: (3 * 1 - 0.625) / 2 and (3 * -0.5 - 0) / 2.
    """
    slopes = (1.1875, 0.625, 0.0, 0.0, -0.75)
    at = next(n for n in range(4) if KEYS[n][0] <= out <= KEYS[n + 1][0])
    (out_0, source_0), (out_1, source_1) = KEYS[at], KEYS[at + 1]
    span = out_1 - out_0
    u = (out - out_0) / span
    return (
        (2 * u**3 - 3 * u**2 + 1) * source_0
        + (u**3 - 2 * u**2 + u) * span * slopes[at]
        + (3 * u**2 - 2 * u**3) * source_1
        + (u**3 - u**2) * span * slopes[at + 1]
    )


MAPS = {
    "linear.csv": "out,source\n" + "".join(f"{out},{source}\n" for out, source in KEYS),
    "linear.txt": f"{{{{{LINEAR}}}}}\n",
    "linear_timewarp.nk": TIME_WARP.format(curve=LINEAR),
    "linear_kronos.nk": KRONOS.format(curve=LINEAR),
    "smooth.csv": "out,source,interpolation\n" + "".join(f"{out},{source},smooth\n" for out, source in KEYS),
    "smooth.txt": f"{{{{{SMOOTH}}}}}\n",
    "smooth_timewarp.nk": TIME_WARP.format(curve=SMOOTH),
    "smooth_kronos.nk": KRONOS.format(curve=SMOOTH),
}
LINEAR_MAPS = [name for name in MAPS if name.startswith("linear")]
SMOOTH_MAPS = [name for name in MAPS if name.startswith("smooth")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip in ``in`` and every map file."""
    folder = tmp_path_factory.mktemp("a10")
    material.numbered(320, 144, block=BLOCK_PX).write(folder / "in")
    for name, text in MAPS.items():
        (folder / name).write_text(text)
    return folder


def source_of(folder: Path) -> str:
    return str(folder / "in" / "numbered.####.exr")


def retimed(folder: Path, map_name: str, **options: Any) -> Frames:
    target = folder / Path(map_name).stem.join(("out_", "_" + Path(map_name).suffix[1:]))
    vfi_plugin.retime(source_of(folder), target / "ramp.####.exr", time_map=str(folder / map_name), **options)
    return read_frames(target, "ramp", numbers_in(target))


@pytest.fixture(scope="module")
def ramp(folder: Path) -> Frames:
    return retimed(folder, "linear.csv")


def test_there_are_141_frames(ramp: Frames) -> None:
    assert list(ramp) == list(OUTPUTS)


def test_every_file_tells_its_source_position(ramp: Frames) -> None:
    for number, (header, _) in ramp.items():
        assert isinstance(header["vfi/source"], str)
        assert abs(float(header["vfi/source"]) - float(linear(number))) < 1e-6, number


def test_whole_positions_are_the_source_frame_bit_for_bit_backwards_too(folder: Path, ramp: Frames) -> None:
    whole = [number for number in OUTPUTS if linear(number).denominator == 1]
    assert len(whole) == 40 + 11 + 20 + 20
    for number in whole:
        wanted = int(linear(number))
        _, source = material.read_exr(folder / "in" / f"numbered.{wanted:04d}.exr")
        assert material.read_number(ramp[number][1]["G"], BLOCK_PX) == wanted
        assert same_bits(ramp[number][1], source), number


def test_the_freeze_shows_the_same_pixels_on_all_21_frames(ramp: Frames) -> None:
    for number in range(1081, 1102):
        assert same_bits(ramp[number][1], ramp[1081][1]), number


def test_frames_in_between_are_in_between(ramp: Frames) -> None:
    """The pan of 4 px a frame below the burnt-in number is where its position says, in slow motion and backwards."""
    clip = material.numbered(320, 144, block=BLOCK_PX)
    for number in (1043, 1060, 1104, 1130):
        below = slice(BLOCK_PX + 24, -8), slice(16, -16)
        picture, truth = ramp[number][1]["G"].astype(np.float32)[below], clip.truth(linear(number), "G")[..., 0][below]
        assert np.abs(picture - truth).mean() < 0.004, number


@pytest.mark.parametrize("name", LINEAR_MAPS[1:])
def test_every_way_to_say_it_gives_identical_frames(folder: Path, ramp: Frames, name: str) -> None:
    """All positions by the plan; of the frames every seventh is made, from each part of the map."""
    assert positions(folder, name) == {number: linear(number) for number in OUTPUTS}
    other = retimed(folder, name, frames="1001-1141x7")
    assert list(other) == list(range(1001, 1142, 7))
    for number, (header, channels) in other.items():
        assert header["vfi/source"] == ramp[number][0]["vfi/source"]
        assert same_bits(channels, ramp[number][1]), number


def otio_file(path: Path, *, first: int, length: int, speed: float) -> Path:
    """A timeline with one retimed clip, made by OpenTimelineIO itself."""
    span = otio.opentime.TimeRange(otio.opentime.RationalTime(first, 24), otio.opentime.RationalTime(length, 24))
    clip = otio.schema.Clip("numbered", source_range=span)
    clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
    timeline = otio.schema.Timeline("cut", tracks=[otio.schema.Track("V1", [clip])])
    otio.adapters.write_to_file(timeline, str(path))
    return path


def test_the_part_of_constant_speed_is_the_same_from_a_timeline(folder: Path, ramp: Frames) -> None:
    otio_file(folder / "part.otio", first=41, length=41, speed=0.25)
    part = retimed(folder, "part.otio", start=1041, frames="1041-1081x3")
    assert list(part) == list(range(1041, 1082, 3))
    for number, (header, channels) in part.items():
        assert header["vfi/source"] == ramp[number][0]["vfi/source"]
        assert same_bits(channels, ramp[number][1]), number


def positions(folder: Path, name: str, **options: Any) -> dict[int, Fraction]:
    options = {"time_map": str(folder / name), **options}
    job = vfi_plugin.plan_retime(source_of(folder), folder / "plan" / "x.####.exr", RetimeOptions(**options))
    return {frame.number: frame.position for frame in job.plan.frames}


@pytest.mark.parametrize("name", SMOOTH_MAPS)
def test_smooth_keys_ease_as_worked_out_by_hand(folder: Path, name: str) -> None:
    found = positions(folder, name)
    assert list(found) == list(OUTPUTS)
    for number, at in found.items():
        assert abs(float(at) - smooth(number)) < 1e-6, number
    assert found == positions(folder, SMOOTH_MAPS[0])


def test_smooth_keys_meet_the_keys_freeze_exactly_and_never_run_back(folder: Path) -> None:
    found = positions(folder, "smooth.csv")
    assert all(found[out] == source for out, source in KEYS)
    assert {found[number] for number in range(1081, 1102)} == {51}
    rising, falling = [found[n] for n in range(1001, 1082)], [found[n] for n in range(1101, 1142)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_smooth_frames_tell_their_position(folder: Path) -> None:
    frames = retimed(folder, "smooth.csv", method="frame")
    for number, (header, _) in frames.items():
        assert abs(float(header["vfi/source"]) - smooth(number)) < 1e-6, number


@pytest.mark.parametrize("name", ["linear.csv", "smooth.csv", "smooth_kronos.nk"])
@pytest.mark.parametrize("exported", ["again.csv", "again.txt", "again.nk", "again.otio"])
def test_an_exported_map_is_read_back_as_the_same(folder: Path, tmp_path: Path, name: str, exported: str) -> None:
    first = vfi_plugin.TimeMap.from_file(folder / name)
    first.to_file(tmp_path / exported)
    again = vfi_plugin.TimeMap.from_file(tmp_path / exported)
    assert again.output_range == first.output_range == (1001, 1141)
    assert [again.position(n) for n in OUTPUTS] == [first.position(n) for n in OUTPUTS]


def test_animated_speed_is_the_area_under_it_not_speed_times_time(folder: Path) -> None:
    """1 to 0.25 in 40 frames: after n frames n - 0.75 n^2 / 80, which is 25 at the end and not 40 * 0.25 = 10."""
    speed = "curve L x1 1 x41 0.25"
    node = f"Kronos {{\n input.first 1\n input.last 26\n timingOutputSpeed {{{{{speed}}}}}\n name Kronos1\n}}\n"
    (folder / "speed.nk").write_text(node)
    found = positions(folder, "speed.nk")
    keys = vfi_plugin.TimeMap.from_speed_keys({1: 1, 41: "0.25"}, source_first=1)
    for n in range(41):
        wanted = 1 + n - Fraction(3, 4) * n * n / 80
        assert found[1 + n] == wanted
        assert keys.position(1 + n) == wanted
    assert max(found) == 41


def test_animated_speed_reaches_the_files(folder: Path) -> None:
    keys = vfi_plugin.TimeMap.from_speed_keys({1: 1, 41: "0.25"}, source_first=1)
    target = folder / "speed"
    vfi_plugin.retime(source_of(folder), target / "x.####.exr", time_map=keys, method="frame")
    for number, (header, _) in read_frames(target, "x", range(1, 42)).items():
        n = number - 1
        assert abs(float(header["vfi/source"]) - (1 + n - 0.75 * n * n / 80)) < 1e-6


def test_the_command_line_takes_a_map_and_one_of_its_nodes(folder: Path) -> None:
    script = folder / "two.nk"
    script.write_text(TIME_WARP.format(curve="curve L x1 5 x3 7") + KRONOS.format(curve="curve L x1 9 x3 5"))
    both = vfi_here(*retime_arguments(source_of(folder), folder / "two" / "x.####.exr", "--map", script))
    assert both.returncode == 2
    assert "Kronos1" in both.stderr
    assert "TimeWarp1" in both.stderr
    assert not (folder / "two").exists()
    arguments = retime_arguments(source_of(folder), folder / "two" / "x.####.exr", "--map", script)
    one = vfi_here(*arguments, "--map-node", "Kronos1")
    assert one.returncode == 0, one.stderr
    assert burnt_in(folder / "two", (1, 2, 3)) == [9, 7, 5]


def burnt_in(target: Path, numbers: Sequence[int]) -> list[int]:
    frames = read_frames(target, "x", numbers)
    return [material.read_number(channels["G"], BLOCK_PX) for _, channels in frames.values()]


@pytest.mark.parametrize(("ends", "code"), [("hold", 0), ("error", 2)])
def test_a_map_that_leaves_the_clip_holds_its_end_or_is_refused(folder: Path, ends: str, code: int) -> None:
    (folder / "past.csv").write_text("1,99\n5,103\n")
    target = folder / f"past_{ends}"
    done = vfi_here(
        *retime_arguments(source_of(folder), target / "x.####.exr", "--map", folder / "past.csv", "--ends", ends)
    )
    assert done.returncode == code, done.stderr
    assert numbers_in(target) == ([1, 2, 3, 4, 5] if code == 0 else [])
    if code == 0:
        assert burnt_in(target, (1, 2, 3, 4, 5)) == [99, 100, 101, 101, 101]
        assert "held" in done.stdout
