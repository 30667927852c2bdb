"""What a training is fed with: shapes, clips, made-up scenes and mixtures, by the names that the user gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.train import crop_bank
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.measured_on import measured_on
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.open_data import DataChoice, Feed
from vfi_plugin.train.open_data import open_data as feed_of

CPU = torch.device("cpu")
CHOICE = DataChoice(("clip.mov",), 0.0, crop=32, batch=2, frames_between=1, seed=3, changed=False)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight frames of a texture that moves by 2 px a frame."""
    folder = tmp_path_factory.mktemp("clip")
    texture = np.random.default_rng(1).integers(0, 256, (24, 24, 3)).astype(np.uint8)
    wide = cv2.resize(texture, (128, 96), interpolation=cv2.INTER_CUBIC)
    for number in range(8):
        cv2.imwrite(str(folder / f"f{number}.png"), np.roll(wide, 2 * number, axis=1))
    return folder


def same(first: Batch, second: Batch) -> bool:
    pairs = ((getattr(first, name), getattr(second, name)) for name in ("before", "after", "between", "times"))
    return all(torch.equal(*pair) for pair in pairs)


def open_data(choice: DataChoice, device: torch.device) -> BatchSource:
    return feed_of(choice, device).source


def shown(source: BatchSource, step: int = 0) -> Batch:
    batch = source.batch(step)
    assert same(batch, source.batch(step))
    assert batch.before.shape == batch.after.shape == (2, 3, 32, 32)
    return batch


def test_clips_give_pairs_with_the_frames_that_were_filmed_between(clip: Path) -> None:
    for frames in (1, 3):
        choice = replace(CHOICE, paths=(str(clip),), frames_between=frames)
        batch = shown(open_data(choice, CPU))
        assert batch.times.tolist() == [[n / (frames + 1) for n in range(1, frames + 1)]] * 2
        moved = batch.before.roll(2, 3)[..., 8:-8]  # the frame after, in all of its columns but the first
        first = batch.between[:, 0, :, :, 8:-8]
        assert (moved - first).abs().mean() < 0.1 * (batch.before[..., 8:-8] - first).abs().mean()
        assert not same(batch, shown(open_data(replace(choice, seed=4), CPU)))


def test_pairs_are_changed_for_training_alone(clip: Path) -> None:
    plain = replace(CHOICE, paths=(str(clip),))
    assert not same(shown(open_data(plain, CPU)), shown(open_data(replace(plain, changed=True), CPU)))


def test_any_time_comes_from_gaps_of_several_lengths(clip: Path) -> None:
    source = open_data(replace(CHOICE, paths=(str(clip),), any_time=True), CPU)
    times = {float(t) for step in range(20) for t in shown(source, step).times.flatten()}
    assert times >= {0.25, 0.5, 0.75}
    assert {round(t, 3) for t in times} & {0.333, 0.667}


def test_a_share_of_the_batches_is_made_up(clip: Path) -> None:
    paths = (str(clip),)
    mixed = open_data(replace(CHOICE, paths=paths, synthetic=0.5), CPU)
    real = open_data(replace(CHOICE, paths=paths), CPU)
    filmed = [real.batch(step) for step in range(12)]
    made = [mixed.batch(step) for step in range(12)]
    assert 3 <= sum(any(same(batch, one) for one in filmed) for batch in made) <= 9


def test_made_up_scenes_need_no_clips() -> None:
    batch = shown(open_data(replace(CHOICE, paths=(), synthetic=1.0), CPU))
    assert (batch.before - batch.after).abs().max() > 0.1


def test_crops_are_kept_in_a_bank_and_read_without_the_clip(clip: Path, tmp_path: Path) -> None:
    bank = tmp_path / "bank.npz"
    first = open_data(replace(CHOICE, paths=(str(clip),), bank=bank), CPU)
    again = open_data(replace(CHOICE, paths=(str(bank),)), CPU)
    assert same(shown(first), shown(again))


def test_shapes_have_several_times_where_any_is_known() -> None:
    choice = replace(CHOICE, paths=("shapes",), crop=64)
    assert open_data(choice, CPU).batch(0).times.tolist() == [[0.5]] * 2
    assert open_data(replace(choice, any_time=True), CPU).batch(0).times.tolist() == [[0.25, 0.5, 0.75]] * 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"paths": ()}, "there is no data to train on"),
        ({"paths": ("shapes",), "synthetic": 0.5}, "give --data shapes alone"),
        ({"synthetic": -1.0}, "share of -1"),
        ({"batch": 0}, "batch of 0"),
        ({"frame_step": 0}, "frame step of 0"),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(CHOICE, **wrong)  # type: ignore[arg-type]


def test_a_bank_beside_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a saved bank alone"):
        open_data(replace(CHOICE, paths=(str(tmp_path / "bank.npz"), "clip.mov")), CPU)


def write_clip(folder: Path, frames: int = 3, size: tuple[int, int] = (128, 96), seed: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    texture = np.random.default_rng(seed).integers(0, 256, (24, 24, 3)).astype(np.uint8)
    wide = cv2.resize(texture, size, interpolation=cv2.INTER_CUBIC)
    for number in range(frames):
        cv2.imwrite(str(folder / f"f{number}.png"), np.roll(wide, 2 * number, axis=1))
    return folder


def crops_of(feed: Feed) -> np.ndarray:
    assert feed.bank is not None
    return feed.bank.crops


def test_triplets_are_enough_where_any_time_is_wanted(tmp_path: Path) -> None:
    for number in range(3):
        write_clip(tmp_path / str(number), seed=number)
    feed = feed_of(replace(CHOICE, paths=(str(tmp_path),), any_time=True), CPU)
    assert crops_of(feed).shape[1] == 3
    assert shown(feed.source).times.tolist() == [[0.5]] * 2


def test_crops_are_kept_as_large_as_the_frames_allow(clip: Path) -> None:
    for crop, side in ((32, 48), (80, 96), (96, 96)):
        assert crops_of(feed_of(replace(CHOICE, paths=(str(clip),), crop=crop), CPU)).shape[-1] == side


def test_clips_that_do_not_fit_are_left_out_in_one_note(tmp_path: Path) -> None:
    write_clip(tmp_path / "fits", 8)
    write_clip(tmp_path / "short", 3)
    write_clip(tmp_path / "small", 8, (128, 24))
    said: list[str] = []
    feed = feed_of(replace(CHOICE, paths=(str(tmp_path),), frames_between=3), CPU, said.append)
    (note,) = said
    assert "2 of 3 clips are left out" in note
    assert "short has 3 frames, a window takes 5" in note
    assert "small has frames of 128x24 px" in note
    assert feed.bank is not None
    assert {Path(feed.bank.names[place]).name for place in feed.bank.origins[:, 0]} == {"fits"}
    with pytest.raises(InputError, match=r"no clip can be used: .*short has 3 frames"):
        feed_of(replace(CHOICE, paths=(str(tmp_path / "short"),), frames_between=3), CPU)


def test_windows_and_memory_are_as_asked_for(clip: Path) -> None:
    choice = replace(CHOICE, paths=(str(clip),))
    assert len(crops_of(feed_of(replace(choice, windows=5), CPU))) <= 5
    bounded = crops_of(feed_of(replace(choice, memory_gb=1e-4), CPU))
    assert 0 < bounded.nbytes <= 1e5


def test_a_step_leaves_frames_out_of_clips(clip: Path) -> None:
    batch = shown(open_data(replace(CHOICE, paths=(str(clip),), frame_step=3), CPU))
    moved = batch.before.roll(6, 3)[..., 8:-8]
    first = batch.between[:, 0, :, :, 8:-8]
    assert (moved - first).abs().mean() < 0.1 * (batch.before[..., 8:-8] - first).abs().mean()


@pytest.fixture(scope="module")
def six_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("six")
    for number in range(6):
        write_clip(folder / f"take{number}", seed=number)
    return folder


def clips_in(bank: CropBank | None) -> set[str]:
    assert bank is not None
    return {Path(bank.names[place]).name for place in bank.origins[:, 0]}


@pytest.mark.parametrize("synthetic", [0.0, 0.5, 1.0])
def test_some_shots_are_measured_on_and_not_seen_in_training(six_clips: Path, synthetic: float) -> None:
    said: list[str] = []
    choice = replace(CHOICE, paths=(str(six_clips),), keep_apart=True, synthetic=synthetic)
    feed = feed_of(choice, CPU, said.append)
    assert len(clips_in(feed.apart)) == 1
    assert clips_in(feed.bank) | clips_in(feed.apart) == {f"take{n}" for n in range(6)}
    assert not clips_in(feed.bank) & clips_in(feed.apart)
    assert "1 of 6 shots are kept apart" in said[0]
    assert feed.apart is not None
    measured = measured_on(feed, 2, CPU)
    assert measured is not None
    seen = (shown(measured).before[0] * 255).round().to(torch.uint8).numpy()
    assert any(
        (window[:, :, y : y + 32, x : x + 32] == seen).all((1, 2, 3)).any()
        for window in feed.apart.crops
        for y, x in np.ndindex(17, 17)
    )


def test_the_same_shots_are_kept_apart_elsewhere_and_of_a_saved_bank(six_clips: Path, tmp_path: Path) -> None:
    moved = tmp_path / "other"
    moved.symlink_to(six_clips)
    bank = tmp_path / "bank.npz"
    choice = replace(CHOICE, paths=(str(six_clips),), keep_apart=True)
    first = feed_of(replace(choice, bank=bank), CPU)
    for path in (six_clips, bank):
        again = feed_of(replace(choice, paths=(str(path),)), CPU)
        assert clips_in(again.apart) == clips_in(first.apart)
        assert np.array_equal(crops_of(again), crops_of(first))


def test_few_shots_are_all_trained_on(clip: Path) -> None:
    feed = feed_of(replace(CHOICE, paths=(str(clip),), keep_apart=True), CPU)
    assert feed.apart is None
    assert measured_on(feed, 2, CPU) is None


def test_what_is_measured_on_is_left_out_of_a_folder_that_holds_it(six_clips: Path, tmp_path: Path) -> None:
    said: list[str] = []
    linked = tmp_path / "take2"
    linked.symlink_to(six_clips / "take2")
    choice = replace(CHOICE, paths=(str(six_clips),), validate=(str(linked),), keep_apart=True, bank=tmp_path / "b.npz")
    feed = feed_of(choice, CPU, said.append)
    assert clips_in(feed.bank) == {f"take{n}" for n in (0, 1, 3, 4, 5)}
    assert feed.apart is None
    assert said == [f"not trained on, as it is measured on: {six_clips / 'take2'}"]
    of_all = replace(choice, validate=(), keep_apart=False, bank=tmp_path / "all.npz")
    feed_of(of_all, CPU)
    saved = replace(choice, paths=(str(tmp_path / "all.npz"),), validate=(str(six_clips / "take2"),), bank=None)
    assert clips_in(feed_of(saved, CPU).bank) == {f"take{n}" for n in (0, 1, 3, 4, 5)}


@pytest.mark.parametrize(("data", "validate"), [("take1", "take1"), ("take1/f#.png", "take1"), ("", "")])
def test_what_is_named_to_train_and_to_measure_on_is_refused(six_clips: Path, data: str, validate: str) -> None:
    choice = replace(CHOICE, paths=(str(six_clips / data),), validate=(str(six_clips / validate),))
    with pytest.raises(UsageError, match="to be trained on and measured on"):
        feed_of(choice, CPU)


def test_what_is_measured_on_is_a_small_bank_that_is_kept(
    six_clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "validation.npz"
    feed = feed_of(replace(CHOICE, paths=(str(six_clips),), validate=(str(six_clips / "take2"),)), CPU)
    first = measured_on(feed, 2, CPU, cache)
    assert first is not None
    assert len(CropBank.load(cache)) <= 64
    assert CropBank.load(cache).crops.shape[-1] == 32
    real = crop_bank._decoded
    decoded: list[int] = []
    monkeypatch.setattr(crop_bank, "_decoded", lambda *given: decoded.append(1) or real(*given))
    again = measured_on(feed, 2, CPU, cache)
    assert again is not None
    assert not decoded
    assert same(shown(first), shown(again))
    other = replace(feed, choice=replace(feed.choice, validate=(str(six_clips / "take3"),)))
    assert measured_on(other, 2, CPU, cache) is not None
    assert decoded == [1]


def test_layers_and_what_is_measured_on_are_decoded_once(
    six_clips: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = crop_bank._decoded
    decoded: list[int] = []
    monkeypatch.setattr(crop_bank, "_decoded", lambda *given: decoded.append(1) or real(*given))
    for path in (six_clips, clip):
        bank = tmp_path / f"{path.name}.npz"
        choice = replace(CHOICE, paths=(str(path),), synthetic=1.0, bank=bank, keep_apart=True)
        for _ in range(2):
            measured = measured_on(feed_of(choice, CPU), 2, CPU)
            assert measured is not None
            measured.batch(0)
    assert decoded == [1, 1]
