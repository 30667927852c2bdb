"""Real clips: shots stay apart, what moves is preferred, and a batch is the same whenever it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import material
import numpy as np
import numpy.typing as npt
import pytest
import torch

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.movie_writer import MovieWriter
from vfi_plugin.train.clips import RealClips
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.crop_choice import BankRecipe
from vfi_plugin.train.crop_store import Cuts, DeviceCrops, HostCrops
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.footage import Footage

Picture = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 160, 96
CUT = 12  # the first frame of the second shot
SHOT_LENGTHS = (12, 11)


def surface(seed: int) -> Picture:
    """(H, 400, 3), random blocks of 4 px: structure that cuts and motion are seen in."""
    blocks = np.random.default_rng(seed).integers(30, 220, (HEIGHT // 4, 100, 3), np.uint8)
    return blocks.repeat(4, 0).repeat(4, 1)


def shot(seed: int, length: int, speed: int) -> list[Picture]:
    """The left half passes by at ``speed`` px a frame, the right half rests."""
    moving, resting = surface(seed), surface(seed + 1)
    frames = []
    for number in range(length):
        left = moving[:, number * speed : number * speed + WIDTH // 2]
        frames.append(np.concatenate([left, resting[:, : WIDTH // 2]], 1))
    return frames


def write_movie(path: Path, pictures: Sequence[Picture]) -> Path:
    height, width = pictures[0].shape[:2]
    window = Window(0, 0, width, height)
    with MovieWriter(path, Fraction(24), width, height) as writer:
        for picture in pictures:
            planes = {name: picture[..., axis].astype(np.float32) / 255 for axis, name in enumerate("RGB")}
            writer.write(Frame((Part(planes, window, window),)))
    return path


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return shot(1, SHOT_LENGTHS[0], 3) + shot(7, SHOT_LENGTHS[1], 2)


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory, pictures: list[Picture]) -> Path:
    return write_movie(tmp_path_factory.mktemp("clips") / "two_shots.mkv", pictures)


@pytest.fixture(scope="module")
def bank(movie: Path) -> CropBank:
    return CropBank.of(any_footage([movie]), BankRecipe(side=48, frames=5, windows=60))


def test_crops_are_the_frames_of_the_movie(bank: CropBank, pictures: list[Picture]) -> None:
    for crop, (_, first, left, top) in zip(bank.crops, bank.origins, strict=True):
        for number in (0, 4):
            true = pictures[first + number][top : top + 48, left : left + 48].transpose(2, 0, 1)
            assert np.array_equal(crop[number], true)


def test_no_window_crosses_a_cut(bank: CropBank) -> None:
    first = bank.origins[:, 1]
    assert ((first + 4 < CUT) | (first >= CUT)).all()
    assert (first < CUT).any()
    assert (first >= CUT).any()


def test_a_clip_known_to_be_one_shot_is_not_searched(movie: Path) -> None:
    take = Footage("all", str(movie), one_shot=True)
    first = CropBank.of([take], BankRecipe(side=48, frames=5, windows=200)).origins[:, 1]
    assert ((first + 4 >= CUT) & (first < CUT)).any()


def test_the_moving_half_is_preferred_and_the_resting_one_is_not_forgotten(bank: CropBank) -> None:
    moving = bank.origins[:, 2] + 24 < WIDTH // 2
    resting = bank.origins[:, 2] >= WIDTH // 2
    # Crops wholly in the resting half are a quarter of all places; chosen by the still share alone, 15 % of the draws.
    assert moving.mean() > 0.6
    assert 0.0 < resting.mean() < 0.15


def test_a_change_of_light_alone_is_no_motion(tmp_path: Path) -> None:
    still = surface(3)[:, :WIDTH].astype(np.float32)
    flashing = [np.clip(still * 0.5 + 60.0 * (number % 2), 0, 255).astype(np.uint8) for number in range(12)]
    path = write_movie(tmp_path / "flashing.mkv", flashing)
    bank = CropBank.of([Footage("flashing", str(path), one_shot=True)], BankRecipe(side=48, frames=3, windows=100))
    assert 8 <= len(bank) <= 22  # the still share of 100


def test_a_repeated_frame_is_left_out(tmp_path: Path) -> None:
    pictures = shot(1, 10, 3)
    path = write_movie(tmp_path / "repeats.mkv", pictures[:5] + pictures[4:])
    bank = CropBank.of(any_footage([path]), BankRecipe(side=48, frames=5, windows=80))
    assert any(first < 5 <= first + 4 for first in bank.origins[:, 1])
    moving = bank.crops[bank.origins[:, 2] < 30].astype(int)
    assert (np.diff(moving, axis=1) != 0).any((2, 3, 4)).all()


def test_memory_is_bounded_and_said(movie: Path) -> None:
    recipe = BankRecipe(side=48, frames=5, windows=1000, memory_gb=0.0005)
    bank = CropBank.of(any_footage([movie]), recipe)
    assert bank.crops.nbytes <= 0.5e6 < bank.crops.nbytes * 1.3
    with pytest.raises(UsageError, match="give more"):
        BankRecipe(side=1024, frames=9, memory_gb=0.01)


def test_the_same_recipe_chooses_the_same(movie: Path, bank: CropBank) -> None:
    again = CropBank.of(any_footage([movie]), BankRecipe(side=48, frames=5, windows=60))
    assert np.array_equal(again.origins, bank.origins)
    other = CropBank.of(any_footage([movie]), BankRecipe(side=48, frames=5, windows=60, seed=1))
    assert not np.array_equal(other.origins[:10], bank.origins[:10])


def test_a_cache_gives_the_same_batches_without_the_footage(tmp_path: Path, movie: Path) -> None:
    copy = tmp_path / "copy.mkv"
    copy.write_bytes(movie.read_bytes())
    recipe, cache = BankRecipe(side=48, frames=5, windows=30), tmp_path / "bank.npz"
    first = CropBank.of([Footage("copy", str(copy))], recipe, cache)
    copy.unlink()
    second = CropBank.of([Footage("copy", str(copy))], recipe, cache)
    for bank in (second, CropBank.load(cache)):
        one, other = RealClips(first, 32, 4).batch(5), RealClips(bank, 32, 4).batch(5)
        assert torch.equal(one.before, other.before)
        assert torch.equal(one.between, other.between)
    with pytest.raises(UsageError, match="another recipe"):
        CropBank.of([Footage("copy", str(copy))], BankRecipe(side=32, frames=5, windows=30), cache)
    cache.write_bytes(b"not a bank")
    with pytest.raises(InputError, match="not a bank"):
        CropBank.load(cache)


def test_footage_that_does_not_fit_is_refused(movie: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="160x96"):
        CropBank.of(any_footage([movie]), BankRecipe(side=128))
    with pytest.raises(InputError, match="23 frames"):
        CropBank.of(any_footage([movie]), BankRecipe(side=48, frames=24))
    with pytest.raises(UsageError, match="no footage"):
        CropBank.of([], BankRecipe())
    with pytest.raises(InputError, match="holds neither"):
        any_footage([tmp_path])


def test_shrunk_frames_are_means(movie: Path, pictures: list[Picture]) -> None:
    bank = CropBank.of(any_footage([movie]), BankRecipe(side=40, frames=3, windows=8, shrink=2))
    _, first, left, top = bank.origins[0]
    whole = pictures[first][2 * top : 2 * top + 80, 2 * left : 2 * left + 80].astype(np.float64)
    means = whole.reshape(40, 2, 40, 2, 3).mean((1, 3)).transpose(2, 0, 1)
    assert np.abs(bank.crops[0, 0] - means).max() <= 0.75


def test_light_of_a_scene_is_shown_with_one_exposure(tmp_path: Path) -> None:
    light = surface(5)[:, :WIDTH].astype(np.float32) / 20.0  # up to 11 times white
    for number in range(3):
        planes = {name: light[..., axis] * (1.0 + number) for axis, name in enumerate("RGB")}
        material.write_exr(tmp_path / f"shot.{number:04}.exr", planes)
    take = Footage("light", str(tmp_path / "shot.####.exr"), one_shot=True)
    crops = CropBank.of([take], BankRecipe(side=96, frames=3, windows=1, still_share=1.0)).crops[0]
    assert crops.min() > 0
    assert crops.max() < 255
    assert crops[0].mean() + 10 < crops[1].mean() < crops[2].mean() - 5  # it grew brighter, and that is seen


def test_a_step_leaves_frames_out(movie: Path, pictures: list[Picture]) -> None:
    bank = CropBank.of([Footage("half", str(movie), step=2, one_shot=True)], BankRecipe(side=96, frames=3, windows=6))
    _, first, left, top = bank.origins[0]
    assert np.array_equal(
        bank.crops[0, 1], pictures[2 * first + 2][top : top + 96, left : left + 96].transpose(2, 0, 1)
    )


@pytest.mark.parametrize(("times", "gaps"), [("middle", (2, 4)), ("one", (2, 3, 4)), ("all", (4,))])
def test_a_batch_is_a_pair_and_what_was_filmed_between(bank: CropBank, times: str, gaps: tuple[int, ...]) -> None:
    clips = RealClips(bank, 32, 6, gaps, times)  # type: ignore[arg-type]
    batch = clips.batch(3)
    between = 3 if times == "all" else 1
    assert batch.before.shape == batch.after.shape == (6, 3, 32, 32)
    assert batch.between.shape == (6, between, 3, 32, 32)
    assert batch.times.shape == (6, between)
    assert batch.before.dtype == batch.times.dtype == torch.float32
    for item in range(6):
        frames = torch.cat([batch.before[item, None], batch.between[item], batch.after[item, None]])
        assert is_in(bank, (frames * 255).round().to(torch.uint8).numpy(), batch.times[item].tolist())


def is_in(bank: CropBank, frames: Picture, times: list[float]) -> bool:
    """Whether some window of the bank holds these frames (T, 3, 32, 32) at these times, at one place of it."""
    for window in bank.crops:
        for gap in (2, 3, 4):
            numbers = np.array([0.0, *times, 1.0]) * gap
            if np.abs(numbers - numbers.round()).max() > 1e-5:
                continue
            for start in range(5 - gap):
                chosen = window[start + numbers.round().astype(int)]
                views = np.lib.stride_tricks.sliding_window_view(chosen[:, :, :, :], (32, 32), (2, 3))
                at = np.argwhere((views[0, :, :, :, 0] == frames[0, :, None, None, 0]).all((0, 3)))
                if any(np.array_equal(chosen[:, :, y : y + 32, x : x + 32], frames) for y, x in at):
                    return True
    return False


def test_a_batch_depends_on_seed_and_step_alone(bank: CropBank) -> None:
    clips = RealClips(bank, 32, 4, (2, 4), "one", seed=3)
    first = clips.batch(7)
    clips.batch(2)
    again = RealClips(bank, 32, 4, (2, 4), "one", seed=3).batch(7)
    assert torch.equal(first.before, again.before)
    assert torch.equal(first.times, again.times)
    assert not torch.equal(first.before, clips.batch(8).before)
    assert not torch.equal(first.before, RealClips(bank, 32, 4, (2, 4), "one", seed=4).batch(7).before)


def test_every_window_is_seen_before_one_is_seen_again(bank: CropBank) -> None:
    clips = RealClips(bank, 32, 4)
    drawn = [clips._drawn(place) for place in range(2 * len(bank))]
    assert sorted(drawn[: len(bank)]) == sorted(drawn[len(bank) :]) == list(range(len(bank)))
    assert drawn[: len(bank)] != drawn[len(bank) :]


@pytest.mark.parametrize(
    "settings", [{"crop": 49}, {"gaps": (5,)}, {"gaps": (3,)}, {"gaps": ()}, {"size": 0}, {"times": "some"}]
)
def test_batches_that_cannot_be_are_refused(bank: CropBank, settings: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"give|allow"):
        RealClips(**{"bank": bank, "crop": 32, "size": 4, **settings})  # type: ignore[arg-type]


def test_crops_on_a_device_are_cut_as_those_in_the_cpus_memory() -> None:
    crops = np.random.default_rng(3).integers(0, 256, (6, 5, 3, 24, 24), np.uint8)
    rng = np.random.default_rng(4)
    cuts = Cuts(rng.integers(6, size=9), rng.integers(5, size=(9, 3)), *rng.integers(9, size=(2, 9)), 16)
    cpu = torch.device("cpu")
    there, here = DeviceCrops(crops, cpu).cut(cuts), HostCrops(crops, cpu).cut(cuts)
    assert there.shape == (9, 3, 3, 16, 16)
    assert torch.equal(there, here)
