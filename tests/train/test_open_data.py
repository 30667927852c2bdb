"""What a training is fed with: shapes, clips, made-up scenes and mixtures, by the names that the user gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.open_data import DataChoice, open_data

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
    ],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(CHOICE, **wrong)  # type: ignore[arg-type]


def test_a_bank_beside_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a saved bank alone"):
        open_data(replace(CHOICE, paths=(str(tmp_path / "bank.npz"), "clip.mov")), CPU)
