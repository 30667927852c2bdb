"""A7: repeated frames are found where the shot moves, and only there; the motion is even again after the repair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from vfi_plugin.demo.texture import Texture

from .mending import (
    VELOCITY,
    Picture,
    Place,
    after,
    changed,
    command,
    digests,
    file_of,
    frames_named,
    header,
    moved,
    noisy,
    place_of,
    read,
    steps,
    surface,
    write,
)

STILL, DISSOLVE, CUT = range(1040, 1051), range(1060, 1081), 1100
NUMBERS = range(1001, 1121)
REPEATS = [n for n in NUMBERS if n % 5 == 0 and n not in STILL and n not in DISSOLVE and n != CUT]
NOISE = 0.004
LEAST_FOUND = 0.95
EVEN_PX = 0.25

HOLD = 2
"""Frames of a drawing on twos."""

DRAWING = (5.0, -2.0)
"""From one drawing to the next, px."""


@cache
def textures() -> tuple[Texture, Texture, Texture]:
    return surface(31), surface(32), surface(33)


def shown(number: int) -> tuple[Texture, Place]:
    """What the frame shows, were nothing repeated; in the dissolve, what it begins with."""
    first, second, third = textures()
    if number < DISSOLVE[0] + 1:
        stood = min(max(number - STILL[0], 0), len(STILL) - 1)
        return first, after(number - 1001 - stood)
    if number < CUT:
        return second, after(max(number - DISSOLVE[-1], 0))
    return third, after(number - CUT)


def original(number: int) -> Picture:
    texture, place = shown(number)
    picture = moved(texture, place)
    if number in DISSOLVE:
        share = np.float32(0.05 * (number - DISSOLVE[0]))
        return (1 - share) * moved(*shown(DISSOLVE[0])) + share * moved(*shown(DISSOLVE[-1]))
    return picture


def stretches() -> list[range]:
    """Where the clip pans without a stop."""
    return [
        range(NUMBERS[0], STILL[0] + 1),
        range(STILL[-1], DISSOLVE[0] + 1),
        range(DISSOLVE[-1], CUT),
        range(CUT, NUMBERS[-1] + 1),
    ]


@dataclass(frozen=True)
class Mended:
    """The clip before and after, the report, what was said."""

    source: Path
    target: Path
    report: Path
    said: str


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Mended:
    folder = tmp_path_factory.mktemp("a7")
    frames = {number: original(number - 1 if number in REPEATS else number) for number in NUMBERS}
    pattern = write(folder / "in", noisy(frames, NOISE))
    report, listed, target = folder / "report.json", folder / "list.txt", folder / "out" / "clip.####.exr"
    scanned = command("scan", pattern, "--report", report, "--list", listed)
    assert scanned.code == 0, scanned.err
    repaired = command("repair", pattern, target, "--report", report)
    assert repaired.code == 0, repaired.err
    return Mended(folder / "in", folder / "out", report, scanned.out)


def test_repeats_are_found_and_nothing_of_the_still_part_the_dissolve_or_the_cut(mended: Mended) -> None:
    named = frames_named(mended.report, "duplicate")
    assert len(named & set(REPEATS)) >= LEAST_FOUND * len(REPEATS)
    assert not named - set(REPEATS)


def test_nothing_else_is_found_in_the_clip(mended: Mended) -> None:
    kinds = ("dropped", "missing", "blurred", "flash", "black", "torn", "frozen", "nan", "unreadable")
    assert [kind for kind in kinds if frames_named(mended.report, kind)] == []


def test_repeats_are_told_as_a_range_for_nuke_and_as_a_list_for_avisynth(mended: Mended) -> None:
    named = sorted(frames_named(mended.report, "duplicate"))
    if named == REPEATS:
        assert "1005-1035x5 1055 1085-1095x5 1105-1120x5" in mended.said
    lines = (mended.report.parent / "list.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [f"{number},1" for number in named]


def test_only_repeats_are_written_anew_and_as_many_frames_come_out_as_went_in(mended: Mended) -> None:
    assert sorted(digests(mended.target)) == list(NUMBERS)
    anew = frames_named(mended.report, "duplicate")
    assert changed(mended.source, mended.target) == anew
    assert all("vfi/repair" in header(mended.target, number) for number in anew)


def uneven(folder: Path, where: list[range]) -> float:
    """The largest distance of a step from the pan's own, px."""
    most = 0.0
    for stretch in where:
        places = [place_of(read(folder, number), *shown(number)) for number in stretch]
        most = max(most, float(np.abs(steps(places) - VELOCITY).max()))
    return most


def test_the_picture_moves_evenly_after_the_repair_and_did_not_before(mended: Mended) -> None:
    before, now = uneven(mended.source, stretches()[:1]), uneven(mended.target, stretches())
    print(f"A7 largest difference of a step from the pan's: {before:.3f} px before, {now:.3f} px after")
    assert now <= EVEN_PX < before


def test_24_in_30_becomes_24_again_by_removing(tmp_path: Path) -> None:
    texture = textures()[0]
    frames = {1001 + n: moved(texture, after(n // 5 * 4 + min(n % 5, 3))) for n in range(120)}
    pattern = write(tmp_path / "in", noisy(frames, NOISE))
    assert command("scan", pattern, "--report", tmp_path / "r.json").code == 0
    told = ("--report", tmp_path / "r.json", "--duplicates", "remove")
    done = command("repair", pattern, tmp_path / "out" / "clip.####.exr", *told)
    assert done.code == 0, done.err
    kept = [number for number in frames if (number - 1001) % 5 != 4]
    before, now = digests(tmp_path / "in"), digests(tmp_path / "out")
    assert list(now) == list(range(1001, 1097))
    # Which of two equal frames stays is free, all others are what they were.
    alone = [(at, number) for at, number in enumerate(kept) if (number - 1001) % 5 != 3]
    assert all(now[1001 + at] == before[number] for at, number in alone)
    places = [place_of(read(tmp_path / "out", 1001 + n), texture, after(n)) for n in range(96)]
    assert np.abs(steps(places) - VELOCITY).max() <= EVEN_PX


def drawing(at: float) -> Place:
    return DRAWING[0] * at, DRAWING[1] * at


def test_animation_on_twos_is_evenly_spaced_by_both_policies_half_a_hold_apart(tmp_path: Path) -> None:
    texture = textures()[1]
    frames = {1001 + n: moved(texture, drawing(n // HOLD)) for n in range(20)}
    pattern = write(tmp_path / "in", noisy(frames, NOISE))
    report = tmp_path / "r.json"
    assert command("scan", pattern, "--report", report).code == 0
    inner = range(1004, 1018)  # what lies before the first drawing's place, or after the last one's, is another matter
    places: dict[str, list[Place]] = {}
    for policy in ("first", "centre"):
        target = tmp_path / policy
        told = ("--report", report, "--duplicates", "fill", "--policy", policy)
        done = command("repair", pattern, target / "clip.####.exr", *told)
        assert done.code == 0, done.err
        assert sorted(digests(target)) == sorted(frames)
        guesses = [drawing((number - 1001) / HOLD - 0.25 * (policy == "centre")) for number in inner]
        found = [place_of(read(target, number), texture, guess) for number, guess in zip(inner, guesses, strict=True)]
        assert np.abs(steps(found) - drawing(1 / HOLD)).max() <= EVEN_PX, policy
        places[policy] = found
    # A drawing's place is the first frame that shows it, or the middle of its hold: later, so every frame shows less.
    apart = np.array(places["first"]) - np.array(places["centre"])
    print(f"A7 on twos: the policies are {apart.mean(axis=0)} px apart; a hold is {DRAWING}")
    assert np.abs(apart - drawing(0.5)).max() <= EVEN_PX


def test_a_repeat_has_bytes_of_its_own_so_that_no_test_above_compares_files_with_themselves(mended: Mended) -> None:
    assert file_of(mended.source, 1005).read_bytes() != file_of(mended.source, 1004).read_bytes()
