"""Scene cuts on shots made here, whose cuts are known, and on real clips that are documented to have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from vfi_plugin.render.cuts import WINDOW, Change, Signature, change_between, cut_between, score_between, signature

HEIGHT, WIDTH = 108, 192
Picture = np.ndarray


class Shot:
    """A plane with 40 random sinusoids a channel and 8 px checks, seen from (x, y); the same look for every seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.frequency = 2 * np.pi * rng.uniform(-0.12, 0.12, (2, 40)) * rng.uniform(0.2, 1, 40)
        phase, amplitude = rng.uniform(0, 2 * np.pi, (3, 40)), rng.uniform(0.3, 1, (3, 40))
        self.weights = 0.22 / np.sqrt(40) * amplitude * np.exp(1j * phase)

        self.seen: dict[tuple[float, float], Picture] = {}

    def __call__(self, x: float, y: float) -> Picture:
        if (x, y) not in self.seen:
            self.seen[x, y] = self._picture(x, y)
        return self.seen[x, y].copy()

    def _picture(self, x: float, y: float) -> Picture:
        columns, rows = np.arange(WIDTH) + x, np.arange(HEIGHT) + y
        across, down = np.exp(1j * np.outer(self.frequency[0], columns)), np.exp(1j * np.outer(rows, self.frequency[1]))
        waves = np.stack([((down * weight) @ across).imag for weight in self.weights], axis=-1)
        checks = (np.floor(rows / 8)[:, None] + np.floor(columns / 8)) % 2
        return np.clip(0.45 + waves + 0.08 * checks[..., None], 0, 1).astype(np.float32)

    def pan(self, count: int, start: int = 0) -> list[Picture]:
        return [self(1.2 * k, 0.5 * k) for k in range(start, start + count)]


A, B, C = Shot(0), Shot(1), Shot(2)

FLASHES: dict[str, Callable[[Picture], Picture]] = {
    "overexposed": lambda frame: np.clip(frame * 4 + 0.5, 0, 1),
    "brighter": lambda frame: np.clip(frame * 1.8 + 0.1, 0, 1),
    "white": np.ones_like,
    "black": np.zeros_like,
    "garbage": lambda frame: np.random.default_rng(3).random(frame.shape, np.float32),
}


def flashed(frames: list[Picture], where: Sequence[int], kind: str) -> list[Picture]:
    return [FLASHES[kind](frame) if k in where else frame for k, frame in enumerate(frames)]


@pytest.fixture(autouse=True)
def _each_pair_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows overlap; how two frames differ is a matter of these two alone, and takes most of the time."""
    known: dict[tuple[int, int], tuple[Change, Signature, Signature]] = {}

    def once(first: Signature, second: Signature) -> Change:
        if (id(first), id(second)) not in known:  # both are kept, so that no other one gets their number
            known[id(first), id(second)] = change_between(first, second), first, second
        return known[id(first), id(second)][0]

    monkeypatch.setattr("vfi_plugin.render.cuts.change_between", once)


def cuts_of(frames: Sequence[Picture]) -> list[int]:
    signatures = [signature(frame.astype(np.float32)) for frame in frames]
    return [k for k in range(len(signatures) - 1) if cut_between(signatures, k)]


def whip(shot: Shot, speed: float, count: int) -> list[Picture]:
    """A pan of ``speed`` px a frame at its fastest, up and down within two frames, blurred by half a frame of it."""
    x, frames = 0.0, shot.pan(5, -5)
    for step in (speed * min(1.0, (k + 1) / 2, (count - k) / 2) for k in range(count)):
        x += step
        frames.append(np.mean([shot(x - step * part, 0) for part in np.linspace(0, 0.5, 8)], axis=0))
    return frames + [shot(x + 1.2 * k, 0.5 * k) for k in range(1, 6)]


@pytest.mark.parametrize(("first", "second"), [(A, B), (B, C), (C, A)])
def test_finds_a_cut_between_shots_of_the_same_look_and_brightness(first: Shot, second: Shot) -> None:
    frames = first.pan(8) + second.pan(8)
    assert abs(frames[0].mean() - frames[-1].mean()) < 0.02
    assert cuts_of(frames) == [7]


def test_structure_of_scenario_a9_has_exactly_its_one_cut() -> None:
    b = flashed(B.pan(20), (10, 11), "overexposed")
    assert cuts_of(A.pan(10) + b + whip(B, 60, 6)[5:]) == [9]


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 6), (6, 1), (2, 2)])
def test_finds_a_cut_next_to_the_ends_of_a_clip(before: int, after: int) -> None:
    assert cuts_of(A.pan(before) + B.pan(after)) == [before - 1]


def test_finds_both_cuts_around_a_shot_of_four_frames() -> None:
    assert cuts_of(A.pan(6) + B.pan(4) + A.pan(6)) == [5, 9]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_finds_both_cuts_around_a_very_short_shot_that_leads_elsewhere(length: int) -> None:
    assert cuts_of(A.pan(6) + B.pan(length) + C.pan(6)) == [5, 5 + length]


@pytest.mark.parametrize("kind", FLASHES)
@pytest.mark.parametrize("length", [1, 3])
def test_flash_is_no_cut(kind: str, length: int) -> None:
    assert cuts_of(flashed(A.pan(11), range(4, 4 + length), kind)) == []


@pytest.mark.parametrize("kind", ["overexposed", "white", "garbage"])
@pytest.mark.parametrize("where", [(9,), (9, 10), (5,), (4, 5)])
def test_cut_is_found_beside_a_flash(kind: str, where: tuple[int, ...]) -> None:
    assert cuts_of(flashed(A.pan(7) + B.pan(8), where, kind)) == [6]


@pytest.mark.parametrize("bright", [3.0, 0.0])
def test_strobe_is_no_cut(bright: float) -> None:
    assert cuts_of([np.clip(frame * (bright if k % 2 else 1.0), 0, 1) for k, frame in enumerate(A.pan(12))]) == []


@pytest.mark.parametrize("length", [2, 3, 12])
@pytest.mark.parametrize("gamma", [1.0, 2.2])
def test_fade_is_no_cut_in_either_direction(length: int, gamma: float) -> None:
    moving = A.pan(length + 6)
    levels = [1.0] * 6 + [1 - k / length for k in range(1, length + 1)]
    faded = [frame * level ** (1 / gamma) for frame, level in zip(moving, levels, strict=True)]
    frames = faded + [np.zeros_like(A(0, 0))] * 4
    assert cuts_of(frames) == []
    assert cuts_of(frames[::-1]) == []


def test_cut_to_black_is_a_cut() -> None:
    assert cuts_of(A.pan(6) + [np.zeros_like(A(0, 0))] * 6) == [5]


@pytest.mark.parametrize("length", [2, 3, 8])
def test_dissolve_is_no_cut(length: int) -> None:
    mixed = [
        a + (b - a) * k / length for k, (a, b) in enumerate(zip(A.pan(length + 1), B.pan(length + 1), strict=True))
    ]
    assert cuts_of(A.pan(5, -5) + mixed + B.pan(5, length + 1)) == []


@pytest.mark.parametrize("speed", [10, 30, 60, 90])
def test_whip_pan_up_to_half_a_frame_width_is_no_cut(speed: float) -> None:
    assert cuts_of(whip(A, speed, 4)) == []
    assert cuts_of(whip(B, speed, 8)) == []


@pytest.mark.parametrize("sigma", [0.03, 0.07])
def test_grain_is_no_cut_and_hides_none(sigma: float) -> None:
    rng = np.random.default_rng(0)
    grey = [np.full((HEIGHT, WIDTH, 3), 0.4)] * 6
    for frames, expected in ((A.pan(6) + B.pan(6), [5]), (grey, [])):
        grainy = [np.clip(frame + rng.normal(0, sigma, frame.shape), 0, 1) for frame in frames]
        assert cuts_of(grainy) == expected


def test_fireball_that_fills_the_picture_is_no_cut() -> None:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(rows - 60, columns - 90)[..., None]
    masks = [np.clip((14 * (k - 4) - distance) / 10, 0, 1) for k in range(14)]
    fire = np.array([1.0, 0.9, 0.6])
    assert cuts_of([frame * (1 - mask) + fire * mask for frame, mask in zip(A.pan(14), masks, strict=True)]) == []


def test_still_and_animation_on_twos_have_only_their_cut() -> None:
    assert cuts_of([A(0, 0)] * 6) == []
    assert cuts_of([A(0, 0)] * 6 + [B(0, 0)] * 6) == [5]
    assert cuts_of([A(9 * (k // 2), 0) for k in range(10)] + [B(9 * (k // 2), 0) for k in range(10)]) == [9]


def test_flat_pictures_and_a_picture_of_one_pixel_are_handled() -> None:
    assert cuts_of([np.zeros((40, 60, 3)), np.ones((40, 60, 3))]) == []
    assert cuts_of([np.zeros((1, 1, 3)), np.ones((1, 1, 3))]) == []


def test_decision_sees_no_further_than_its_window() -> None:
    frames = flashed(A.pan(9) + B.pan(7) + C.pan(9), (11, 12), "white")
    signatures = [signature(frame.astype(np.float32)) for frame in frames]
    for pair in range(len(signatures) - 1):
        start = max(0, pair + 1 - WINDOW)
        cropped = signatures[start : pair + 1 + WINDOW]
        assert score_between(cropped, pair - start) == score_between(signatures, pair)


def test_signature_is_small_and_keeps_the_shape_of_the_picture() -> None:
    assert signature(np.zeros((270, 480, 3), np.float32)).rgb.shape == (72, 128, 3)
    assert signature(np.zeros((960, 540, 3), np.float32)).rgb.shape == (128, 72, 3)
    assert signature(np.zeros((20, 30, 3), np.float32)).rgb.shape == (20, 30, 3)
    assert (signature(np.full((270, 480, 3), 0.6, np.float32)).rgb == 153).all()


@pytest.mark.parametrize("pair", [-1, 1])
def test_pair_outside_the_window_is_refused(pair: int) -> None:
    with pytest.raises(ValueError, match="window of 2 frames"):
        score_between([signature(A(0, 0)), signature(B(0, 0))], pair)


# Pieces of one continuous take: joining them makes no cut that anyone could see.
_SAME_TAKE = ("am_incts360", "sam_juggle")


@pytest.fixture(scope="module")
def real_clips(shared_dir: Path) -> dict[str, list[Signature]]:
    """The first 8 frames of every clip, squeezed to one size so that any two can be joined."""
    av = pytest.importorskip("av")
    clips = {}
    for path in sorted((shared_dir / "data" / "train").glob("*.mp4")):
        with av.open(str(path)) as container:
            frames = [frame for frame, _ in zip(container.decode(video=0), range(8), strict=False)]
        small = [frame.reformat(256, 144, "rgb24", interpolation="AREA").to_ndarray() for frame in frames]
        clips[path.stem] = [signature(picture.astype(np.float32) / np.float32(255)) for picture in small]
    return clips


def test_real_clips_without_cuts_have_none(real_clips: dict[str, list[Signature]]) -> None:
    assert len(real_clips) == 64
    found = [(name, k) for name, clip in real_clips.items() for k in range(len(clip) - 1) if cut_between(clip, k)]
    assert found == []


def test_joins_of_two_real_clips_are_found_and_nothing_beside_them(real_clips: dict[str, list[Signature]]) -> None:
    names = list(real_clips)
    rng = np.random.default_rng(11)
    for _ in range(25):
        first, second = rng.choice(names, 2, replace=False)
        if first.startswith(_SAME_TAKE) and first[:8] == second[:8]:
            continue
        joined = real_clips[first][-WINDOW:] + real_clips[second][:WINDOW]
        assert [k for k in range(len(joined) - 1) if cut_between(joined, k)] == [WINDOW - 1], (first, second)
